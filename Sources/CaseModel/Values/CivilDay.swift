/// A day of the proleptic Gregorian calendar, years 1 to 9999, without a zone.
///
/// Conversions follow Howard Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years of 146,097 days
/// that begin on 1 March.
package struct CivilDay: Hashable, Sendable, Comparable {
    /// Days after 1970-01-01.
    package let number: Int64

    package static let first = CivilDay(unchecked: -719_162)
    package static let last = CivilDay(unchecked: 2_932_896)

    /// - Returns: nil outside the years 1 to 9999.
    package init?(number: Int64) {
        guard number >= Self.first.number, number <= Self.last.number else { return nil }
        self.number = number
    }

    /// - Returns: nil when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        guard (1...Self.days(inMonth: month, of: year)).contains(day) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(unchecked: Int64(era * 146_097 + dayOfEra - 719_468))
    }

    private init(unchecked number: Int64) {
        self.number = number
    }

    package static func < (left: CivilDay, right: CivilDay) -> Bool { left.number < right.number }

    package static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// - Precondition: `month` is 1 to 12.
    package static func days(inMonth month: Int, of year: Int) -> Int {
        precondition((1...12).contains(month), "a month is 1 to 12")
        return switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package var components: (year: Int, month: Int, day: Int) {
        let shifted = Int(number) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The month of a day, counted without years.
    ///
    /// - Parameter number: Days after 1970-01-01.
    /// - Returns: Months after January of the year 0; 0 for a day that lies outside the years 1 to 9999.
    package static func monthNumber(ofDay number: Int64) -> Int64 {
        guard let parts = CivilDay(number: number)?.components else { return 0 }
        return Int64(parts.year * 12 + parts.month - 1)
    }

    /// 1 Monday to 7 Sunday.
    package var weekday: Int {
        Int(((number + 3) % 7 + 7) % 7) + 1
    }

    package var isWeekend: Bool { weekday >= 6 }

    /// - Returns: nil outside the years 1 to 9999.
    package func advanced(byDays days: Int64) -> CivilDay? {
        let (sum, overflow) = number.addingReportingOverflow(days)
        return overflow ? nil : CivilDay(number: sum)
    }

    /// Days from this one to `other`, negative when it lies before.
    package func days(to other: CivilDay) -> Int64 { other.number - number }

    /// The same day of another month; a day that month lacks becomes its last.
    ///
    /// - Returns: nil outside the years 1 to 9999.
    package func advanced(byMonths months: Int) -> CivilDay? {
        let parts = components
        let (total, overflow) = (parts.year * 12 + parts.month - 1).addingReportingOverflow(months)
        guard !overflow, total >= 12, total < 120_000 else { return nil }
        let year = total / 12
        let month = total % 12 + 1
        return CivilDay(year: year, month: month, day: min(parts.day, Self.days(inMonth: month, of: year)))
    }
}

extension CivilDay: CustomStringConvertible {
    /// `2026-03-06`.
    package var description: String {
        let parts = components
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
    }
}
