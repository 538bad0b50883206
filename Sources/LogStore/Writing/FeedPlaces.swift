import LogFormat

/// Where the feeds stand in HEADS: a hint, for who looks there sees whose slot it is.
struct FeedPlaces: Sendable {
    private let indices: [FeedID: Int]
    /// How many pairs named a feed.
    let feedCount: Int

    /// - Complexity: O(n) in the feeds.
    init(_ snapshot: HeadsFile.Snapshot) {
        var indices: [FeedID: Int] = [:]
        indices.reserveCapacity(snapshot.slots.count)
        for (index, slot) in snapshot.slots.enumerated() {
            if let slot, slot.branch == 0 { indices[slot.feed] = index }
        }
        self.indices = indices
        feedCount = snapshot.feedCount
    }

    func index(of feed: FeedID) -> Int? { indices[feed] }
}
