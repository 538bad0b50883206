import LogFormat
package import StoreIO

/// What an upgrade did.
package struct UpgradeResult: Hashable, Sendable {
    /// The format the store was of.
    package var formerVersion: Int
    /// The format it is of now.
    package var version: Int
    /// Raw segments that were written anew, or would be.
    package var segments: Int
}

extension LogStore {
    /// Brings a store of an earlier format to the format this program writes.
    ///
    /// Nobody else may have the store open. Each raw segment is written anew beside its place, synced, read back and
    /// compared, and takes its place by rename; sealed segments and all other files stay as they are; FORMAT is replaced
    /// last. Killed or without power at any call, the store is of the former format and the next upgrade goes on, or it is
    /// of the new one. Entries, chains and identities do not change.
    ///
    /// - Parameters:
    ///   - root: The store's folder, absolute.
    ///   - surroundings: The machine.
    ///   - isDryRun: Read and check everything, write nothing.
    ///   - progress: Called after each segment with how many were looked at and how many there are.
    /// - Returns: What was done; equal versions when there was nothing to do.
    /// - Throws: `.locked` when a program has the store open; `.notAStore`, `.notFound`, `.wrongOwner`, `.corrupted`,
    ///   `.unsupportedFormat`, `.noSpace` (for one segment), `.readOnly`, `.inputOutput`.
    /// - Complexity: Reads and writes all raw segments once; a file sync and a directory sync for each, and one a feed.
    package static func upgrade(
        at root: String,
        in surroundings: Surroundings,
        isDryRun: Bool = false,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(StorageError) -> UpgradeResult {
        let paths = StorePaths(root: root)
        let fileSystem = surroundings.fileSystem
        try checkFolder(paths, in: surroundings)
        let lock = try fileSystem.openPart(paths.lock)
        defer { withExtendedLifetime(lock) {} }
        guard try lock.lock(.exclusive, waiting: false) else {
            throw StorageError(
                .locked,
                "A program has the store open: end the daemon and every other program that uses it, then upgrade.",
                at: .init(path: paths.lock)
            )
        }
        let format = try StoreFormat(at: paths, in: fileSystem, isUpgrading: true)
        var result = UpgradeResult(formerVersion: format.version, version: StoreFormat.current, segments: 0)
        guard format.version < StoreFormat.current else {
            // Who replaced FORMAT may have been killed, or have failed, before its name was durable.
            if !isDryRun { try fileSystem.syncDirectory(paths.root) }
            return result
        }
        // Once the store is of the new format, feeds of the former one that are put back would stay as they are.
        guard try fileSystem.exists(paths.feeds) else { throw StorageError.missingPart(paths.feeds) }
        if !isDryRun { try removeTemporaryFiles(paths, in: fileSystem) }
        var feeds: [(directory: FeedDirectory, names: [SegmentName])] = []
        for folder in try fileSystem.listDirectory(paths.feeds) {
            guard let key = feed(named: folder) else { continue }
            let path = paths.feed(key.feed, branch: key.branch)
            let directory = FeedDirectory(fileSystem: fileSystem, path: path, feed: key.feed)
            feeds.append((directory, try directory.segments().filter { $0.kind == .raw }))
        }
        let total = feeds.reduce(0) { $0 + $1.names.count }
        var done = 0
        for (directory, names) in feeds {
            for name in names {
                let temporary =
                    isDryRun ? nil : "\(paths.temporary)/\(surroundings.random.bytes(8).hexadecimal).seg"
                if try upgrade(name, in: directory, by: temporary) { result.segments += 1 }
                done += 1
                progress(done, total)
            }
            // Also for what an upgrade that was broken off had renamed.
            if !isDryRun { try fileSystem.syncDirectory(directory.path) }
        }
        if isDryRun { return result }
        try fileSystem.replaceFile(paths.format, with: format.encoded)
        return result
    }

    /// - Parameters:
    ///   - name: A raw segment.
    ///   - directory: Of its feed.
    ///   - temporary: Where it is written before it takes its place; nil to write nothing.
    /// - Returns: False when there is nothing in it to upgrade: it was before, or it has no header.
    /// - Throws: `.corrupted` when the disk gives back other bytes, `.noSpace`, `.readOnly`, `.inputOutput`.
    private static func upgrade(
        _ name: SegmentName,
        in directory: FeedDirectory,
        by temporary: String?
    ) throws(StorageError) -> Bool {
        let fileSystem = directory.fileSystem
        let path = directory.path(of: name)
        let old = try fileSystem.readFile(path, limitBytes: Self.upgradeLimitBytes)
        guard let new = FormatZero.upgraded(rawSegment: old) else { return false }
        guard let temporary else { return true }
        do throws(StorageError) {
            try fileSystem.createFile(temporary, with: new)
            guard try fileSystem.readFile(temporary, limitBytes: Self.upgradeLimitBytes) == new else {
                throw StorageError(
                    .corrupted,
                    "The disk gave back other bytes than were written; the store was left as it is. Check the disk.",
                    at: .init(path: temporary)
                )
            }
            try fileSystem.rename(temporary, to: path)
        } catch {
            // A half-made file would keep the space that is missing.
            if error.code != .halted, try fileSystem.exists(temporary) { try fileSystem.unlink(temporary) }
            throw error
        }
        return true
    }

    /// More than any segment: a full one, a commit that began in it, and the space reserved behind.
    private static var upgradeLimitBytes: Int {
        2 * (Limits.segmentBytes + Limits.commitStoredBytes + Limits.allocationStepBytes)
    }
}
