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
    let store: LogStore
    private let sizes = Mutex<[FeedID: Size]>([:])
    /// As it was last looked at: what stands where it stood is shared with what sessions were given.
    private let last = Mutex<(change: UInt64?, held: HeldFeeds)>((nil, HeldFeeds()))
    /// As the tails were last told of all feeds.
    private let settled = Mutex(HeldFeeds())
    let tails: Mutex<ReceivedTails>
    /// Held while something of a feed is attested for the first time: two at once could be one more than a site may have.
    let firsts = Mutex(())
    let clock: any WallClock
    private let failed: @Sendable (StorageError) -> Void
    let discarded: @Sendable (DiscardedTail) -> Void

    /// How many bytes the entries up to a head take.
    private struct Size {
        var head: FeedHead
        var bytes: UInt64
    }

    /// Most that is read of what another process added to one feed; with more it is counted from the files.
    private static let countedBytes = 1 << 20

    /// - Parameters:
    ///   - store: The log.
    ///   - clock: Tells how long a peer is not believed.
    ///   - failed: Told every failure that is the disk's and not the peer's. Called on the store's thread.
    ///   - discarded: Told what was given up of a replica, and who brought false data: every other session has to hear
    ///     ``SyncInput/rewound(_:)``, and these peers' are closed. Called on the store's thread, before the answer.
    package init(
        _ store: LogStore,
        clock: any WallClock,
        failed: @escaping @Sendable (StorageError) -> Void,
        discarded: @escaping @Sendable (DiscardedTail) -> Void
    ) {
        self.store = store
        self.clock = clock
        self.failed = failed
        self.discarded = discarded
        tails = Mutex(ReceivedTails())
    }

    package func held() throws(StoreFailure) -> HeldFeeds {
        do throws(StorageError) {
            let now = try current()
            let former = settled.withLock { $0 }
            for held in former.changes(in: now) { try settle(held) }
            settled.withLock { $0 = now }
            return now
        } catch {
            throw translated(error)
        }
    }

    /// Summaries as a session takes them, with the bytes of each; a feed whose bytes can not be counted has those known.
    ///
    /// - Complexity: Nothing is read for a feed that stands where it stood; else what was added to it, at most 1 MiB, or
    ///   a few reads for each of its segments. May be called on any thread that may block.
    func held(_ summaries: [FeedSummary]) -> HeldFeeds {
        var now = last.withLock { $0.held }
        var count = 0
        // A session speaks of one tip per feed; later branches stay where they are and are shown by `log verify`.
        for summary in summaries where summary.branch == 0 {
            count += 1
            if let known = now[summary.feed], known.stored == summary.stored, known.attested == summary.attested {
                continue
            }
            now[summary.feed] = held(summary)
        }
        // Some are gone.
        if now.count != count { now = HeldFeeds(summaries.filter { $0.branch == 0 }.map(held)) }
        return now
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

    package func store(_ run: ReceivedRun) throws(StoreFailure) -> HeldFeed {
        let now = clock.steadyNanoseconds()
        try tails.withLock { (tails) throws(StoreFailure) in
            try tails.admit(run.feed, from: run.peer, isCovered: run.isCovered, at: now)
        }
        do throws(StorageError) {
            do throws(StorageError) {
                let end = try store.receive(run.blocks, of: run.feed, key: run.key, after: run.head)
                sizes.withLock { sizes in
                    guard let known = sizes[run.feed], known.head == run.head else { return }
                    sizes[run.feed] = Size(head: end, bytes: known.bytes + Self.bytes(of: run.blocks))
                }
                tails.withLock { $0.took(run.feed, through: end, from: run.peer) }
            } catch {
                // Another session was faster, or gave the end up: how the feed stands now is all this one has to know.
                guard error.code == .moved else { throw error }
            }
            if let summary = try store.feed(run.feed) { return held(summary) }
            let start = FeedChain.start(key: run.key, epoch: run.feed.epoch, lane: run.feed.lane)
            return HeldFeed(feed: run.feed, stored: start, attested: start, storedBytes: 0)
        } catch {
            throw translated(error)
        }
    }

    func current(_ feed: FeedID) throws(StorageError) -> HeldFeed {
        guard let summary = try store.feed(feed) else {
            throw StorageError(.notFound, "The feed is gone.")
        }
        return held(summary)
    }

    /// All feeds as they stand now. May block on the disk.
    ///
    /// - Complexity: One read of 1 KiB while nothing changes; O(n) after a change, once for all sessions.
    func current() throws(StorageError) -> HeldFeeds {
        // Looked at before the feeds are: what comes between is looked at again the next time.
        let change = try store.publishedChange()
        if let change, let known = last.withLock({ $0.change == change ? $0.held : nil }) { return known }
        let now = held(try store.feedsAsPublished())
        last.withLock { $0 = (change, now) }
        return now
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

    func translated(_ error: StorageError) -> StoreFailure {
        switch error.code {
        case .moved: return .diverged
        case .invalidArgument, .tooLarge: return .invalid
        default:
            failed(error)
            return .unavailable
        }
    }
}
