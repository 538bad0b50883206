/// Whole small files and folders, over the protocol, so that a simulated disk exercises every step.
extension FileSystem {
    /// Whether something of this name exists; a symbolic link counts, whatever it points to.
    package func exists(_ path: String) throws(StorageError) -> Bool { try status(path) != nil }

    /// Reads a small file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limitBytes: The largest file that is read into memory.
    /// - Returns: The whole file.
    /// - Throws: `.notFound`; `.tooLarge` when the file is larger than the limit; `.inputOutput`.
    package func readFile(_ path: String, limitBytes: Int) throws(StorageError) -> [UInt8] {
        try openFile(path, .read).readAll(limitBytes: limitBytes)
    }

    /// Makes a new file that is durable, name and content, when this returns.
    ///
    /// A crash before that leaves no file, an empty one, or one with part of the bytes: use ``replaceFile(_:with:)``
    /// where readers must not see such a file.
    ///
    /// - Throws: `.alreadyExists`, `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: One file sync, one directory sync.
    package func createFile(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        let file = try openFile(path, .create)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        try syncDirectory(Self.parent(of: path))
    }

    /// Replaces a small file, or makes it: after a crash it holds the old bytes or the new ones, whole; when this
    /// returns, the new ones.
    ///
    /// Writes `path.new` beside it, syncs, renames over, syncs the directory. Two processes must not do this to the same
    /// file at once: hold a lock. What an earlier crash left in `path.new` is removed, and where this fails nothing of
    /// it is left, unless the disk does not let go of it either.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - bytes: Its content.
    ///   - isForAll: Whether every account of the machine may read it; else who owns it alone.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`; the old file is then still in place, unless only the last
    ///   directory sync failed, when it is the one or the other.
    /// - Complexity: One file sync, one directory sync.
    package func replaceFile(_ path: String, with bytes: [UInt8], isForAll: Bool = false) throws(StorageError) {
        let temporary = path + ".new"
        if try exists(temporary) { try unlink(temporary) }
        let file = try openFile(temporary, .create)
        do throws(StorageError) {
            if isForAll { try file.allowReadingByAll() }
            try file.write(bytes, at: 0)
            try file.synchronizeData()
            try rename(temporary, to: path)
        } catch {
            throw discarding(temporary, after: error)
        }
        try syncDirectory(Self.parent(of: path))
    }

    /// Removes a file that could not be finished: on a full disk it keeps the space that is missing, and whoever finds
    /// it can not tell whether anybody needs it.
    ///
    /// - Returns: The failure to report, which stays the first one: what can not be removed now is removed by the next
    ///   who replaces the file.
    private func discarding(_ temporary: String, after failure: StorageError) -> StorageError {
        // Who was killed removes nothing.
        guard failure.code != .halted else { return failure }
        do throws(StorageError) {
            try unlink(temporary)
            return failure
        } catch {
            var failure = failure
            failure.cause = failure.cause ?? error
            return failure
        }
    }

    /// Makes a directory and those above it that are missing, each durable when this returns.
    ///
    /// - Throws: `.invalidArgument` when a part of the path is something else; `.noSpace`, `.readOnly`,
    ///   `.permissionDenied`, `.inputOutput`.
    package func makeDirectories(_ path: String) throws(StorageError) {
        if let found = try status(path) {
            guard found.kind == .directory else {
                throw StorageError(
                    .invalidArgument,
                    "There is already something of that name that is not a folder: choose another place.",
                    at: StorageError.Location(path: path)
                )
            }
            return
        }
        let parent = Self.parent(of: path)
        try makeDirectories(parent)
        do throws(StorageError) {
            try makeDirectory(path)
        } catch  where error.code == .alreadyExists {
            // Another process made it in between; its name still has to be durable before anything inside is.
        }
        try syncDirectory(parent)
    }

    /// The directory a path lies in: everything before the last `/`.
    package static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
