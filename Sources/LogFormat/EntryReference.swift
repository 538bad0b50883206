/// Names one entry for ever: its place and the first 8 bytes of the chain digest there.
///
/// A reference whose digest does not match resolves to nothing and is reported, never followed.
package struct EntryReference: Hashable, Sendable, Comparable {
    package var feed: FeedID
    /// From 1.
    package var position: UInt64
    /// First 8 bytes of the chain digest after the entry.
    package var digestPrefix: UInt64

    package init(feed: FeedID, position: UInt64, digestPrefix: UInt64) {
        self.feed = feed
        self.position = position
        self.digestPrefix = digestPrefix
    }

    package static func < (left: EntryReference, right: EntryReference) -> Bool {
        (left.feed, left.position, left.digestPrefix) < (right.feed, right.position, right.digestPrefix)
    }
}

extension EntryReference {
    /// The reference of the entry after which a feed stands at `head`.
    package init(feed: FeedID, head: FeedHead) {
        self.init(feed: feed, position: head.position, digestPrefix: head.digest.prefix)
    }

    /// Whether the entry at this position with this digest after it is the one meant.
    package func matches(_ digest: ChainDigest) -> Bool { digest.prefix == digestPrefix }
}
