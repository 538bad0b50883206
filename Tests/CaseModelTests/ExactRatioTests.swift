import CaseModel
import Testing

@Suite("Exact ratios")
struct ExactRatioTests {
    private func ratio(_ text: String) throws -> ExactRatio { try ExactRatio(DecimalNumber(parsing: text)) }

    @Test(
        "what ends is written whole, what does not to twelve decimals, half away from zero",
        arguments: [
            ("1", "3", "0.333333333333"), ("2", "3", "0.666666666667"), ("-2", "3", "-0.666666666667"),
            ("1", "8", "0.125"),
            ("70.125", "1", "70.125"), ("0", "7", "0"), ("10", "-4", "-2.5"), ("1", "1024", "0.0009765625"),
            ("999999999999.9999999999995", "3", "333333333333.333333333333"),
        ]
    )
    func decimals(over: String, under: String, text: String) throws {
        guard over.count < 20 else {
            #expect(throws: RecordError.self) { try ratio(over) }
            return
        }
        #expect(try (ratio(over) / ratio(under)).decimals == text)
    }

    @Test(
        "rounded half away from zero, carrying through nines",
        arguments: [
            ("70.125", 2, "70.13"), ("43.125", 2, "43.13"), ("3.125", 2, "3.13"), ("-3.125", 2, "-3.13"),
            ("9.999", 2, "10.00"),
            ("0.5", 0, "1"), ("-0.4", 0, "0"), ("99.5", 0, "100"), ("0.004", 2, "0.00"), ("-0.004", 2, "0.00"),
            ("2.6041666", 2, "2.60"),
        ] as [(String, Int, String)]
    )
    func rounding(typed: String, places: Int, text: String) throws {
        #expect(try ratio(typed).digits(places: places) == text)
    }

    @Test("sums, products and quotients undo each other, over many numbers")
    func inverses() throws {
        let numbers = try ["1", "-3", "0.7", "12.25", "1000000", "0.000001", "8.125", "-0.33"].map(ratio)
        for one in numbers {
            for two in numbers {
                #expect(try one + two - two == one)
                #expect(try one * two / two == one)
                #expect(try (one - two).sign == one.compare(to: two))
                #expect(try one * two == two * one)
            }
        }
    }

    @Test("numbers of too many digits are refused and never rounded or trapped")
    func tooLong() throws {
        let large = try ratio("999999999999999999")
        #expect(try large * large / large == large)
        #expect(throws: RecordError.self) { try large * large * large }
        let small = try ExactRatio(1) / large
        #expect(throws: RecordError.self) { try small * small * small }
        #expect(throws: RecordError.self) {
            try ExactRatio(try #require(DecimalNumber(coefficient: .max, exponent: 30)))
        }
        #expect(try ExactRatio(try #require(DecimalNumber(coefficient: .min, exponent: 0))).sign == -1)
    }

    @Test("a root is the largest number of so many decimals whose square is no larger", arguments: 0..<400)
    func roots(of whole: Int) throws {
        let number = try ExactRatio(Int64(whole * 37)) / ExactRatio(100)
        let root = try number.squareRoot(places: 6)
        let step = try ExactRatio(1) / ExactRatio(1_000_000)
        #expect(try (root * root).compare(to: number) <= 0)
        let next = try root + step
        #expect(try (next * next).compare(to: number) > 0)
    }
}
