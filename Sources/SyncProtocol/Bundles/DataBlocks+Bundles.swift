package import LogFormat

// DATA outside of a session.
extension SyncMessage.DataBlocks {
    /// About how much one DATA frame of a bundle carries: plain blocks of this length together are still joined.
    package static let bundleBytes = Limits.blockRawBytes

    /// The next DATA of a feed, as a session would send it: small plain blocks joined and compressed, sealed ones as they lie.
    /// nil when there is nothing to send.
    ///
    /// - Parameters:
    ///   - blocks: From the store, beginning behind `head`; what does not fit is left for the next.
    ///   - feed: Whose.
    ///   - head: Where they begin.
    ///   - last: Nothing beyond this position.
    ///   - compressor: Of the feed.
    /// - Throws: What ``Block`` finds when the store gave something broken.
    package init?(
        fitting blocks: [Block],
        of feed: FeedID,
        after head: FeedHead,
        through last: UInt64,
        using compressor: inout PieceCompressor
    ) throws(FormatError) {
        let limit = Self.bundleBytes
        let fitted = try WireBlocks.fitted(
            blocks,
            after: head,
            through: last,
            limitBytes: limit,
            blockBytes: limit,
            using: &compressor
        )
        guard !fitted.isEmpty else { return nil }
        self.init(
            feed: feed,
            after: head.position,
            digest: ShortDigest(head.digest),
            isPushed: false,
            blocks: fitted
        )
    }

    /// What of it continues a head and does not go beyond a bound; its chain is not checked.
    ///
    /// - Returns: Blocks in order; empty when it ends before, or begins behind the head.
    /// - Throws: What ``Block`` finds when a block that has to be cut is broken.
    package func continuing(after head: FeedHead, bound: Roster.Bound = .open) throws(FormatError) -> [Block] {
        guard after <= head.position else { return [] }
        return try WireBlocks.trimmed(blocks, after: head, bound: bound)
    }
}
