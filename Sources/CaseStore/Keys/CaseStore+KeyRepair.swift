import LogFormat
package import LogStore
package import StoreIO

// Keys that come back from a backup.
extension CaseStore {
    /// Keeps the keys of a backup that are not here, or were altered here, and makes the names they open readable. Who was
    /// erased, here or by what the backup says, stays so.
    ///
    /// - Parameter extras: Of a backup of this site.
    /// - Returns: How many came back; durable.
    /// - Throws: ``CaseStoreError`` with `.keys` when they are not what they should be, or can not be kept; `.view`;
    ///   `StorageError`.
    package func bringBackKeys(from extras: [BackupExtra]) throws -> Int {
        guard let extra = extras.first(where: { $0.name == PersonKeyBackup.name }) else { return 0 }
        let rows = try KeyList(decoding: extra.bytes).rows
        let erased = Set(try erasedKeys())
        _ = try destroy(rows.filter { $0.worth == .destroyed }.map(\.id))
        let count = try keys.keep(
            rows.filter { $0.worth == .opens && !erased.contains($0.id) }.map { row in
                var row = row
                row.isNews = true
                return row
            }
        )
        try showNewNames()
        try settleErasures()
        return count
    }

    /// Makes a file of keys that is damaged anew: what can still be read of it goes into a new one, and the old one to
    /// quarantine. Nobody else may have it open, a daemon least of all.
    ///
    /// - Parameters:
    ///   - log: The store.
    ///   - surroundings: The machine.
    /// - Throws: `StorageError`; ``CaseStoreError`` with `.keys` when the new one can not be written.
    package static func renewKeyFile(of log: LogStore, in surroundings: Surroundings) throws {
        let fileSystem = surroundings.fileSystem
        let path = "\(log.root)/keys.sqlite"
        var rows: [KeyRow] = []
        do {
            rows = try PersonKeyStore(path: path, fileSystem: fileSystem).rows() ?? []
        } catch let error as CaseStoreError where error.code == .keys {
            // Nothing of it can be read.
        }
        let aside = "\(log.paths.quarantine)/keys.sqlite.\(surroundings.random.bytes(8).hexadecimal)"
        // The file last: until it is away, it is found to be damaged again.
        for suffix in ["-journal", "-shm", "-wal", ""] where try fileSystem.exists(path + suffix) {
            try fileSystem.renameWithoutReplacing(path + suffix, to: aside + suffix)
        }
        try fileSystem.syncDirectory(log.paths.quarantine)
        try fileSystem.syncDirectory(log.root)
        _ = try PersonKeyStore(path: path, fileSystem: fileSystem).keep(rows.filter { $0.worth != .nothing })
    }
}
