import LogFormat
package import StoreIO

extension LogStore {
    /// Makes a store and opens it.
    ///
    /// Built beside the place and moved there whole: a crash leaves no half store, and nothing that exists is touched.
    ///
    /// - Parameters:
    ///   - root: Where; must not exist, or be an empty folder. Folders above it are made.
    ///   - alias: What people call the site, as ``SiteAlias`` says.
    ///   - surroundings: The machine.
    ///   - options: What the caller chooses.
    /// - Returns: The store, open.
    /// - Throws: `.alreadyExists`, `.invalidArgument` for the alias, `.noSpace`, `.readOnly`, `.permissionDenied`.
    package static func create(
        at root: String,
        alias: String,
        in surroundings: Surroundings,
        options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> LogStore {
        guard SiteAlias.isValid(alias) else {
            throw StorageError(.invalidArgument, "A site is called by \(SiteAlias.rule).")
        }
        let fileSystem = surroundings.fileSystem
        let target = StorePaths(root: root)
        if let status = try fileSystem.status(root) {
            guard status.kind == .directory, try fileSystem.listDirectory(root).isEmpty else {
                throw StorageError(
                    .alreadyExists,
                    try fileSystem.exists(target.format)
                        ? "There is already a store here; it was not touched. Choose another folder."
                        : "There is already something here; choose an empty or a new folder.",
                    at: .init(path: root)
                )
            }
            try fileSystem.removeDirectory(root)
        }
        let parent = String(root[..<(root.lastIndex(of: "/") ?? root.startIndex)])
        if !parent.isEmpty { try fileSystem.makeDirectories(parent) }

        let store = surroundings.random.bytes(8).hexadecimal
        let temporary = StorePaths(root: "\(root).new-\(store)")
        try fileSystem.makeDirectory(temporary.root)
        for directory in [
            temporary.feeds, temporary.view, temporary.temporary, temporary.quarantine, temporary.incidents,
        ] { try fileSystem.makeDirectory(directory) }
        let identity = try SiteIdentity(random: surroundings.random)
        guard let epoch = EpochID(surroundings.random.bytes(EpochID.lengthBytes)) else {
            throw StorageError(.invalidArgument, "The random source gave too few bytes.")
        }
        let markerPath = IncarnationMarker.path(store: store, machine: surroundings.machine)
        let record = SiteRecord(site: identity.site, alias: alias, epoch: epoch, markerPath: markerPath)
        try fileSystem.createFile(temporary.key, with: identity.encoded)
        try fileSystem.createFile(temporary.site, with: record.encoded)
        try fileSystem.createFile(temporary.lock, with: [])
        try fileSystem.createFile(temporary.format, with: StoreFormat(store: store).encoded)
        try fileSystem.syncDirectory(temporary.root)
        let inode = try fileSystem.status(temporary.lock)?.inode ?? 0
        try IncarnationMarker(
            machineID: surroundings.machine.machineID,
            inode: inode,
            store: store,
            epoch: epoch,
            heads: [:]
        ).save(at: markerPath, in: fileSystem)
        try fileSystem.renameWithoutReplacing(temporary.root, to: root)
        try fileSystem.syncDirectory(parent.isEmpty ? "/" : parent)
        return try open(at: root, in: surroundings, options: options)
    }
}
