package import LogFormat

/// Asks a peer for entries that this store once had and lost.
///
/// What the session says it holds stays as it is, and what comes goes to whoever ordered it, not into the store.
package struct FetchOrder: Hashable, Sendable {
    /// Tells one order from another. The same number again asks for more of it.
    package var number: UInt64
    /// Of this site or of another.
    package var feed: FeedID
    /// What follows here is wanted.
    package var after: FeedHead

    package init(number: UInt64, feed: FeedID, after: FeedHead) {
        self.number = number
        self.feed = feed
        self.after = after
    }
}
