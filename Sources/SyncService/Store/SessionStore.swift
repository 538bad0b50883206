package import LogFormat
package import SyncProtocol

/// The store as a session sees it. Every call may block on the disk and is made from a thread that may.
package protocol SessionStore: Sendable {
    /// Every feed, own and replica.
    func held() throws(StoreFailure) -> [HeldFeed]
    /// Blocks that continue `after`, about `limitBytes` and at least one where there is one; nothing unattested.
    func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StoreFailure) -> [Block]
    /// The best checkpoint not beyond a position; for an own feed one signed there or at its durable head.
    func checkpoint(of feed: FeedID, through position: UInt64) throws(StoreFailure) -> Checkpoint?
    /// Checks and stores blocks; durable when it returns.
    func store(_ blocks: [Block], of feed: FeedID, key: SitePublicKey, after head: FeedHead) throws(StoreFailure)
        -> HeldFeed
    /// Checks and keeps a checkpoint.
    func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed
}
