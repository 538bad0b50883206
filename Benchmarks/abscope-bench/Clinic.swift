import Foundation
import LogFormat
import NIOCore
import NIOPosix
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import Synchronization

/// What the sites of a crowd hold, all the same: so much that a hub lacks nothing but what one of them has just recorded.
final class Holdings: Sendable {
    private let held: Mutex<HeldFeeds>
    /// How far lane 0 is read.
    let extent: RosterExtent

    init(_ feeds: [HeldFeed]) {
        held = Mutex(HeldFeeds(feeds))
        let roster = feeds.filter { $0.feed.lane == .roster }.map { ($0.feed, $0.attested.position) }
        extent = RosterExtent(Dictionary(roster) { first, _ in first })
    }

    var all: HeldFeeds { held.withLock { $0 } }

    subscript(feed: FeedID) -> HeldFeed? { held.withLock { $0[feed] } }

    func set(_ feed: HeldFeed) { held.withLock { $0[feed.feed] = feed } }
}

/// A site of a ``Crowd`` that calls a hub: its side of TLS and of the session are real, its store is memory.
final class Clinic: Sendable {
    /// Where a call has come.
    private struct Progress {
        var connection: PeerConnection?
        var isInSync = false
        var isClosed = false
        var failure = "no handshake"
        var memory: PeerMemory?
    }

    let member: Crowd.Member
    private let store: Store
    private let transport: PeerTransport
    private let progress: Progresses

    private final class Progresses: Sendable {
        let state = Mutex(Progress())

        func take(_ event: PeerEvent) {
            state.withLock { state in
                switch event {
                case .proven(let connection): state.connection = connection
                case .status(_, let status): state.isInSync = status.word == .inSync
                case .remember(_, let memory): state.memory = memory
                case .closed(_, let reason, _): (state.isClosed, state.failure) = (true, "\(reason)")
                case .refused: state.isClosed = true
                default: break
                }
            }
        }
    }

    init(
        _ member: Crowd.Member,
        holding holdings: Holdings,
        _ roster: Roster,
        on group: any EventLoopGroup,
        _ pool: NIOThreadPool
    ) throws {
        self.member = member
        store = Store(member, holdings, roster.registry)
        let progress = Progresses()
        self.progress = progress
        transport = PeerTransport(
            tls: try SiteTLS(signingKey: member.key),
            store: store,
            pool: pool,
            group: group,
            isWelcome: { _ in true },
            isMember: { _ in true },
            makeMachine: { key in
                SessionRunner(
                    SyncConfiguration(
                        registry: roster.registry,
                        localSite: member.feed.site,
                        localEpoch: member.feed.epoch,
                        peerKey: key,
                        roster: roster,
                        rosterExtent: holdings.extent,
                        program: "abscope-bench",
                        memory: progress.state.withLock { $0.memory }
                    )
                )
            },
            onEvent: { progress.take($0) },
            link: LinkGovernor(LinkRules(), clock: SystemClock(), month: { $0 / 30 }, changed: {})
        )
    }

    /// Records something, which the hub does not have.
    func record(_ entry: [UInt8]) throws { try store.record(entry) }

    /// Calls the hub and waits until both hold the same.
    func call(_ hub: SiteID, port: UInt16) throws {
        progress.state.withLock { $0 = Progress(memory: $0.memory) }
        Task { [transport, progress] in
            do { _ = try await transport.dial(host: "127.0.0.1", port: Int(port), expecting: hub) } catch {
                progress.state.withLock { ($0.isClosed, $0.failure) = (true, "\(error)") }
            }
        }
        try wait("a session does not come into sync") { $0.isInSync }
    }

    /// Ends the session in order.
    func leave() throws {
        progress.state.withLock { $0.connection }?.send(.finish(.finished, retryAfterSeconds: nil))
        try wait("a session does not end") { $0.isClosed }
    }

    private func wait(_ failure: String, until condition: (Progress) -> Bool) throws {
        let deadline = Stopwatch.now() + 60
        while true {
            let now = progress.state.withLock { $0 }
            if condition(now) { return }
            guard !now.isClosed else { throw BenchmarkError("a session ended: \(now.failure)") }
            guard Stopwatch.now() < deadline else { throw BenchmarkError(failure) }
            usleep(200)
        }
    }

    /// Memory that a session takes for a store.
    private final class Store: SessionStore {
        private let member: Crowd.Member
        private let holdings: Holdings
        private let registry: RegistryID
        private let last = Mutex<(after: FeedHead, block: Block, checkpoint: Checkpoint)?>(nil)

        init(_ member: Crowd.Member, _ holdings: Holdings, _ registry: RegistryID) {
            self.member = member
            self.holdings = holdings
            self.registry = registry
        }

        func record(_ entry: [UInt8]) throws {
            guard var held = holdings[member.feed] else { throw BenchmarkError("a site without a feed") }
            let (block, checkpoint) = try member.records([entry], after: held.stored, in: registry)
            last.withLock { $0 = (held.stored, block, checkpoint) }
            (held.stored, held.attested) = (block.header.head, block.header.head)
            held.storedBytes += UInt64(block.header.encodedLengthBytes)
            holdings.set(held)
        }

        func held() throws(StoreFailure) -> HeldFeeds { holdings.all }

        func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StoreFailure) -> [Block] {
            guard feed == member.feed, let last = last.withLock({ $0 }), last.after == head else { return [] }
            return [last.block]
        }

        func checkpoint(of feed: FeedID, through position: UInt64) throws(StoreFailure) -> Checkpoint? {
            guard feed == member.feed, let last = last.withLock({ $0 }), position >= last.checkpoint.head.position
            else {
                return nil
            }
            return last.checkpoint
        }

        func store(_ run: ReceivedRun) throws(StoreFailure) -> HeldFeed {
            var held =
                holdings[run.feed] ?? HeldFeed(feed: run.feed, stored: run.head, attested: run.head, storedBytes: 0)
            if held.stored == run.head, let end = run.blocks.last?.header.head { held.stored = end }
            holdings.set(held)
            return held
        }

        func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed {
            try attest(checkpoint.head, of: checkpoint.feed)
        }

        func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StoreFailure) -> HeldFeed {
            guard var held = holdings[feed] else { throw .unavailable }
            if cutOff.position > held.attested.position { held.attested = cutOff }
            holdings.set(held)
            return held
        }

        func discardTail(of feed: FeedID, for peer: SiteID, isProven: Bool) throws(StoreFailure) -> HeldFeed {
            guard let held = holdings[feed] else { throw .unavailable }
            return held
        }
    }
}
