package import LogFormat

/// A stretch of a feed that was recorded and is not here: damaged, lost, or not applied yet.
///
/// What it said nobody here knows, so whatever it may concern is uncertain.
package struct MissingEntries: Hashable, Sendable {
    package var feed: FeedID
    package var positions: ClosedRange<UInt64>
    /// When a person took them for lost, in milliseconds since 1970 by this site's clock; nil while they may be awaited.
    package var acceptedMilliseconds: Int64?

    /// How far the clocks of two sites may be apart: a week. What was ordered longer than that after a loss was accepted
    /// was ordered after it.
    package static let clocksMilliseconds: Int64 = 7 * 86_400_000

    package init(feed: FeedID, positions: ClosedRange<UInt64>, acceptedMilliseconds: Int64? = nil) {
        self.feed = feed
        self.positions = positions
        self.acceptedMilliseconds = acceptedMilliseconds
    }

    package var isAccepted: Bool { acceptedMilliseconds != nil }
    package var count: UInt64 { positions.upperBound - positions.lowerBound + 1 }

    /// Whether one of them may speak of a record.
    ///
    /// An entry names others by their digest, so none speaks of a record that its own feed created behind it; and what was
    /// taken for lost was recorded before. Pieces of files and the roster speak of no record.
    ///
    /// - Parameters:
    ///   - record: Which.
    ///   - recordedMilliseconds: When its site recorded it, by that site's clock; nil when that is not known.
    /// - Returns: False when none of them can.
    package func mayConcern(_ record: RecordID, recordedMilliseconds: Int64?) -> Bool {
        guard feed.lane == .urgent || feed.lane == .records else { return false }
        if record.entry.feed == feed, record.entry.position > positions.upperBound { return false }
        guard let acceptedMilliseconds, let recordedMilliseconds else { return true }
        let (apart, overflow) = recordedMilliseconds.subtractingReportingOverflow(acceptedMilliseconds)
        return overflow || apart <= Self.clocksMilliseconds
    }
}

extension RecordState {
    /// Those that may speak of this record.
    package func concerned(by missing: [MissingEntries]) -> [MissingEntries] {
        guard !missing.isEmpty else { return [] }
        let recorded = change(id)?.context.recorded.milliseconds
        return missing.filter { $0.mayConcern(id, recordedMilliseconds: recorded) }
    }
}
