import LogStore
import StoreIO
import SyncProtocol

extension Session {
    private var bundleNotesPath: String { storePath + "/" + BundleNotes.fileName }
    /// How long another command may take to write the file.
    private static let patienceNanoseconds: UInt64 = 5_000_000_000

    /// What bundles told of other sites. A damaged file is told, and counts as none.
    ///
    /// - Throws: `StorageError` when the file can not be read.
    func bundleNotes() throws -> BundleNotes {
        do {
            return try BundleNotes(
                try surroundings.fileSystem.readFile(bundleNotesPath, limitBytes: BundleNotes.fileBytesMaximum)
            )
        } catch let error as StorageError {
            guard error.code == .notFound else { throw error }
            return BundleNotes()
        } catch is SyncError {
            console.note(.bundle(.notesDamaged))
            return BundleNotes()
        }
    }

    /// Changes what is kept of bundles; durable when this returns. A store that is only read keeps nothing.
    ///
    /// - Throws: ``Failure`` 75 when another command is at it; `StorageError`.
    func changeBundleNotes<Result>(of log: LogStore, _ change: (inout BundleNotes) -> Result) throws -> Result {
        guard log.writeRefusal == nil else {
            var notes = try bundleNotes()
            return change(&notes)
        }
        let lock = try surroundings.fileSystem.openFile(storePath + "/" + BundleNotes.lockName, .openOrCreate)
        guard try lock.lock(waitingNanoseconds: Self.patienceNanoseconds) else {
            throw Failure(.temporary, .bundle(.busy))
        }
        defer { withExtendedLifetime(lock) {} }
        var notes = try bundleNotes()
        let before = notes
        let result = change(&notes)
        if notes != before { try surroundings.fileSystem.replaceFile(bundleNotesPath, with: notes.encoded) }
        try lock.unlock()
        return result
    }
}
