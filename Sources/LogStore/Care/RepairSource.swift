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

extension RepairSource {
    /// The blocks of the first segment that has any: of several that hold the same positions each may be the damaged one.
    ///
    /// - Throws: What reading a segment threw, where none has any; at once what is no damage of a segment.
    func firstBlocks<Segment>(
        in segments: [Segment],
        _ read: (Segment) throws(StorageError) -> [Block]
    ) throws(StorageError) -> [Block] {
        var damage: StorageError?
        for segment in segments {
            do throws(StorageError) {
                let found = try read(segment)
                if !found.isEmpty { return found }
            } catch {
                guard error.code == .corrupted || error.code == .inputOutput else { throw error }
                damage = error
            }
        }
        if let damage { throw damage }
        return []
    }
}
