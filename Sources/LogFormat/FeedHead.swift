/// Where a feed ends: how many entries it has and the chain digest after the last.
package struct FeedHead: Hashable, Sendable {
    /// Number of entries, which is the position of the last; 0 for an empty feed.
    package var position: UInt64
    /// The chain digest after `position`; for 0 the feed's first digest.
    package var digest: ChainDigest

    package init(position: UInt64, digest: ChainDigest) {
        self.position = position
        self.digest = digest
    }
}
