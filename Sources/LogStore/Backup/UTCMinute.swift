/// A moment as people read it in a sentence: `2026-11-21 14:40 UTC`.
enum UTCMinute {
    /// - Parameter milliseconds: Since 1970.
    /// - Returns: The text, cut off to the minute.
    static func text(_ milliseconds: Int64) -> String {
        let minutes = (milliseconds - (milliseconds % 60_000 + 60_000) % 60_000) / 60_000
        let minute = (minutes % 1_440 + 1_440) % 1_440
        // Days to a date: Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
        let days = (minutes - minute) / 1_440 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let day = days - era * 146_097
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let civilYear = year + era * 400 + (month <= 2 ? 1 : 0)
        let parts = [month, dayOfYear - (153 * shifted + 2) / 5 + 1, minute / 60, minute % 60]
        let digits = parts.map { ($0 < 10 ? "0" : "") + String($0) }
        return "\(civilYear)-\(digits[0])-\(digits[1]) \(digits[2]):\(digits[3]) UTC"
    }
}
