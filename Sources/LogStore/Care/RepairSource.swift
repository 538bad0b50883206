package import LogFormat
package import StoreIO

/// Where entries that were lost here can be had again: a copy of the store, a site that holds a replica, a bundle.
///
/// Nothing it gives is believed: what is repaired is proven by the chain against what is known here.
package protocol RepairSource {
    /// What it is called in an incident's note.
    var name: String { get }

    /// Blocks that continue a head.
    ///
    /// - Parameters:
    ///   - feed: Whose.
    ///   - head: Where they begin.
    ///   - limitBytes: About how much to give, encoded.
    /// - Returns: Blocks in order; empty when it holds nothing that continues there.
    /// - Throws: `.corrupted`, `.inputOutput` of its own.
    func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StorageError) -> [Block]
}
