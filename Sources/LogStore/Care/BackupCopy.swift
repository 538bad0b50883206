package import LogFormat
package import StoreIO

/// A backup of this site's store, opened with the site's own key: nobody has to fetch the paper to repair. Read only.
package final class BackupCopy: RepairSource {
    package let name: String
    private let folder: BackupFolder
    private let manifest: BackupManifest
    private var segments: [BackupManifest.Segment] { manifest.segments }
    /// The segment that was read last. Entries are asked for in order, and a piece of a backup is opened as a whole.
    private var opened: (segment: BackupManifest.Segment, reader: SegmentReader)?

    /// - Parameters:
    ///   - path: The backup's folder, absolute.
    ///   - identity: This site's.
    ///   - fileSystem: Where it lies.
    /// - Throws: `.notFound` when no backup was ever finished there, `.invalidArgument` when it is another site's;
    ///   `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    init(at path: String, of identity: SiteIdentity, in fileSystem: any FileSystem) throws(StorageError) {
        let folder = try BackupFolder(at: path, of: identity, in: fileSystem)
        guard let manifest = try folder.newestManifest().manifest else {
            throw StorageError(
                .notFound,
                "No backup was ever finished in this folder: use another one.",
                at: .init(path: path)
            )
        }
        name = path
        self.folder = folder
        self.manifest = manifest
    }

    /// What the caller of the backup had given to it.
    ///
    /// - Throws: `.corrupted` when a part is missing or damaged; `.inputOutput`.
    package func extras() throws(StorageError) -> [BackupExtra] { try folder.extras(of: manifest) }

    package func blocks(
        of feed: FeedID,
        after head: FeedHead,
        limitBytes: Int
    ) throws(StorageError) -> [Block] {
        let holding = segments.filter { segment in
            segment.folder == feed.description && segment.previous.position <= head.position
                && segment.head.position > head.position
        }
        return try firstBlocks(in: holding) { (segment) throws(StorageError) in
            try reader(of: segment, feed).blocks(after: head, through: segment.head.position, limitBytes: limitBytes)
        }
    }

    private func reader(of segment: BackupManifest.Segment, _ feed: FeedID) throws(StorageError) -> SegmentReader {
        if let opened, opened.segment == segment { return opened.reader }
        let file = MemoryFile(try folder.read(segment.object), path: folder.objectPath(segment.object.name))
        let reader = try SegmentReader(segment.name, of: feed, file)
        opened = (segment, reader)
        return reader
    }
}

extension LogStore {
    /// Opens what a person names as a copy of this store: a backup, or a store's folder as it was copied.
    ///
    /// - Parameter path: Its folder, absolute.
    /// - Returns: The copy, only read.
    /// - Throws: `.notFound`, `.notAStore`, `.invalidArgument` when it is neither, or another site's backup; `.corrupted`,
    ///   `.inputOutput`; for a backup also what ``requireIdentity()`` throws.
    package func copy(at path: String) throws(StorageError) -> any RepairSource {
        let fileSystem = surroundings.fileSystem
        guard try BackupFolder.isThere(path, in: fileSystem) else { return try StoreCopy(at: path, in: fileSystem) }
        return try BackupCopy(at: path, of: try requireIdentity(), in: fileSystem)
    }
}
