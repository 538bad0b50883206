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

/// The folder of a store as it was copied: a backup, a mirror, the old disk. Read only, whatever its state: without its
/// HEADS, its key or its other feeds too.
package struct StoreCopy: RepairSource {
    package let name: String
    private let feeds: String
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - path: The folder of the copy, or its folder `feeds`; absolute.
    ///   - fileSystem: Where it lies.
    /// - Throws: `.notFound` when there is no such folder, `.notAStore` when it holds no feeds.
    package init(at path: String, in fileSystem: any FileSystem) throws(StorageError) {
        name = path
        self.fileSystem = fileSystem
        guard try fileSystem.status(path)?.kind == .directory else {
            throw StorageError(
                .notFound,
                "There is no such folder: name that of a copy of this store.",
                at: .init(path: path)
            )
        }
        let below = try fileSystem.status("\(path)/feeds")?.kind == .directory ? "\(path)/feeds" : path
        guard try fileSystem.listDirectory(below).contains(where: { LogStore.feed(named: $0) != nil }) else {
            throw StorageError(
                .notAStore,
                "The folder holds no feeds of a store: name that of a copy of this store.",
                at: .init(path: path)
            )
        }
        feeds = below
    }

    package func blocks(
        of feed: FeedID,
        after head: FeedHead,
        limitBytes: Int
    ) throws(StorageError) -> [Block] {
        let directory = FeedDirectory(fileSystem: fileSystem, path: "\(feeds)/\(feed)", feed: feed)
        guard try fileSystem.exists(directory.path) else { return [] }
        let position = head.position + 1
        let names = try directory.segments()
        guard let first = names.last(where: { $0.firstPosition <= position })?.firstPosition else { return [] }
        let next = names.first { $0.firstPosition > position }?.firstPosition ?? Limits.position
        // Of one that is there raw and sealed either may be the damaged one.
        var damage: StorageError?
        for name in names where name.firstPosition == first {
            do throws(StorageError) {
                let found = try blocks(
                    in: try SegmentReader(name, in: directory),
                    after: head,
                    through: next - 1,
                    limitBytes: limitBytes
                )
                if !found.isEmpty { return found }
            } catch {
                guard error.code == .corrupted || error.code == .inputOutput else { throw error }
                damage = error
            }
        }
        if let damage { throw damage }
        return []
    }

    private func blocks(
        in segment: SegmentReader,
        after head: FeedHead,
        through last: UInt64,
        limitBytes: Int
    ) throws(StorageError) -> [Block] {
        let end = try segment.sizeBytes()
        guard let first = try segment.row(holding: head.position + 1, endOffsetBytes: end) else { return [] }
        var (number, row) = first
        var result: [Block] = []
        var length = 0
        var inflater = Inflater()
        while true {
            var block: Block
            do throws(StorageError) {
                block = try segment.block(at: row)
                if block.header.firstPosition <= head.position || block.header.lastPosition > last {
                    let cut = try FeedDirectory.decoding(segment.path, at: row.offsetBytes) { () throws(FormatError) in
                        try block.slice(head.position + 1...last, after: row.previous, using: &inflater).block
                    }
                    guard let cut else { return result }
                    block = cut
                }
            } catch {
                // What was good before is of use all the same.
                guard error.code == .corrupted, !result.isEmpty else { throw error }
                return result
            }
            result.append(block)
            length += block.header.encodedLengthBytes
            guard length < limitBytes, block.header.lastPosition < last else { return result }
            number += 1
            do throws(StorageError) {
                guard let following = try segment.row(number: number, endOffsetBytes: end) else { return result }
                row = following
            } catch {
                // Behind the last block of a raw file lie zeros, or what was being written when it was copied.
                guard error.code == .corrupted else { throw error }
                return result
            }
        }
    }
}
