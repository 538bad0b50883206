package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol
import Synchronization

/// A ``LogStore`` as sessions see it: its summaries as held feeds, its errors as the three answers a session knows.
///
/// Sizes only tell people how much is left. Each feed's is counted from its files once and then carried on by the blocks
/// that were added, whoever added them, so that sealing between two looks does not hide what is new.
package final class LogStoreSessions: SessionStore {
    private let store: LogStore
    private let sizes = Mutex<[FeedID: Size]>([:])
    private let failed: @Sendable (StorageError) -> Void

    /// How many bytes the entries up to a head take.
    private struct Size {
        var head: FeedHead
        var bytes: UInt64
    }

    /// Most that is read of what another process added to one feed; with more it is counted from the files.
    private static let countedBytes = 1 << 20

    /// - Parameters:
    ///   - store: The log.
    ///   - failed: Told every failure that is the disk's and not the peer's. Called on the store's thread.
    package init(_ store: LogStore, failed: @escaping @Sendable (StorageError) -> Void) {
        self.store = store
        self.failed = failed
    }

    package func held() throws(StoreFailure) -> [HeldFeed] {
        do throws(StorageError) {
            return held(try store.feeds())
        } catch {
            throw translated(error)
        }
    }

    /// Summaries as a session takes them, with the bytes of each; a feed whose bytes can not be counted has those known.
    ///
    /// - Complexity: Nothing is read for a feed that stands where it stood; else what was added to it, at most 1 MiB, or
    ///   a few reads for each of its segments. May be called on any thread that may block.
    func held(_ summaries: [FeedSummary]) -> [HeldFeed] {
        // A session speaks of one tip per feed; later branches stay where they are and are shown by `log verify`.
        summaries.filter { $0.branch == 0 }.map(held)
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
            let end = try store.receive(blocks, of: feed, key: key, after: head)
            sizes.withLock { sizes in
                guard let known = sizes[feed], known.head == head else { return }
                sizes[feed] = Size(head: end, bytes: known.bytes + Self.bytes(of: blocks))
            }
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

    private func held(_ summary: FeedSummary) -> HeldFeed {
        HeldFeed(
            feed: summary.feed,
            stored: summary.stored,
            attested: summary.attested,
            storedBytes: bytes(of: summary)
        )
    }

    private func bytes(of summary: FeedSummary) -> UInt64 {
        let known = sizes.withLock { $0[summary.feed] }
        if let known, known.head == summary.stored { return known.bytes }
        let size: Size
        do throws(StorageError) {
            if let carried = try carriedOn(known, summary) { size = carried } else { size = try counted(summary) }
        } catch {
            // Damage makes a number for people wrong and nothing else. It is told once, not at every look.
            failed(error)
            size = Size(head: summary.stored, bytes: known?.bytes ?? 0)
        }
        sizes.withLock { $0[summary.feed] = size }
        return size.bytes
    }

    /// Adds what was appended to an own feed since it was last counted; nil when that can not be told.
    private func carriedOn(_ known: Size?, _ summary: FeedSummary) throws(StorageError) -> Size? {
        guard var size = known, summary.isOwn, size.head.position < summary.stored.position else { return nil }
        let added: [Block]
        do throws(StorageError) {
            added = try store.blocks(of: summary.feed, after: size.head, limitBytes: Self.countedBytes)
        } catch  where error.code == .moved {
            return nil
        }
        guard let end = added.last?.header.head, end.position >= summary.stored.position else { return nil }
        size.bytes += Self.bytes(of: added)
        size.head = end
        return size
    }

    private func counted(_ summary: FeedSummary) throws(StorageError) -> Size {
        let row = try store.statistics(of: summary.feed)
        return Size(head: row?.feed.stored ?? summary.stored, bytes: row?.statistics.storedBytes ?? 0)
    }

    private static func bytes(of blocks: [Block]) -> UInt64 {
        blocks.reduce(0) { $0 + UInt64($1.header.encodedLengthBytes) }
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
