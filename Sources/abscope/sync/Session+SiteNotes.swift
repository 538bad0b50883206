import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

extension Session {
    private var siteNotesFile: SiteNotesFile { SiteNotesFile(in: storePath, surroundings.fileSystem) }
    /// How long another process may take to write the file.
    private static let patienceNanoseconds: UInt64 = 5_000_000_000

    /// What other sites said they hold. A damaged file is told, and counts as none.
    ///
    /// - Throws: `StorageError` when the file can not be read.
    func siteNotes() throws -> SiteNotes {
        if let readSiteNotes { return readSiteNotes }
        let notes = try siteNotesFile.read { _ in console.note(.bundle(.notesDamaged)) }
        readSiteNotes = notes
        return notes
    }

    /// Changes what is kept of other sites; durable when this returns. A store that is only read keeps nothing.
    ///
    /// - Throws: ``Failure`` 75 when another process is at it; `StorageError`.
    func changeSiteNotes<Result>(of log: LogStore, _ change: (inout SiteNotes) -> Result) throws -> Result {
        guard log.writeRefusal == nil else {
            var notes = try siteNotes()
            return change(&notes)
        }
        readSiteNotes = nil
        let result = try siteNotesFile.change(
            waitingNanoseconds: Self.patienceNanoseconds,
            damaged: { _ in console.note(.bundle(.notesDamaged)) },
            change
        )
        guard let result else { throw Failure(.temporary, .bundle(.busy)) }
        return result
    }
}
