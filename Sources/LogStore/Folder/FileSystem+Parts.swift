import StoreIO

// Parts that no store is without: where one is missing the store is damaged, and not the path wrong.

extension FileSystem {
    /// Opens a file of a store for reading.
    ///
    /// - Throws: `.corrupted` when there is no such file; `.inputOutput`.
    func openPart(_ path: String) throws(StorageError) -> any OpenFile {
        do throws(StorageError) {
            return try openFile(path, .read)
        } catch {
            throw error.code == .notFound ? StorageError.missingPart(path, cause: error) : error
        }
    }
}

extension StorageError {
    /// Says that a store lacks a part, and what helps.
    ///
    /// - Parameters:
    ///   - path: The file or folder, right in the store's folder.
    ///   - cause: How it was noticed, where a call failed.
    /// - Returns: `.corrupted`.
    static func missingPart(_ path: String, cause: StorageError? = nil) -> StorageError {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return StorageError(
            .corrupted,
            "The store is damaged: it lacks its \(name). Put that back from a copy of the store, or make a new store"
                + " from a backup with `abscope restore`.",
            at: .init(path: path),
            cause: cause
        )
    }
}
