package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

/// `sites.state` of a store: read by anybody, changed by one process at a time, always whole.
package struct SiteNotesFile: Sendable {
    package let path: String
    private let lockPath: String
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - root: The store's folder.
    ///   - fileSystem: Where it lies.
    package init(in root: String, _ fileSystem: any FileSystem) {
        path = root + "/" + SiteNotes.fileName
        lockPath = root + "/" + SiteNotes.lockName
        self.fileSystem = fileSystem
    }

    /// Reads what is noted.
    ///
    /// - Parameter damaged: Told why the file can not be used.
    /// - Returns: Nothing where there is no file, or a damaged one.
    /// - Throws: `StorageError` when it can not be read.
    package func read(damaged: (any Error) -> Void) throws(StorageError) -> SiteNotes {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try fileSystem.readFile(path, limitBytes: SiteNotes.fileBytesMaximum)
        } catch {
            switch error.code {
            case .notFound: return SiteNotes()
            case .tooLarge, .corrupted:
                damaged(error)
                return SiteNotes()
            default: throw error
            }
        }
        do throws(SyncError) {
            return try SiteNotes(bytes)
        } catch {
            damaged(error)
            return SiteNotes()
        }
    }

    /// Changes what is noted; durable when this returns.
    ///
    /// - Parameters:
    ///   - waitingNanoseconds: How long another process may take.
    ///   - damaged: As in ``read(damaged:)``.
    ///   - change: Gets what is noted now. Nothing is written when it changes nothing.
    /// - Returns: What `change` gave; nil when another process was at it all the time.
    /// - Throws: `StorageError`.
    package func change<Result>(
        waitingNanoseconds: UInt64,
        damaged: (any Error) -> Void,
        _ change: (inout SiteNotes) -> Result
    ) throws(StorageError) -> Result? {
        let lock = try fileSystem.openFile(lockPath, .openOrCreate)
        guard try lock.lock(waitingNanoseconds: waitingNanoseconds) else { return nil }
        defer { withExtendedLifetime(lock) {} }
        var notes = try read(damaged: damaged)
        let before = notes
        let result = change(&notes)
        if notes != before { try fileSystem.replaceFile(path, with: notes.encoded) }
        try lock.unlock()
        return result
    }
}

extension BundleStatement {
    /// Rows that name a head that is in the log here: what was said of it is true, and something can be pushed from there.
    ///
    /// - Complexity: One read a row that is not the end of its feed here.
    package func heads(in log: LogStore) throws(StorageError) -> [Frontier.Row] {
        var rows: [Frontier.Row] = []
        for summary in try log.feeds() where summary.branch == 0 {
            guard let row = vector[summary.feed], row.position <= summary.attested.position else { continue }
            let head: FeedHead
            do throws(StorageError) {
                head = try log.head(of: summary.feed, at: row.position)
            } catch {
                // Damaged there: whoever reads it is told, and nothing is pushed from it.
                guard error.code == .corrupted || error.code == .notFound else { throw error }
                continue
            }
            if ShortDigest(head.digest) == row.digest { rows.append(.init(feed: summary.feed, head: head)) }
        }
        return rows.sorted { $0.feed < $1.feed }
    }
}
