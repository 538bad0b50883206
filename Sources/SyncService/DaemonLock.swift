package import StoreIO

/// At most one daemon works on a store: a lock the kernel gives back when the process ends, however it ends.
package struct DaemonLock: Sendable {
    private let file: any OpenFile

    /// Takes the lock for as long as this value lives.
    ///
    /// - Parameters:
    ///   - directory: The store.
    ///   - fileSystem: Where it lies.
    /// - Throws: `.locked` when another daemon has it; what opening the file meets.
    package init(store directory: String, in fileSystem: any FileSystem) throws(StorageError) {
        let path = directory + "/daemon.lock"
        file = try fileSystem.openFile(path, .openOrCreate)
        guard try file.lock(.exclusive, waiting: false) else {
            throw StorageError(
                .locked,
                "Another daemon is working on this store: ask it with `abscope sync status`, or stop it first.",
                at: StorageError.Location(path: path)
            )
        }
    }

    /// Gives the lock back.
    ///
    /// - Throws: `.inputOutput` when the kernel refuses; the lock then goes with the process.
    package func release() throws(StorageError) { try file.unlock() }
}
