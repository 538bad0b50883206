import LogFormat
import StoreIO

/// Takes a backup apart into a folder that is to become a store, and proves everything on the way.
struct BackupReading {
    private let folder: BackupFolder
    private let manifest: BackupManifest
    private let acceptingLoss: Bool
    /// What could not be restored, or was missing in the store already when it was backed up.
    private(set) var damage: [StorageError] = []
    /// Entries that were proven and written.
    private(set) var entries: UInt64 = 0

    private var fileSystem: any FileSystem { folder.fileSystem }

    init(_ folder: BackupFolder, _ manifest: BackupManifest, acceptingLoss: Bool) {
        self.folder = folder
        self.manifest = manifest
        self.acceptingLoss = acceptingLoss
    }

    /// Writes everything but LOCK; durable when this returns, but for names in the folder itself.
    ///
    /// - Returns: What the caller of the backup had given to it.
    /// - Throws: `.corrupted` when a part is damaged that is needed, or any without `acceptingLoss`; `.noSpace`,
    ///   `.readOnly`, `.inputOutput`.
    mutating func write(
        to paths: StorePaths,
        progress: (UInt64, UInt64) -> Void
    ) throws(StorageError) -> [BackupExtra] {
        for directory in [paths.feeds, paths.view, paths.temporary, paths.quarantine, paths.incidents] {
            try fileSystem.makeDirectory(directory)
        }
        let total = manifest.objects.reduce(UInt64(0)) { $0 + $1.lengthBytes }
        var done: UInt64 = 0
        var heads: [String: FeedHead] = [:]
        for segment in manifest.segments.sorted(by: { ($0.folder, $0.head.position) < ($1.folder, $1.head.position) }) {
            try write(segment, after: heads[segment.folder], to: paths)
            heads[segment.folder] = segment.head
            done += segment.object.lengthBytes
            progress(done, total)
        }
        var extras: [BackupExtra] = []
        for file in manifest.files {
            if file.name.hasPrefix(BackupExtra.prefix) {
                guard let bytes = try content(of: file) else { continue }
                extras.append(BackupExtra(name: String(file.name.dropFirst(BackupExtra.prefix.count)), bytes: bytes))
            } else {
                try write(file, to: paths)
            }
        }
        for name in heads.keys.sorted() { try fileSystem.syncDirectory("\(paths.feeds)/\(name)") }
        for directory in [paths.feeds, paths.incidents] { try fileSystem.syncDirectory(directory) }
        for path in [paths.format, paths.site, paths.key] where try !fileSystem.exists(path) {
            throw StorageError(.corrupted, "The backup lacks a file that no store is without.", at: .init(path: path))
        }
        return extras
    }

    private mutating func write(
        _ segment: BackupManifest.Segment,
        after head: FeedHead?,
        to paths: StorePaths
    ) throws(StorageError) {
        guard let key = LogStore.feed(named: segment.folder) else { throw strange(segment.folder) }
        let directory = FeedDirectory(
            fileSystem: fileSystem,
            path: paths.feed(key.feed, branch: key.branch),
            feed: key.feed
        )
        if try !fileSystem.exists(directory.path) { try fileSystem.makeDirectory(directory.path) }
        if segment.previous.position > (head?.position ?? 0), head != nil || key.branch == 0 {
            // Missing in the store when it was backed up.
            damage.append(
                StorageError(
                    .corrupted,
                    "The backup lacks these entries; they were damaged in the store already.",
                    at: .init(
                        path: directory.path,
                        positions: (head?.position ?? 0) + 1...segment.previous.position
                    )
                )
            )
        }
        let object = folder.objectPath(segment.object.name)
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try folder.read(segment.object)
            let proven = try SegmentProof.run(
                bytes,
                feed: key.feed,
                name: segment.name,
                end: segment.head,
                path: object
            )
            guard proven.previous == segment.previous else {
                throw FeedDirectory.damage(.inconsistent, path: object)
            }
        } catch {
            try note(error, positions: segment.previous.position + 1...segment.head.position)
            return
        }
        let file = try fileSystem.openFile(directory.path(of: segment.name), .create)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        entries += segment.head.position - segment.previous.position
    }

    private mutating func write(_ file: BackupManifest.File, to paths: StorePaths) throws(StorageError) {
        // Every name is one that a backup gives; nothing is written anywhere else, whoever made the manifest.
        let parts = file.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.count, parts[0]) {
        case (1, _):
            guard
                [paths.format, paths.site, paths.key, paths.registry, paths.backupKey].contains(
                    "\(paths.root)/\(file.name)"
                )
            else { throw strange(file.name) }
        case (2, "incidents"):
            guard parts[1].hasSuffix(".incident"), [UInt8](hexadecimal: String(parts[1].dropLast(9))) != nil else {
                throw strange(file.name)
            }
        case (3, "feeds"):
            guard LogStore.feed(named: parts[1]) != nil, parts[2] == "CHECKPOINTS" else { throw strange(file.name) }
            if try !fileSystem.exists("\(paths.feeds)/\(parts[1])") {
                try fileSystem.makeDirectory("\(paths.feeds)/\(parts[1])")
            }
        default: throw strange(file.name)
        }
        guard let bytes = try content(of: file) else { return }
        try fileSystem.createFile("\(paths.root)/\(file.name)", with: bytes)
    }

    private mutating func content(of file: BackupManifest.File) throws(StorageError) -> [UInt8]? {
        switch file.content {
        case .inline(let bytes): return bytes
        case .object(let object):
            do throws(StorageError) {
                return try folder.read(object)
            } catch {
                try note(error, positions: nil)
                return nil
            }
        }
    }

    /// Goes on without a damaged part where that was accepted.
    private mutating func note(_ error: StorageError, positions: ClosedRange<UInt64>?) throws(StorageError) {
        guard error.code == .corrupted else { throw error }
        var error = error
        if let positions { error.location?.positions = positions }
        guard acceptingLoss else {
            error.message +=
                " Nothing was restored. Try another backup, or restore the rest with --accept-loss; what is missing then"
                + " can be fetched from other sites."
            throw error
        }
        damage.append(error)
    }

    private func strange(_ name: String) -> StorageError {
        StorageError(.corrupted, "The backup names a file that no backup has: '\(name)'.", at: .init(path: folder.path))
    }
}
