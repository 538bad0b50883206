/// When a site may use its link: windows that come again every week, by the local clock.
///
/// The offset of local time at a moment counts for the whole week after it: on the two days a year on which it changes, a
/// window may begin or end an hour off.
package struct LinkWindows: Hashable, Sendable {
    /// Seconds of a week.
    static let weekSeconds = 7 * 86_400
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    /// Most windows that may be named.
    package static let countMaximum = 64

    /// Seconds of the week, ascending, apart from each other, within it; one that goes on over Sunday midnight is two.
    private let open: [Range<Int>]
    /// As they were written; empty for a link that is always open.
    package let texts: [String]

    /// Always open.
    package static let always = LinkWindows()

    private init() { (open, texts) = ([0..<Self.weekSeconds], []) }

    /// Reads windows; nil when one is written in another way, or there are too many or none.
    ///
    /// - Parameter texts: Each some days and a time: `mon-fri 22:00-05:00`, `sat,sun 00:00-24:00`, `daily 01:30-03:00`. An end
    ///   that is not after its beginning is one of the next day. At least one, at most ``countMaximum``.
    package init?(_ texts: [String]) {
        guard !texts.isEmpty, texts.count <= Self.countMaximum else { return nil }
        var ranges: [Range<Int>] = []
        for text in texts {
            let parts = text.lowercased().split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 2, let days = Self.days(parts[0]), let times = Self.times(parts[1]) else { return nil }
            for day in days {
                let begin = day * 86_400 + times.begin
                let end = begin + times.length
                ranges.append(begin..<min(end, Self.weekSeconds))
                if end > Self.weekSeconds { ranges.append(0..<end - Self.weekSeconds) }
            }
        }
        var merged: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        open = merged
        self.texts = texts
    }

    private static func days(_ text: Substring) -> Set<Int>? {
        if text == "daily" { return Set(0..<7) }
        var found: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { name in
                days.firstIndex(of: String(name))
            }
            guard let first = ends.first ?? nil, ends.count <= 2, let last = ends.last ?? nil else { return nil }
            // `sat-mon` goes on over the end of the week.
            for day in first...(last < first ? last + 7 : last) { found.insert(day % 7) }
        }
        return found
    }

    private static func times(_ text: Substring) -> (begin: Int, length: Int)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(seconds)
        guard ends.count == 2, let begin = ends[0], let end = ends[1], begin < 86_400 else { return nil }
        return (begin, end > begin ? end - begin : end + 86_400 - begin)
    }

    /// Seconds of a day, for `hh:mm` up to `24:00`.
    private static func seconds(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 3600 + minute * 60
    }

    /// Whether the link is never closed by a window.
    package var isAlwaysOpen: Bool { open == Self.always.open }

    /// Whether the link may be used.
    package func isOpen(at moment: LinkMoment) -> Bool { open.contains { $0.contains(moment.secondOfWeek) } }

    /// Seconds until the window closes that is open; nil when it never does, or none is open.
    package func secondsUntilClosed(at moment: LinkMoment) -> Int? {
        guard !isAlwaysOpen, let current = open.first(where: { $0.contains(moment.secondOfWeek) }) else { return nil }
        let left = current.upperBound - moment.secondOfWeek
        guard current.upperBound == Self.weekSeconds, let next = open.first, next.lowerBound == 0 else { return left }
        return left + next.upperBound
    }

    /// Seconds until a window opens; 0 while one is open.
    package func secondsUntilOpen(at moment: LinkMoment) -> Int {
        let now = moment.secondOfWeek
        if isOpen(at: moment) { return 0 }
        if let next = open.first(where: { $0.lowerBound > now }) { return next.lowerBound - now }
        return (open.first?.lowerBound ?? 0) + Self.weekSeconds - now
    }
}
