import LogFormat
package import StoreIO

extension LogStore {
    /// Makes a store from a backup and opens it. It goes on in a new epoch, so that nothing the lost store may have
    /// written after the backup is ever written over; what peers hold of that comes back with the next sync.
    ///
    /// Every byte is opened, compared with its digest and proven by the chain on the way. The store is built beside the
    /// place and moved there whole: a crash leaves no half store, and nothing that exists is touched. A crash between that
    /// and the new epoch is no danger: a store that does not find its marker opens one before it writes. What a crash
    /// leaves beside the place is removed by the next restore to it, before anything is written.
    ///
    /// - Parameters:
    ///   - backup: The backup's folder, absolute; only read.
    ///   - key: From paper.
    ///   - root: Where; must not exist, or be an empty folder.
    ///   - surroundings: The machine.
    ///   - options: What the caller chooses.
    ///   - acceptingLoss: Leave out what is damaged of the backup. The positions are missing then as if the store had been
    ///     damaged, and can be fetched from peers.
    ///   - place: Puts what the caller had given to the backup into the folder that is to become the store.
    ///   - progress: Called with bytes done and bytes in all.
    /// - Returns: The store, open, and what was done.
    /// - Throws: `.alreadyExists`; `.notFound`, `.notAStore` for the backup; `.invalidArgument` for another key;
    ///   `.corrupted` for a damaged backup: nothing was made then. `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: Reads the backup once; one sync a file. Memory for two segments.
    package static func restore(
        from backup: String,
        with key: BackupKey,
        to root: String,
        in surroundings: Surroundings,
        options: StoreOptions = StoreOptions(),
        acceptingLoss: Bool = false,
        placing place: (_ extras: [BackupExtra], _ root: String) throws(StorageError) -> Void = {
            (_, _) throws(StorageError) in
        },
        progress: (_ doneBytes: UInt64, _ totalBytes: UInt64) -> Void = { _, _ in }
    ) throws(StorageError) -> (store: LogStore, result: RestoreResult) {
        let fileSystem = surroundings.fileSystem
        try checkPlaces(from: backup, to: root, in: surroundings)
        let folder = try BackupFolder(at: backup, with: key.agreementKey, in: fileSystem)
        guard let manifest = try folder.newestManifest().manifest else {
            throw StorageError(
                .notFound,
                "No backup was ever finished in this folder: use another one.",
                at: .init(path: backup)
            )
        }
        let parent = LinuxFileSystem.parent(of: root)
        try fileSystem.makeDirectories(parent)
        let (removed, kept) = try UnfinishedStore.removeLeft(beside: root, in: surroundings)
        let unfinished = UnfinishedStore(of: root, nonce: surroundings.random.bytes(8).hexadecimal)
        let temporary = unfinished.paths
        var isInPlace = false
        do throws(StorageError) {
            let lock = try unfinished.begin(in: fileSystem)
            var reading = BackupReading(folder, manifest, acceptingLoss: acceptingLoss)
            let extras = try reading.write(to: temporary, progress: progress)
            try place(extras, temporary.root)
            try unfinished.finish(in: fileSystem)
            if try fileSystem.exists(root) { try fileSystem.removeDirectory(root) }
            try fileSystem.renameWithoutReplacing(temporary.root, to: root)
            isInPlace = true
            try fileSystem.syncDirectory(parent)
            try synchronizeNames(above: parent, in: fileSystem)
            let store = try open(at: root, in: surroundings, options: options, createdUnder: lock)
            var result = try store.goOn(afterRestoring: manifest, reading)
            result.removedFolders = removed
            result.keptFolders = kept
            return (store, result)
        } catch {
            guard error.code != .halted else { throw error }
            throw clearingUp(after: error, placedAt: isInPlace ? root : nil, temporary: temporary.root, in: fileSystem)
        }
    }

    /// What can be said about the two places before anybody types a key.
    ///
    /// - Parameters:
    ///   - backup: The backup's folder, absolute.
    ///   - root: Where the store is to be, absolute.
    ///   - surroundings: The machine.
    /// - Throws: `.alreadyExists`, `.invalidArgument`, `.notFound`, `.notAStore`, `.inputOutput`.
    package static func checkPlaces(
        from backup: String,
        to root: String,
        in surroundings: Surroundings
    ) throws(StorageError) {
        try checkIsFree(root, in: surroundings.fileSystem)
        guard root != backup, !root.hasPrefix(backup + "/") else {
            throw StorageError(
                .invalidArgument,
                "A store inside a backup would lie readable beside it: name a folder elsewhere.",
                at: .init(path: root)
            )
        }
        try BackupFolder.checkPresence(backup, in: surroundings.fileSystem)
    }

    /// Opens the new epoch.
    private func goOn(
        afterRestoring manifest: BackupManifest,
        _ reading: BackupReading
    ) throws(StorageError) -> RestoreResult {
        let oldEpoch = epoch
        var result = RestoreResult(oldEpoch: oldEpoch, newEpoch: oldEpoch)
        result.milliseconds = manifest.milliseconds
        result.generation = manifest.generation
        result.damage = reading.damage
        result.entries = reading.entries
        try whileAppending { section throws(StorageError) in
            for (feed, head) in try ownHeads(section) { result.ownHeads[feed.lane] = head }
            // What it would find is known.
            _ = takeIncarnationCheck()
            do throws(StorageError) {
                try openEpoch(
                    section,
                    reason: "it was restored from the backup of \(UTCMinute.text(manifest.milliseconds)).",
                    damage: nil,
                    isOtherCopy: true
                )
            } catch {
                returnIncarnationCheck()
                throw error
            }
        }
        result.newEpoch = epoch
        result.feeds = try slots().count
        return result
    }
}
