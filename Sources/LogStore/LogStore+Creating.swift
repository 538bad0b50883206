import LogFormat
package import StoreIO

extension LogStore {
    /// Makes a store and opens it.
    ///
    /// Built beside the place and moved there whole: a crash leaves no half store, and nothing that exists is touched.
    /// A step that fails leaves nothing either, no store and no marker, and the same call can be made again; nobody else
    /// can open the store before it is durable. Folders above it that were made stay; so does, after a crash, the
    /// ``UnfinishedStore`` beside the place, until a store is restored there.
    ///
    /// - Parameters:
    ///   - root: Where; must not exist, or be an empty folder. Folders above it are made.
    ///   - alias: What people call the site, as ``SiteAlias`` says.
    ///   - surroundings: The machine.
    ///   - options: What the caller chooses.
    /// - Returns: The store, open.
    /// - Throws: `.alreadyExists`, `.invalidArgument` for the alias and the state folder, `.noSpace`, `.readOnly`, `.permissionDenied`.
    package static func create(
        at root: String,
        alias: String,
        in surroundings: Surroundings,
        options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> LogStore {
        guard SiteAlias.isValid(alias) else {
            throw StorageError(.invalidArgument, "A site is called by \(SiteAlias.rule).")
        }
        // Before anything is made.
        _ = try IncarnationMarker.path(store: "", machine: surroundings.machine)
        let fileSystem = surroundings.fileSystem
        if let refusal = try networkRefusal(at: root, in: fileSystem) { throw refusal }
        try checkIsFree(root, in: fileSystem)
        let parent = LinuxFileSystem.parent(of: root)
        try fileSystem.makeDirectories(parent)

        let store = surroundings.random.bytes(8).hexadecimal
        let unfinished = UnfinishedStore(of: root, nonce: store)
        let markerPath = try IncarnationMarker.path(store: store, machine: surroundings.machine)
        var isInPlace = false
        do throws(StorageError) {
            let lock = try build(unfinished, store: store, alias: alias, markerPath: markerPath, in: surroundings)
            if try fileSystem.exists(root) { try fileSystem.removeDirectory(root) }
            try fileSystem.renameWithoutReplacing(unfinished.paths.root, to: root)
            isInPlace = true
            try fileSystem.syncDirectory(parent)
            try synchronizeNames(above: parent, in: fileSystem)
            return try open(at: root, in: surroundings, options: options, createdUnder: lock)
        } catch {
            guard error.code != .halted else { throw error }
            throw clearingUp(
                after: error,
                placedAt: isInPlace ? root : nil,
                temporary: unfinished.paths.root,
                markerPath,
                in: fileSystem
            )
        }
    }

    /// - Throws: `.alreadyExists` when there is anything but an empty folder.
    static func checkIsFree(_ root: String, in fileSystem: any FileSystem) throws(StorageError) {
        guard let status = try fileSystem.status(root) else { return }
        guard status.kind == .directory, try fileSystem.listDirectory(root).isEmpty else {
            throw StorageError(
                .alreadyExists,
                try fileSystem.exists(StorePaths(root: root).format)
                    ? "There is already a store here; it was not touched. Choose another folder."
                    : "There is already something here; choose an empty or a new folder.",
                at: .init(path: root)
            )
        }
    }

    /// Makes the folders above durable that are there already: an earlier call may have made them and failed, or been
    /// killed, before their names were.
    static func synchronizeNames(above path: String, in fileSystem: any FileSystem) throws(StorageError) {
        var path = path
        while path != "/" {
            path = LinuxFileSystem.parent(of: path)
            do throws(StorageError) {
                try fileSystem.syncDirectory(path)
            } catch  where error.code == .permissionDenied {
                // Who may not read a folder did not make anything in it.
            }
        }
    }

    /// Removes what a failed ``create(at:alias:in:options:)``, or a failed restore, made: half a store holds a key that
    /// belongs to nobody, and the space that may be what is missing.
    ///
    /// - Returns: The failure to report; it names what is left when clearing up failed too.
    static func clearingUp(
        after failure: StorageError,
        placedAt root: String?,
        temporary: String,
        _ markerPath: String? = nil,
        in fileSystem: any FileSystem
    ) -> StorageError {
        var left = root ?? temporary
        do throws(StorageError) {
            if let root {
                // Off its name first: a crash while it is taken apart must not leave half of it there. Nobody else has
                // opened it, for this process still holds its lock.
                try fileSystem.renameWithoutReplacing(root, to: temporary)
                left = temporary
            }
            try removeTree(temporary, in: fileSystem)
            if let markerPath {
                left = markerPath
                for path in [markerPath, markerPath + ".new"] where try isThere(path, in: fileSystem) {
                    try fileSystem.unlink(path)
                }
            }
            return failure
        } catch {
            var failure = failure
            failure.message += " What was begun could not be removed: delete '\(left)' if it is there."
            failure.cause = failure.cause ?? error
            return failure
        }
    }

    /// Whether a file may be there: not where this account may not even look, for then it made nothing there.
    private static func isThere(_ path: String, in fileSystem: any FileSystem) throws(StorageError) -> Bool {
        do throws(StorageError) {
            return try fileSystem.exists(path)
        } catch  where error.code == .permissionDenied {
            return false
        }
    }

    /// Makes everything a new store consists of, and the marker outside of it.
    ///
    /// - Returns: The file LOCK, held exclusively: nobody opens the store before it is let go.
    private static func build(
        _ unfinished: UnfinishedStore,
        store: String,
        alias: String,
        markerPath: String,
        in surroundings: Surroundings
    ) throws(StorageError) -> any OpenFile {
        let fileSystem = surroundings.fileSystem
        let paths = unfinished.paths
        let lock = try unfinished.begin(in: fileSystem)
        for directory in [
            paths.feeds, paths.view, paths.temporary, paths.quarantine, paths.incidents,
        ] { try fileSystem.makeDirectory(directory) }
        let identity = try SiteIdentity(random: surroundings.random)
        guard let epoch = EpochID(surroundings.random.bytes(EpochID.lengthBytes)) else {
            throw StorageError(.invalidArgument, "The random source gave too few bytes.")
        }
        let record = SiteRecord(site: identity.site, alias: alias, epoch: epoch, markerPath: markerPath)
        try fileSystem.createFile(paths.key, with: identity.encoded)
        try fileSystem.createFile(paths.site, with: record.encoded)
        try fileSystem.createFile(paths.format, with: StoreFormat(store: store).encoded)
        try unfinished.finish(in: fileSystem)
        let status = try lock.status()
        try IncarnationMarker(
            machineID: surroundings.machine.machineID,
            inode: status.inode,
            bornNanoseconds: status.bornNanoseconds,
            store: store,
            epoch: epoch,
            heads: [:]
        ).save(at: markerPath, in: fileSystem)
        return lock
    }

    /// Removes a folder that was to become a store with all that is in it; nothing when it is not there.
    ///
    /// - Throws: `.readOnly`, `.permissionDenied`, `.inputOutput`.
    static func removeTree(_ path: String, in fileSystem: any FileSystem) throws(StorageError) {
        guard let status = try fileSystem.status(path) else { return }
        guard status.kind == .directory else { return try fileSystem.unlink(path) }
        let names = try fileSystem.listDirectory(path)
        // Its locks last: of what is left without one nobody can tell whose it is.
        for name in names.filter({ !$0.hasPrefix("LOCK") }) + names.filter({ $0.hasPrefix("LOCK") }) {
            try removeTree("\(path)/\(name)", in: fileSystem)
        }
        try fileSystem.removeDirectory(path)
    }
}
