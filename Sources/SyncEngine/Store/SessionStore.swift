package import LogFormat
package import SyncProtocol

/// The store as a session sees it. Every call may block on the disk and is made from a thread that may.
package protocol SessionStore: Sendable {
    /// Every feed, own and replica.
    func held() throws(StoreFailure) -> HeldFeeds
    /// Blocks that continue `after`, about `limitBytes` and at least one where there is one; nothing unattested.
    func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StoreFailure) -> [Block]
    /// The best checkpoint not beyond a position; for an own feed one signed there or at its durable head.
    func checkpoint(of feed: FeedID, through position: UInt64) throws(StoreFailure) -> Checkpoint?
    /// Checks and stores what a peer sent; durable when it returns. Says how the feed stands, also when it no longer ends
    /// where the blocks begin and they were not taken.
    func store(_ blocks: ReceivedRun) throws(StoreFailure) -> HeldFeed
    /// Checks and keeps a checkpoint.
    func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed
    /// Takes the roster's cut-off of a revoked site's feed for what a checkpoint is.
    func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StoreFailure) -> HeldFeed
    /// Gives up what is stored of a feed and not attested: on a peer's word, where that counts, or because what is in hand
    /// is proven.
    func discardTail(of feed: FeedID, for peer: SiteID, isProven: Bool) throws(StoreFailure) -> HeldFeed
}

/// Blocks of a feed as a session hands them to the store.
package struct ReceivedRun: Sendable {
    package var feed: FeedID
    package var key: SitePublicKey
    /// Where they begin.
    package var head: FeedHead
    package var blocks: [Block]
    /// Who sent them.
    package var peer: SiteID
    /// A checkpoint in hand proves them.
    package var isCovered: Bool

    package init(
        _ blocks: [Block],
        of feed: FeedID,
        key: SitePublicKey,
        after head: FeedHead,
        from peer: SiteID,
        isCovered: Bool
    ) {
        self.feed = feed
        self.key = key
        self.head = head
        self.blocks = blocks
        self.peer = peer
        self.isCovered = isCovered
    }
}
