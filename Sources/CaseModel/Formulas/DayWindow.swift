/// On which day after an anchor something happens, and whether that lies in a window. The anchor's own day is day 0.
package struct DayWindow: Hashable, Sendable {
    /// The first and the last day it may be, for dates known in part; nil where that side is open.
    package let days: (first: Int64?, last: Int64?)
    package let from: Int64
    package let to: Int64

    /// - Throws: `.illFormedValue` for a window that ends before it begins.
    package init(anchor: PartialDate, on date: PartialDate, from: Int64, to: Int64) throws(RecordError) {
        guard from <= to else {
            throw RecordError(.illFormedValue, "The window ends on day \(to), before it begins on day \(from).")
        }
        if let days = anchor.days(to: date) {
            self.days = (days, days)
        } else {
            func distance(_ from: CivilDay?, _ to: CivilDay?) -> Int64? {
                from.flatMap { from in to.map(from.days(to:)) }
            }
            days = (
                distance(anchor.interval.latest, date.interval.earliest),
                distance(anchor.interval.earliest, date.interval.latest)
            )
        }
        (self.from, self.to) = (from, to)
    }

    /// The day, when it is one.
    package var day: Int64? { days.first == days.last ? days.first : nil }

    /// Decided only when every day it may be decides it alike.
    package var isInside: Verdict {
        if let first = days.first, let last = days.last, first >= from, last <= to { return .pass }
        if let first = days.first, first > to { return .fail }
        if let last = days.last, last < from { return .fail }
        return .unknown
    }

    package static func == (left: DayWindow, right: DayWindow) -> Bool {
        left.days == right.days && left.from == right.from && left.to == right.to
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(days.first)
        hasher.combine(days.last)
        hasher.combine(from)
        hasher.combine(to)
    }
}
