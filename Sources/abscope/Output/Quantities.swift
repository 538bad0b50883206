/// Counts of bytes and spans of time as people read them. Units are symbols, the same in every language.
enum Quantities {
    /// `0 B`, `999 B`, `1.0 kB`, `8.4 MB`: powers of ten, one decimal, rounded half up.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
        var scale: UInt64 = 1000
        var unit = 0
        while unit + 1 < units.count, count / scale >= 1000 || tenths(count, scale) >= 10_000 {
            scale *= 1000
            unit += 1
        }
        let value = tenths(count, scale)
        return "\(value / 10).\(value % 10) \(units[unit])"
    }

    private static func tenths(_ count: UInt64, _ scale: UInt64) -> UInt64 {
        let (whole, rest) = count.quotientAndRemainder(dividingBy: scale)
        return whole * 10 + (rest * 10 + scale / 2) / scale
    }

    /// Seconds between two moments in milliseconds since 1970; 0 where the first is still to come, as by another clock.
    static func seconds(from start: Int64, to end: Int64) -> UInt64 {
        let (passed, overflow) = end.subtractingReportingOverflow(start)
        return start >= end ? 0 : overflow ? .max : UInt64(passed) / 1000
    }

    /// `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`: the two largest units that are not 0, cut off, never rounded up.
    static func duration(seconds: Int64) -> String {
        let seconds = max(0, seconds)
        let parts: [(Int64, String)] = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
        var text = "\(parts[first].0) \(parts[first].1)"
        if first < 2, parts[first + 1].0 > 0 { text += " \(parts[first + 1].0) \(parts[first + 1].1)" }
        return text
    }

    /// `48.2 %`, rounded half up; nil for a ratio of nothing.
    static func percent(_ part: UInt64, of whole: UInt64) -> String? {
        guard whole > 0 else { return nil }
        let perMille = (Double(part) / Double(whole) * 1000).rounded()
        return "\(Int64(perMille) / 10).\(Int64(perMille) % 10) %"
    }
}
