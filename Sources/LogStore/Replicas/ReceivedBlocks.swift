import LogFormat
import StoreIO

/// Blocks of another site's feed as they came from a peer or a bundle: nothing of them is believed yet.
enum ReceivedBlocks {
    /// Proves that blocks continue a feed, each entry by the chain.
    ///
    /// - Parameters:
    ///   - blocks: In order.
    ///   - feed: Whose they are said to be.
    ///   - key: The key of the feed's site.
    ///   - head: Where they are said to begin.
    /// - Returns: The head after the last.
    /// - Throws: `.invalidArgument` when any of it does not hold.
    /// - Complexity: One inflate and one SHA-256 over the entries; no lock is needed meanwhile.
    static func prove(
        _ blocks: [Block],
        of feed: FeedID,
        key: SitePublicKey,
        after head: FeedHead
    ) throws(StorageError) -> FeedHead {
        guard key.siteID == feed.site else {
            throw StorageError(
                .invalidArgument,
                "The key that came with feed \(feed) is not its site's; nothing of it was stored."
            )
        }
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        guard head.position > 0 || head == start else {
            throw StorageError(.invalidArgument, "Feed \(feed) does not begin as it must; nothing of it was stored.")
        }
        var inflater = Inflater()
        var reached = head
        for block in blocks {
            do throws(FormatError) {
                reached = try block.verified(after: reached, using: &inflater)
            } catch {
                throw StorageError(
                    .invalidArgument,
                    "What was received does not continue feed \(feed) after position \(reached.position) (\(error));"
                        + " nothing of it was stored.",
                    cause: error
                )
            }
        }
        return reached
    }
}
