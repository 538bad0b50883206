package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol
import Synchronization

/// A ``LogStore`` as sessions see it: its summaries as held feeds, its errors as the three answers a session knows.
///
/// Sizes are counted from the files once and carried on from what arrives; they only tell people how much is left.
package final class LogStoreSessions: SessionStore {
    private let store: LogStore
    private let sizes = Mutex<[FeedID: UInt64]?>(nil)
    private let failed: @Sendable (StorageError) -> Void

    /// - Parameters:
    ///   - store: The log.
    ///   - failed: Told every failure that is the disk's and not the peer's. Called on the store's thread.
    package init(_ store: LogStore, failed: @escaping @Sendable (StorageError) -> Void) {
        self.store = store
        self.failed = failed
    }

    package func held() throws(StoreFailure) -> [HeldFeed] {
        do throws(StorageError) {
            try countSizes()
            // A session speaks of one tip per feed; later branches stay where they are and are shown by `log verify`.
            return try store.feeds().filter { $0.branch == 0 }.map(held)
        } catch {
            throw translated(error)
        }
    }

    package func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StoreFailure) -> [Block] {
        do throws(StorageError) {
            return try store.blocks(of: feed, after: head, limitBytes: limitBytes)
        } catch {
            throw translated(error)
        }
    }

    package func checkpoint(of feed: FeedID, through position: UInt64) throws(StoreFailure) -> Checkpoint? {
        do throws(StorageError) {
            return try store.checkpoint(of: feed, through: position)
        } catch {
            throw translated(error)
        }
    }

    package func store(
        _ blocks: [Block],
        of feed: FeedID,
        key: SitePublicKey,
        after head: FeedHead
    ) throws(StoreFailure) -> HeldFeed {
        do throws(StorageError) {
            _ = try store.receive(blocks, of: feed, key: key, after: head)
            let arrived = blocks.reduce(UInt64(0)) { $0 + UInt64($1.header.storedLengthBytes) }
            sizes.withLock { $0?[feed, default: 0] += arrived }
            return try current(feed)
        } catch  where error.code == .moved {
            // Another session was faster: how the feed stands now is all this one needs to know. Only another history
            // at the same position is a fork.
            let now: HeldFeed
            do throws(StorageError) {
                now = try current(feed)
            } catch {
                throw translated(error)
            }
            guard now.stored.position != head.position else { throw .diverged }
            return now
        } catch {
            throw translated(error)
        }
    }

    package func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed {
        do throws(StorageError) {
            try store.attest(checkpoint, key: key)
            return try current(checkpoint.feed)
        } catch {
            throw translated(error)
        }
    }

    private func current(_ feed: FeedID) throws(StorageError) -> HeldFeed {
        guard let summary = try store.feeds().first(where: { $0.feed == feed && $0.branch == 0 }) else {
            throw StorageError(.notFound, "The feed is gone.")
        }
        return held(summary)
    }

    /// A damaged segment makes its feed's size unknown and nothing else.
    private func countSizes() throws(StorageError) {
        guard sizes.withLock({ $0 == nil }) else { return }
        var counted: [FeedID: UInt64] = [:]
        do throws(StorageError) {
            for row in try store.statistics() where row.feed.branch == 0 {
                counted[row.feed.feed] = row.statistics.storedBytes
            }
        } catch  where error.code == .corrupted || error.code == .unsupportedFormat {
            failed(error)
        }
        let found = counted
        sizes.withLock { $0 = found }
    }

    private func held(_ summary: FeedSummary) -> HeldFeed {
        HeldFeed(
            feed: summary.feed,
            stored: summary.stored,
            attested: summary.attested,
            storedBytes: sizes.withLock { $0?[summary.feed] ?? 0 }
        )
    }

    private func translated(_ error: StorageError) -> StoreFailure {
        switch error.code {
        case .moved: return .diverged
        case .invalidArgument, .tooLarge: return .invalid
        default:
            failed(error)
            return .unavailable
        }
    }
}
