package import LogFormat

/// What a repair came to for one feed.
package struct RepairResult: Hashable, Sendable {
    package var feed: FeedID
    /// Entries that can be read again.
    package var repaired: [ClosedRange<UInt64>] = []
    /// Entries that the source does not hold, or not as this store knew them.
    package var missing: [ClosedRange<UInt64>] = []
    /// Whether all of the feed is proven afterwards.
    package var isWhole = false

    init(feed: FeedID) { self.feed = feed }
}
