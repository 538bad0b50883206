package import LogFormat

/// A feed in a few words.
package struct FeedSummary: Hashable, Sendable {
    package var feed: FeedID
    /// 0 for the feed itself; others are later branches of a forked feed.
    package var branch: UInt32
    /// Written by this site, in this or an earlier epoch.
    package var isOwn: Bool
    /// What is stored, its chain checked.
    package var stored: FeedHead
    /// What may be shown and forwarded; for own feeds the same as ``stored``.
    package var attested: FeedHead
    /// Acknowledged entries are damaged or missing; `log verify` says which.
    package var isDamaged: Bool

    init(_ slot: HeadsSlot, isOwn: Bool) {
        feed = slot.feed
        branch = slot.branch
        self.isOwn = isOwn
        stored = slot.stored
        attested = slot.attested
        isDamaged = slot.isDamaged
    }
}
