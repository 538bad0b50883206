import CaseModel
import Schema
import Testing

@Suite struct DecimalTests {
    @Test(arguments: [
        ("60", "60"), ("2.00", "2.00"), ("-0.5", "-0.5"), ("６０．０", "60.0"), ("+7", "7"), ("0.000", "0.000"),
        (" 12 ", "12"), ("999999999999999999", "999999999999999999"),
    ])
    func `a decimal keeps what was typed`(typed: String, shown: String) throws {
        let number = try DecimalNumber(parsing: typed)
        #expect(String(describing: number) == shown)
        #expect(try DecimalNumber(number.schema) == number)
    }

    @Test(arguments: ["", "abc", "1,5", "1.2.3", ".5", "5.", "1e3", "--1", "0x10", "1234567890123456789", "٣"])
    func `anything else is refused`(typed: String) {
        #expect(throws: RecordError.self) { try DecimalNumber(parsing: typed) }
    }

    @Test func `sums, products and comparisons are exact`() throws {
        let values: [Int64] = [-1_205, -100, -7, 0, 3, 40, 999]
        let exponents: [Int32] = [-4, -1, 0, 2]
        // Everything in units of 10^-8, which all of them are whole multiples of.
        func scaled(_ number: DecimalNumber) -> Int128 {
            (0..<(number.exponent + 8)).reduce(Int128(number.coefficient)) { product, _ in product * 10 }
        }
        let numbers = values.flatMap { value in
            exponents.compactMap { DecimalNumber(coefficient: value, exponent: $0) }
        }
        for one in numbers {
            for two in numbers {
                #expect(one.compare(to: two) == (scaled(one) == scaled(two) ? 0 : scaled(one) < scaled(two) ? -1 : 1))
                #expect(try scaled(#require(one.adding(two))) == scaled(one) + scaled(two))
                #expect(try scaled(#require(one.subtracting(two))) == scaled(one) - scaled(two))
                let product = try #require(one.multiplied(by: two))
                #expect(product.coefficient == one.coefficient * two.coefficient)
                #expect(product.exponent == one.exponent + two.exponent)
            }
        }
        let huge = try #require(DecimalNumber(coefficient: .max, exponent: 30))
        let tiny = try #require(DecimalNumber(coefficient: .min, exponent: -30))
        #expect(huge.compare(to: tiny) == 1)
        #expect(tiny.compare(to: DecimalNumber(0)) == -1)
        #expect(huge.adding(tiny) == nil)
        #expect(huge.multiplied(by: huge) == nil)
    }

    @Test(arguments: [
        ("1.25", Int32(1), "1.3"), ("-1.25", 1, "-1.3"), ("1.2499", 1, "1.2"), ("2.5", 0, "3"), ("-2.5", 0, "-3"),
        ("0.4999", 0, "0"), ("153.3333", 2, "153.33"), ("60", 2, "60.00"),
    ])
    func `text is rounded half away from zero`(typed: String, places: Int32, shown: String) throws {
        #expect(try DecimalNumber(parsing: typed).rounded(places: places).map(String.init(describing:)) == shown)
    }
}

@Suite struct MeasureTests {
    @Test(arguments: [
        ("2.00 Gy", "2.00 Gy"), ("6000cGy", "6000 cGy"), ("<10%", "<10 %"), (">= 50 %", ">=50 %"), ("≥50%", ">=50 %"),
        ("89+", ">=89"), ("50 GyE", "50 Gy{RBE}"), ("６０ Gy", "60 Gy"),
    ])
    func `a measured value is read as typed`(typed: String, shown: String) throws {
        let measure = try Measure(parsing: typed)
        #expect(String(describing: measure) == shown)
        #expect(measure.asTyped == (typed == shown ? nil : typed))
        #expect(try Measure(measure.schema) == measure)
    }

    @Test func `gray, centigray and biological dose are never one another`() throws {
        let gray = try Measure(parsingDose: "60 Gy")
        let centigray = try Measure(parsingDose: "6000 cGy")
        #expect(gray.verdict(.equal, centigray) == .unknown)
        #expect(gray.verdict(.equal, try Measure(parsingDose: "60 Gy{RBE}")) == .unknown)
        #expect(throws: RecordError.self) { try Measure(parsingDose: "60") }
        #expect(throws: RecordError.self) { try Measure(parsingDose: "60 mg") }
        #expect(throws: RecordError.self) { try Measure(parsingDose: "<60 Gy") }
        do {
            _ = try Measure(parsingDose: "60 gy")
            Issue.record("\"gy\" is no unit")
        } catch {
            #expect(error.remedy.contains("Did you mean Gy?"))
        }
    }

    @Test func `a comparison is decided when every number the value stands for decides it alike`() throws {
        // By trying: the value stands for every half-step that satisfies its comparator.
        for comparator in Comparison.allCases {
            for value in Int64(-3)...3 {
                for comparison in Comparison.allCases {
                    let limit = Measure(DecimalNumber(0), .percent)
                    let measure = Measure(DecimalNumber(value * 10), .percent, comparator: comparator)
                    let standsFor = (Int64(-100)...100).filter { holds($0, comparator, value * 10) }
                    let answers = Set(standsFor.map { holds($0, comparison, 0) })
                    let expected: Verdict = answers.count == 1 ? (answers == [true] ? .pass : .fail) : .unknown
                    #expect(measure.verdict(comparison, limit) == expected, "\(measure) \(comparison.rawValue) 0")
                }
            }
        }
    }

