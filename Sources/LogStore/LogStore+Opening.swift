import LogFormat
package import StoreIO

extension LogStore {
    /// Opens a store.
    ///
    /// After a restart of the machine the first opener finds the true ends of all feeds again. A store on a read-only disk,
    /// one whose files this account may not write, one whose key was lost, and one with unknown features that are read-only
    /// compatible open for reading: ``writeRefusal`` says why, and so does every call that would write.
    ///
    /// - Parameters:
    ///   - root: The store's folder, absolute.
    ///   - surroundings: The machine.
    ///   - options: What the caller chooses.
    /// - Returns: The store, with its feeds recovered.
    /// - Throws: `.notAStore`, `.unsupportedFormat`, `.wrongOwner`, `.unsafePermissions`, `.notFound` when there is no
    ///   such folder, `.locked` during an upgrade or a restore, `.corrupted`, `.inputOutput`.
    package static func open(
        at root: String,
        in surroundings: Surroundings,
        options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> LogStore {
        try open(at: root, in: surroundings, options: options, createdUnder: nil)
    }

    // `made` is LOCK of a store the caller has just made, held exclusively; it is shared with others only when nothing can
    // fail any more.
    static func open(
        at root: String,
        in surroundings: Surroundings,
        options: StoreOptions,
        createdUnder made: (any OpenFile)?
    ) throws(StorageError) -> LogStore {
        let paths = StorePaths(root: root)
        let fileSystem = surroundings.fileSystem
        try checkFolder(paths, in: surroundings)
        let lock = if let made { made } else { try shareLock(paths, in: fileSystem) }
        // Only under LOCK: an upgrade may just have replaced it.
        let format = try StoreFormat(at: paths, in: fileSystem)
        let siteFile = try SiteFile(at: paths, in: fileSystem)
        let keys = try readKeys(paths, of: siteFile.record.site, in: fileSystem)
        let (heads, appendLock) = try openHeads(paths, format, in: surroundings, options: options, isNew: made != nil)
        let store = LogStore(
            paths: paths,
            format: format,
            siteFile: siteFile,
            keys: keys,
            lock: lock,
            heads: HeadsFile(heads, bootID: surroundings.machine.bootID),
            appendLock: appendLock,
            surroundings: surroundings,
            options: options
        )
        // Recovers where that is needed.
        _ = try store.slots()
        if let refusal = store.writeRefusal {
            options.observer(.readOnly(refusal, isComplete: try store.snapshot().isPublished))
        }
        if let made { _ = try made.lock(.shared, waiting: true) }
        return store
    }

    /// - Throws: `.notFound`, `.notAStore`, `.wrongOwner`, `.corrupted` when FORMAT is missing, `.inputOutput`.
    static func checkFolder(_ paths: StorePaths, in surroundings: Surroundings) throws(StorageError) {
        guard let status = try surroundings.fileSystem.status(paths.root) else {
            throw StorageError(
                .notFound,
                "There is no such folder: make a store there with `abscope init`.",
                at: .init(path: paths.root)
            )
        }
        guard status.kind == .directory else {
            throw StorageError(
                .notAStore,
                "This is not a folder: name the store's folder.",
                at: .init(path: paths.root)
            )
        }
        guard status.ownerID == surroundings.machine.userID else {
            throw StorageError(
                .wrongOwner,
                "The store belongs to the account with number \(status.ownerID). Run the command as that account:"
                    + " sudo -u '#\(status.ownerID)' abscope …",
                at: .init(path: paths.root)
            )
        }
        try StoreFormat.checkPresence(at: paths, in: surroundings.fileSystem)
    }

    /// The site's keys, or why nothing can be recorded here. A store whose key was lost can still be read: what it holds is
    /// more than what it can no longer add.
    ///
    /// - Throws: `.unsafePermissions`; `.corrupted` when the key is another site's; `.inputOutput`.
    private static func readKeys(
        _ paths: StorePaths,
        of site: SiteID,
        in fileSystem: any FileSystem
    ) throws(StorageError) -> Result<SiteIdentity, StorageError> {
        let identity: SiteIdentity
        do throws(StorageError) {
            identity = try SiteIdentity(at: paths, in: fileSystem)
        } catch {
            guard error.code == .notFound || error.code == .corrupted else { throw error }
            let isGone = error.code == .notFound
            return .failure(
                StorageError(
                    error.code,
                    "The site's key \(isGone ? "is missing" : "is damaged"): everything here can be read, and nothing can be"
                        + " recorded or sent. Restore the file site.key from a backup of this store.",
                    at: .init(path: paths.key),
                    cause: isGone ? nil : error
                )
            )
        }
        guard identity.site == site else {
            throw StorageError(
                .corrupted,
                "The key in site.key is not the key of the site named in SITE: restore the right one.",
                at: .init(path: paths.key)
            )
        }
        return .success(identity)
    }

    /// Opens HEADS, and what writing needs unless this process may only read.
    private static func openHeads(
        _ paths: StorePaths,
        _ format: StoreFormat,
        in surroundings: Surroundings,
        options: StoreOptions,
        isNew: Bool
    ) throws(StorageError) -> (heads: any OpenFile, appendLock: Result<AppendLock, StorageError>) {
        var refusal = format.writeRefusal(at: paths)
        if refusal == nil { refusal = try networkRefusal(at: paths.root, in: surroundings.fileSystem) }
        if refusal == nil {
            do throws(StorageError) {
                let heads = try surroundings.fileSystem.openFile(paths.heads, .openOrCreate)
                return (heads, .success(try AppendLock(paths, in: surroundings, options: options)))
            } catch {
                guard !isNew, error.code == .readOnly || error.code == .permissionDenied else { throw error }
                refusal = StorageError(
                    error.code,
                    "The store can be read here, and nothing can be recorded: the disk is read-only, or this account may"
                        + " not write to the store's files.",
                    at: .init(path: paths.root),
                    cause: error
                )
            }
        }
        let heads = try surroundings.fileSystem.openFile(paths.heads, .read)
        guard let refusal else { preconditionFailure("who may write has returned") }
        return (heads, .failure(refusal))
    }

    /// Why nothing can be written at a place; nil on a disk of this machine.
    static func networkRefusal(
        at root: String,
        in fileSystem: any FileSystem
    ) throws(StorageError) -> StorageError? {
        guard let kind = try fileSystem.networkVolume(root) else { return nil }
        return StorageError(
            .readOnly,
            "The folder is on a network file system (\(kind)), where neither locks nor syncs keep what is recorded: it can"
                + " be read there, and nothing can be recorded. Keep the store on a disk of this machine, and copy backups"
                + " to the network.",
            at: .init(path: root)
        )
    }

    /// Takes LOCK as everybody does who has the store open.
    private static func shareLock(
        _ paths: StorePaths,
        in fileSystem: any FileSystem
    ) throws(StorageError) -> any OpenFile {
        let lock = try fileSystem.openPart(paths.lock)
        guard try lock.lock(.shared, waiting: false) else {
            throw StorageError(
                .locked,
                "The store is being made, upgraded or restored: wait until that has finished.",
                at: .init(path: paths.root)
            )
        }
        return lock
    }
}
