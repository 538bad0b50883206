package import LogFormat
package import StoreIO

/// The folder of a store as it was copied: a mirror, the old disk. Read only, whatever its state: without its
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
                "There is no such folder: name that of a backup, or of a copy of this store.",
                at: .init(path: path)
            )
        }
        let below = try fileSystem.status("\(path)/feeds")?.kind == .directory ? "\(path)/feeds" : path
        guard try fileSystem.listDirectory(below).contains(where: { LogStore.feed(named: $0) != nil }) else {
            throw StorageError(
                .notAStore,
                "The folder holds neither a backup nor feeds of a store: name that of a backup, or of a copy of this store.",
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
        // One may be there raw and sealed.
        return try firstBlocks(in: names.filter { $0.firstPosition == first }) { (name) throws(StorageError) in
            try SegmentReader(name, in: directory).blocks(after: head, through: next - 1, limitBytes: limitBytes)
        }
    }
}
