package import LogStore
package import StoreIO

/// The keys of persons as a backup holds them: no part of the log, and without them no name can be read.
package enum PersonKeyBackup {
    /// How the backup calls them.
    package static let name = "person-keys"

    /// The keys of a store, destroyed ones marked as such.
    ///
    /// - Returns: nil where no key was ever kept.
    /// - Throws: ``CaseStoreError`` with `.keys` when they can not be read.
    package static func extra(of log: LogStore, in surroundings: Surroundings) throws -> BackupExtra? {
        let path = "\(log.root)/keys.sqlite"
        guard try surroundings.fileSystem.exists(path) else { return nil }
        let keys = PersonKeyStore(path: path, fileSystem: surroundings.fileSystem)
        return try keys.backup().map { BackupExtra(name: name, bytes: $0) }
    }

    /// Puts the keys into the folder that is to become a store; durable when this returns.
    ///
    /// - Throws: `.corrupted` when they are not what they should be, or can not be written.
    package static func place(
        _ extras: [BackupExtra],
        in root: String,
        _ surroundings: Surroundings
    ) throws(StorageError) {
        guard let extra = extras.first(where: { $0.name == name }) else { return }
        do {
            try PersonKeyStore(path: "\(root)/keys.sqlite", fileSystem: surroundings.fileSystem).restore(extra.bytes)
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.corrupted, "The keys of persons could not be restored: \(error)", at: .init(path: root))
        }
    }
}
