import LogStore
import Logging
import NIOPosix
import StoreIO
import SyncEngine
import Synchronization

// How the whole store stands, for the metrics.
extension SyncDaemon {
    /// How old what is told of the files may be.
    private static let figuresNanoseconds: UInt64 = 10_000_000_000

    /// How the store stands, or stood when the daemon ended; nil when the log can not be read, which the daemon's log says,
    /// and when the task was cancelled.
    ///
    /// - Complexity: One to three reads a segment, at most every ten seconds, on a thread that may block.
    package func storeFigures() async -> StoreFigures? {
        if let last = lastWords.withLock({ $0 }) { return last.figures }
        do {
            var figures = try await NIOThreadPool.singleton.runIfActive { try self.countedFigures() }
            (figures.viewMissingEntries, figures.viewBehindSeconds) = site.viewLag()
            return figures
        } catch is CancellationError {
            return nil
        } catch {
            logger.error("the store's figures can not be read", metadata: ["why": "\(error)"])
            return nil
        }
    }

    private func countedFigures() throws -> StoreFigures {
        let now = now
        let known = lastFigures.withLock { $0 }
        if let known, now - min(known.nanoseconds, now) < Self.figuresNanoseconds { return known.figures }
        var figures = StoreFigures(try log.feeds())
        figures.incidents = try log.incidents().count
        let (delivery, frontier) = (try site.delivery(), try log.frontier())
        figures.onlyHereEntries = delivery.onlyHere(frontier)
        if let recorded = try recorded(delivery.firstOnlyHere(frontier)) {
            // A clock that was set back meanwhile makes nothing older.
            let now = max(recorded, surroundings.clock.millisecondsSinceEpoch())
            figures.onlyHereSeconds = UInt64(bitPattern: now &- recorded) / 1000
        }
        do throws(StorageError) {
            figures.room = StoreFigures.Room(try log.statistics().map(\.statistics))
        } catch {
            guard error.code == .corrupted || error.code == .unsupportedFormat else { throw error }
            logger.notice("the store's size can not be counted", metadata: ["why": "\(error.message)"])
            site.care.suspect(error)
        }
        let counted = figures
        lastFigures.withLock { $0 = (counted, now) }
        return counted
    }
}
