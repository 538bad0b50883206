import LogFormat
import LogStore
import Logging
package import StoreIO
import SyncProtocol
import Synchronization

/// Looks after the copies of other sites' feeds: one that is damaged falls back to where it is whole, and every session
/// is told, so that the rest comes again.
///
/// Nothing is given up before somebody is connected it can be asked of: until then what can be read behind the damage
/// stays readable. Feeds of this site are never concerned, nor is the roster: with the rest of lane 0 set aside, sites
/// that were revoked would be members again.
package final class ReplicaCare: Sendable {
    private let log: LogStore
    private let roster: RosterState
    private let peers: PeerTable
    private let book: PeerBook
    /// The queue of the sessions' store calls: what they were told before, they hear before.
    private let queue: any WorkQueue
    private let logger: Logger
    private let state = Mutex(State())
    /// Held while heads are read and told to the sessions, so that none hears of an earlier moment later.
    let telling = Mutex(())

    private struct State {
        /// Said to be damaged, and not looked at yet.
        var suspects: Set<FeedID> = []
        /// Damaged, said so, and left alone until the next start.
        var left: Set<FeedID> = []
        var isEnding = false
    }

    /// How long to wait between two rounds of ``verify()``.
    package static let roundSeconds = 24 * 3600

    init(
        _ log: LogStore,
        roster: RosterState,
        peers: PeerTable,
        book: PeerBook,
        queue: any WorkQueue,
        logger: Logger
    ) {
        self.log = log
        self.roster = roster
        self.peers = peers
        self.book = book
        self.queue = queue
        self.logger = logger
    }

    /// Takes note of what reading the store came to; anything but damage in a replica is passed over.
    package func suspect(_ error: StorageError) {
        guard error.code == .corrupted, let path = error.location?.path, let feed = log.feed(holding: path) else {
            return
        }
        suspect(feed, error)
    }

    private func suspect(_ feed: FeedID, _ error: StorageError) {
        guard feed.site != log.site else { return }
        if feed.lane == .roster { return leave(feed, error) }
        let isNew = state.withLock { !$0.left.contains(feed) && $0.suspects.insert(feed).inserted }
        if isNew { mend() }
    }

    /// Lets what is known to be damaged fall back, if somebody is connected it can be asked of.
    package func mend() {
        guard state.withLock({ !$0.suspects.isEmpty }),
            book.all.contains(where: { $0.entry.isConnected && $0.entry.status.word.isLive })
        else { return }
        queue.submit { [self] in
            let feeds = state.withLock { state in
                defer { state.suspects = [] }
                return state.suspects.sorted()
            }
            for feed in feeds { mend(feed) }
        }
    }

    private func mend(_ feed: FeedID) {
        telling.withLock { _ in
            do throws(StorageError) {
                switch try log.fallBack(feed) {
                case .sound: logger.notice("a copy that seemed damaged is whole", metadata: ["feed": "\(feed)"])
                case .left(let damage): leave(feed, damage)
                case .fellBack(let end, let damage):
                    logger.error(
                        "a damaged copy is set aside from a position on, and asked for again",
                        metadata: Self.metadata(feed, damage).merging(["position": "\(end?.position ?? 0)"]) { $1 }
                    )
                    try tell(feed)
                }
            } catch {
                logger.error(
                    "a damaged copy can not be set aside",
                    metadata: ["feed": "\(feed)", "why": "\(error.message)"]
                )
            }
        }
    }

    private func tell(_ feed: FeedID) throws(StorageError) {
        if let summary = try log.feed(feed) {
            let bytes = try log.statistics(of: feed)?.statistics.storedBytes ?? 0
            peers.sendToAll(
                .fellBack(
                    HeldFeed(feed: feed, stored: summary.stored, attested: summary.attested, storedBytes: bytes)
                )
            )
        } else if let start = roster.current.start(of: feed) {
            peers.sendToAll(.fellBack(HeldFeed(feed: feed, stored: start, attested: start, storedBytes: 0)))
        }
    }

    /// Says once that a feed is damaged and stays so.
    private func leave(_ feed: FeedID, _ damage: StorageError) {
        guard state.withLock({ $0.left.insert(feed).inserted }) else { return }
        logger.error(
            "a copy is damaged and left as it is: look at `abscope log verify`, and at the disk",
            metadata: Self.metadata(feed, damage)
        )
    }

    private static func metadata(_ feed: FeedID, _ damage: StorageError) -> Logger.Metadata {
        ["feed": "\(feed)", "why": "\(damage.message)", "file": "\(damage.location?.path ?? "")"]
    }

    // MARK: - Rounds

    /// Reads every replica once and proves it.
    ///
    /// - Complexity: Reads all of them; on a thread that may block.
    package func verify() {
        do throws(StorageError) {
            for summary in try log.feeds() where summary.branch == 0 && !summary.isOwn {
                guard !state.withLock({ $0.isEnding }) else { return }
                guard let finding = try log.verify(summary.feed)?.findings.first(where: { $0.weight == .damage })
                else { continue }
                suspect(summary.feed, StorageError(.corrupted, finding.cause, at: finding.location))
            }
        } catch {
            logger.error("the copies of other sites can not be verified", metadata: ["why": "\(error.message)"])
        }
    }

    /// Ends a round after the feed it is at.
    package func end() { state.withLock { $0.isEnding = true } }
}
