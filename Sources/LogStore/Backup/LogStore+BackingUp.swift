package import StoreIO

extension LogStore {
    /// Copies what the store holds into a folder, sealed, while others write to the store.
    ///
    /// The heads of all feeds are read in one moment without a writer, and nothing beyond them is taken. Only what is not
    /// there yet is copied: new segments, and the durable part of those that grew. Everything written is read back
    /// (through the page cache), opened, and proven by the chain. The manifest comes last: a backup that is interrupted
    /// at any point leaves the one before usable, and what it had copied is not copied again.
    ///
    /// A backup never holds less than before of any feed: what the store lost since, or can not read any more, stays.
    ///
    /// Segments are not sealed meanwhile.
    ///
    /// - Parameters:
    ///   - path: The backup's folder, absolute; made when missing.
    ///   - verifyingAll: Read back and prove everything, not only what is new.
    ///   - extras: Asked once, after the heads were read, for what else belongs to the store; told what it gave to the
    ///     backup before, as far as that can be read.
    ///   - progress: Called with bytes done and bytes in all.
    /// - Returns: What was done. Damage of the store is in it and no error.
    /// - Throws: `.notFound` without a backup key; `.invalidArgument` for a folder inside the store, with something else
    ///   in it or with another site's backup; `.locked` when another backup writes there, or a segment is being sealed
    ///   for long; `.noSpace`, `.readOnly`, `.corrupted` for the backup's disk, `.inputOutput`.
    /// - Complexity: Three reads a segment that is there already; each new one is read, written, synced, and read again.
    ///   Memory for two segments.
    package func backUp(
        to path: String,
        verifyingAll: Bool = false,
        extras: (_ former: [BackupExtra]) throws(StorageError) -> [BackupExtra] = { (_) throws(StorageError) in [] },
        progress: (_ doneBytes: UInt64, _ totalBytes: UInt64) -> Void = { _, _ in }
    ) throws(StorageError) -> BackupResult {
        let fileSystem = surroundings.fileSystem
        guard try !isInside(path), !root.hasPrefix(path + "/") else {
            throw StorageError(
                .invalidArgument,
                "A backup inside the store, or around it, would be lost with it: name a folder elsewhere, best on another"
                    + " disk.",
                at: .init(path: path)
            )
        }
        let paper = try backupRecipient()
        try BackupFolder.check(path, in: fileSystem)
        try fileSystem.makeDirectories(path)
        let lock = try BackupFolder.lock(path, in: fileSystem)
        defer { withExtendedLifetime(lock) {} }
        let folder = try BackupFolder.openOrBegin(
            at: path,
            of: identity,
            paper: paper,
            random: surroundings.random,
            in: fileSystem
        )
        do throws(StorageError) {
            return try whileNotSealing { () throws(StorageError) in
                var run = try BackupRun(self, folder, verifyingAll: verifyingAll)
                return try run.run(extras: extras, progress: progress)
            }
        } catch {
            guard error.code == .noSpace else { throw error }
            throw StorageError(
                .noSpace,
                "The disk of the backup is full. The backup made there before is whole and usable: make room or use another"
                    + " disk, and run this again; what was copied is not copied twice.",
                at: .init(path: path),
                cause: error
            )
        }
    }

    /// Whether a place is in the store's folder, also where the store is called by another path.
    private func isInside(_ path: String) throws(StorageError) -> Bool {
        let fileSystem = surroundings.fileSystem
        let format = try fileSystem.status(paths.format)
        var folder = path
        while folder != "/" {
            if folder == root { return true }
            if try fileSystem.status(folder)?.kind == .directory,
                let other = try fileSystem.status(folder + "/FORMAT"), let format, other.inode == format.inode,
                other.device == format.device
            {
                return true
            }
            folder = LinuxFileSystem.parent(of: folder)
        }
        return false
    }

    /// A store that can not be written is sealed by nobody.
    private func whileNotSealing<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        guard writeRefusal == nil else { return try body() }
        let lock = try surroundings.fileSystem.openFile(paths.sealLock, .openOrCreate)
        guard try lock.lock(waitingNanoseconds: options.lockWaitMilliseconds * 1_000_000) else {
            throw StorageError(
                .locked,
                "Segments are being sealed, which may take a minute: try again.",
                at: .init(path: paths.sealLock)
            )
        }
        let result = try body()
        try lock.unlock()
        return result
    }
}
