import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

extension Session {
    /// What is left to move between this site and others, from the files of the store.
    ///
    /// - Throws: `StorageError`.
    func remainders(_ log: LogStore, _ roster: Roster) throws -> Remainders {
        let held = try log.feeds().filter { $0.branch == 0 }.map { summary in
            HeldFeed(
                feed: summary.feed,
                stored: summary.stored,
                attested: summary.attested,
                storedBytes: try storedBytes(of: summary.feed, in: log)
            )
        }
        return Remainders(of: log.site, held: held, roster: roster, known: try siteNotes().vectors)
    }

    /// 0 where that can not be read: the number of bytes is about right at best, and entries are counted without it.
    private func storedBytes(of feed: FeedID, in log: LogStore) throws -> UInt64 {
        do {
            return try log.statistics(of: feed)?.statistics.storedBytes ?? 0
        } catch {
            guard error.code == .corrupted else { throw error }
            return 0
        }
    }
}