    private func holds(_ number: Int64, _ comparison: Comparison, _ limit: Int64) -> Bool {
        switch comparison {
        case .equal: number == limit
        case .less: number < limit
        case .lessOrEqual: number <= limit
        case .greaterOrEqual: number >= limit
        case .greater: number > limit
        }
    }
}

@Suite struct DateTests {
    @Test func `every day from year 1 to 9999 has its number, in order`() {
        var number = CivilDay.first.number
        for year in 1...9999 where year < 3 || year > 9997 || (1895...2105).contains(year) || year % 400 < 2 {
            number = CivilDay(year: year, month: 1, day: 1)?.number ?? number
            for month in 1...12 {
                for day in 1...CivilDay.days(inMonth: month, of: year) {
                    let civil = CivilDay(year: year, month: month, day: day)
                    #expect(civil?.number == number)
                    if let parts = civil?.components { #expect(parts == (year, month, day)) }
                    number += 1
                }
            }
        }
        #expect(CivilDay(year: 1970, month: 1, day: 1)?.number == 0)
        #expect(CivilDay(year: 2026, month: 3, day: 6)?.weekday == 5)
        #expect(CivilDay(year: 9999, month: 12, day: 31) == .last)
        #expect(CivilDay.last.advanced(byDays: 1) == nil)
        #expect(CivilDay.first.advanced(byDays: -1) == nil)
    }

    @Test func `days and months are counted on the calendar`() {
        let last = Samples.day(2026, 3, 6)
        #expect(last.advanced(byDays: 14) == Samples.day(2026, 3, 20))
        #expect(last.advanced(byDays: 42) == Samples.day(2026, 4, 17))
        #expect(Samples.day(2024, 2, 29).advanced(byMonths: 12) == Samples.day(2025, 2, 28))
        #expect(Samples.day(2026, 1, 31).advanced(byMonths: -2) == Samples.day(2025, 11, 30))
    }

    @Test(arguments: [
        ("2024-03-05", "2024-03-05"), ("2024-3-5", "2024-03-05"), ("2024/03/05", "2024-03-05"),
        ("20240305", "2024-03-05"), ("2024年3月5日", "2024-03-05"), ("２０２４－０３－０５", "2024-03-05"),
        ("２０２４年３月５日", "2024-03-05"), ("2024.3.5", "2024-03-05"), ("2024-03", "2024-03"), ("2024年3月", "2024-03"),
        ("2024", "2024"), ("about 2024-03", "about 2024-03"), ("<2024-03-05", "before 2024-03-05"),
        ("2024-03-05 14:30", "2024-03-05 14:30"), ("2024-03-05T9:05", "2024-03-05 09:05"),
        ("today", "2026-03-02"), ("yesterday", "2026-03-01"), ("昨天", "2026-03-01"), ("2024-02-29", "2024-02-29"),
    ])
    func `a date is read with the year first`(typed: String, shown: String) throws {
        let date = try PartialDate(parsing: typed, today: Samples.day(2026, 3, 2))
        #expect(String(describing: date) == shown)
        #expect(date.asTyped == (typed == shown ? nil : typed))
        #expect(try PartialDate(date.schema) == date)
    }

    @Test(arguments: [
        ("03/05/2024", "2024-05-03 or 2024-03-05"), ("24-3-5", "2024-03-05 or 2005-03-24"),
        ("5.3.2024", "2024-03-05 or 2024-05-03"), ("2023-02-29", "Check day and month"),
        ("2024-13-01", "Check day and month"), ("202403", "2024-03"), ("March 2024", "year first"),
        ("27 Nov", "year first"), ("2024-03-05 25:00", "14:30"), ("2024--05", "year first"), ("", "year first"),
        ("2024-3-5-6", "year first"), ("9999999999", "year first"), ("年", "year first"), ("年月日", "year first"),
    ])
    func `any other order is refused, naming what it could mean`(typed: String, remedy: String) {
        do {
            let date = try PartialDate(parsing: typed, today: nil)
            Issue.record("\(typed) was read as \(date)")
        } catch {
            #expect(error.code == .illFormedValue)
            #expect(error.remedy.contains(remedy), "\(error.remedy)")
        }
    }

    @Test func `partial dates are intervals, and a comparison is decided only when all of it agrees`() throws {
        func date(_ text: String) throws -> PartialDate { try PartialDate(parsing: text, today: nil) }
        #expect(try date("2024-03").isBefore(date("2024-04-01")) == .pass)
        #expect(try date("2024-03").isBefore(date("2024-03-31")) == .unknown)
        #expect(try date("2024-03").isBefore(date("2024-03-01")) == .fail)
        #expect(try date("2024").isBefore(date("2023-12-31")) == .fail)
        #expect(try date("before 2024").isBefore(date("2024")) == .pass)
        #expect(try date("about 2024").isBefore(date("2030")) == .unknown)
        #expect(try date("2024-03-05 09:00").isBefore(date("2024-03-05 10:00")) == .pass)
        #expect(try date("2024-03-05").days(to: date("2024-04-16")) == 42)
        #expect(try date("2024-03").days(to: date("2024-04-16")) == nil)
        let one = PartialDate(relativeDay: 18_740, origin: "a")
        #expect(one.days(to: PartialDate(relativeDay: 18_782, origin: "a")) == 42)
        #expect(one.days(to: PartialDate(relativeDay: 18_782, origin: "b")) == nil)
        #expect(one.isBefore(try date("2030-01-01")) == .unknown)
    }
}
