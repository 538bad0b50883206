import Crypto
import LogFormat
import Logging
import NIOCore
import NIOPosix
import SyncEngine
import SyncProtocol
import Synchronization
import TestSupport
import Testing

@testable import SyncService

@Suite("Dialling", .timeLimit(.minutes(10)))
struct DiallerTests {
    private final class Welcome: Sendable { let isGiven = Mutex(false) }

    @Test("A dialler that waits is woken for its own site, and not for another")
    func woken() async throws {
        let welcome = Welcome()
        let here = try End()
        let there = try End(isWelcome: { _ in welcome.isGiven.withLock { $0 } })
        let (listener, port) = try await there.listen()
        let alarm = DialAlarm()
        let dialler = Self.dialler(
            to: there,
            from: here,
            at: Places([try Self.place(port)]),
            alarm,
            waitMilliseconds: 600_000...600_000
        )
        let dialling = Task { try await dialler.run() }
        #expect(try await there.events.refusal() == .notWelcome)
        welcome.isGiven.withLock { $0 = true }
        alarm.ring(here.key.siteID)
        #expect(there.table.isEmpty)
        alarm.ring(there.key.siteID)
        #expect(try await there.events.proven().peerKey == here.key)
        dialling.cancel()
        try await dialling.value
        try await listener.close()
    }

    private static func dialler(
        to there: End,
        from here: End,
        at places: Places,
        _ alarm: DialAlarm,
        waitMilliseconds: ClosedRange<UInt64> = 1...1,
        failures: DialFailures = DialFailures()
    ) -> PeerDialler {
        PeerDialler(
            site: there.key.siteID,
            addresses: places.now,
            transport: here.transport,
            waitMilliseconds: waitMilliseconds,
            alarm: alarm,
            failures: failures,
            logger: Logger(label: "test")
        )
    }

    private static func place(_ port: Int) throws -> PeerAddress { try #require(PeerAddress("127.0.0.1:\(port)")) }

    @Test("A site that moved is dialled where it is, at once, and no more where it was; one without address waits")
    func moved() async throws {
        let (here, there, left) = (try End(), try End(), Visits())
        let old = try await left.listen()
        let (listener, port) = try await there.listen()
        let (places, alarm) = (Places([]), DialAlarm())
        let dialler = Self.dialler(to: there, from: here, at: places, alarm)
        let dialling = Task { try await dialler.run() }
        places.move([try Self.place(try #require(old.localAddress?.port))])
        alarm.ring(there.key.siteID)
        try await until { left.count >= 3 }
        places.move([try Self.place(port)])
        alarm.ring(there.key.siteID)
        let first = try await there.events.proven()
        // One attempt follows another, so none is under way at the old address now.
        let visits = left.count
        first.send(.finish(.shuttingDown, retryAfterSeconds: nil))
        for _ in 0..<5 { try await there.events.proven().send(.finish(.shuttingDown, retryAfterSeconds: nil)) }
        #expect(left.count == visits)
        dialling.cancel()
        try await dialling.value
        try await listener.close()
        try await old.close()
    }

    @Test("It is kept for people why a site can not be reached, and forgotten when it is")
    func failures() async throws {
        let (here, there, left) = (try End(), try End(), Visits())
        let other = try await left.listen()
        let (listener, port) = try await there.listen()
        let (places, alarm, failures) = (Places([]), DialAlarm(), DialFailures())
        let dialler = Self.dialler(to: there, from: here, at: places, alarm, failures: failures)
        let dialling = Task { try await dialler.run() }
        // Another program answers there.
        let wrong = try Self.place(try #require(other.localAddress?.port))
        places.move([wrong])
        alarm.ring(there.key.siteID)
        try await until { failures.sentence(of: there.key.siteID)?.contains("(tried ") == true }
        #expect(failures.sentence(of: there.key.siteID)?.hasPrefix("\(wrong): ") == true)
        places.move([try Self.place(port)])
        alarm.ring(there.key.siteID)
        try await there.events.proven().send(.finish(.shuttingDown, retryAfterSeconds: nil))
        try await until { failures.sentence(of: there.key.siteID) == nil }
        dialling.cancel()
        try await dialling.value
        try await listener.close()
        try await other.close()
    }

    @Test("A site that is connected because it dialled itself is not dialled; when that has ended, it is")
    func connected() async throws {
        let (here, there) = (try End(), Visits())
        let listener = try await there.listen()
        let place = try Self.place(try #require(listener.localAddress?.port))
        let looks = Mutex(0)
        let alarm = DialAlarm()
        let site = try End().key.siteID
        let dialler = PeerDialler(
            site: site,
            addresses: { [place] },
            isConnected: { _ in
                looks.withLock {
                    $0 += 1; return $0 < 5
                }
            },
            transport: here.transport,
            waitMilliseconds: 1...1,
            alarm: alarm,
            logger: Logger(label: "test")
        )
        let dialling = Task { try await dialler.run() }
        for look in 1..<5 {
            try await until { looks.withLock { $0 } >= look }
            #expect(there.count == 0)
            alarm.ring(site)
        }
        try await until { there.count >= 1 }
        dialling.cancel()
        try await dialling.value
        try await listener.close()
    }

    @Test("A site that left is dialled after a wait, which nothing but a call ends early")
    func left() async throws {
        let (here, there) = (try End(), Visits())
        let listener = try await there.listen()
        let place = try Self.place(try #require(listener.localAddress?.port))
        let site = try End().key.siteID
        let looks = Mutex(0)
        let alarm = DialAlarm()
        let dialler = PeerDialler(
            site: site,
            addresses: { [place] },
            isConnected: { _ in
                looks.withLock {
                    $0 += 1
                    return $0 == 1
                }
            },
            transport: here.transport,
            waitMilliseconds: 600_000...600_000,
            alarm: alarm,
            logger: Logger(label: "test")
        )
        let dialling = Task { try await dialler.run() }
        try await until { looks.withLock { $0 } == 1 }
        // Connected; then it leaves, again and again.
        for _ in 0..<100 { alarm.left(site) }
        try await until { alarm.sleepsAfterFailure(site) }
        for _ in 0..<100 { alarm.left(site) }
        #expect(there.count == 0 && looks.withLock { $0 } == 1)
        alarm.ring(site)
        try await until { there.count >= 1 }
        dialling.cancel()
        try await dialling.value
        try await listener.close()
    }

    @Test("A session was worth dialling again soon when entries moved or it lasted, and not when it fell over at once")
    func outcomes() async throws {
        func outcome(store: any SessionStore = EmptyStore(), seconds: Int64 = 0, _ work: Working) async throws
            -> DialOutcome
        {
            let clock = SimulatedClock()
            let here = try End(store: store, clock: clock, machine: { WorkingMachine(work) })
            let there = try End()
            let (listener, port) = try await there.listen()
            let report = DialReport()
            let channel = try await here.transport.dial(
                host: "127.0.0.1",
                port: port,
                expecting: there.key.siteID,
                report: report
            )
            try await here.events.received(1)
            clock.advance(milliseconds: seconds * 1000)
            try await there.events.proven().send(.finish(.shuttingDown, retryAfterSeconds: nil))
            try await within { try await channel.closeFuture.get() }
            try await listener.close()
            #expect(report.outcome.isIntroduced)
            return report.outcome
        }
        #expect(try await !outcome(.nothing).wasReached)
        #expect(try await !outcome(seconds: 9, .nothing).wasReached)
        #expect(try await outcome(seconds: 10, .nothing).wasReached)
        #expect(try await outcome(.acknowledged).wasReached)
        #expect(try await outcome(store: TakingStore(), .stored).wasReached)
        #expect(try await !outcome(.stored).wasReached, "the store refused")
    }
}

/// Where a site is, for a dialler to ask.
private final class Places: Sendable {
    private let addresses: Mutex<[PeerAddress]>

    init(_ addresses: [PeerAddress]) { self.addresses = Mutex(addresses) }

    var now: @Sendable () -> [PeerAddress] { { self.addresses.withLock { $0 } } }

    func move(_ addresses: [PeerAddress]) { self.addresses.withLock { $0 = addresses } }
}

/// A port where nobody speaks: counts who comes and closes.
private final class Visits: Sendable {
    private let visits = Mutex(0)

    var count: Int { visits.withLock { $0 } }

    func listen() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                self.visits.withLock { $0 += 1 }
                return channel.close()
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }
}

/// What a session does that lasts no time.
private enum Working: Sendable { case nothing, acknowledged, stored }

/// Knows its peer at once, and does one thing.
private final class WorkingMachine: SessionMachine {
    private let work: Working
    private(set) var status = SyncStatus()
    private(set) var peerEpoch: EpochID?
    var dependsOnTime: Bool { false }

    init(_ work: Working) { self.work = work }

    func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        switch input {
        case .started:
            peerEpoch = EpochID([1, 2, 3, 4, 5, 6, 7, 8])
            status.toSend.entries = 5
            return [.statusChanged]
        case .received:
            status.toReceive.bytes = 1
            switch work {
            case .nothing: return [.statusChanged]
            case .acknowledged:
                status.toSend.entries = 4
                return [.statusChanged]
            case .stored:
                guard let peerEpoch else { return [] }
                let key = SitePublicKey(Curve25519.Signing.PrivateKey().publicKey)
                let feed = FeedID(site: key.siteID, epoch: peerEpoch, lane: .records)
                let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
                return [.store(blocks: [], feed: feed, key: key, after: start, isCovered: false, id: .init(number: 1))]
            }
        case .stored: return [.statusChanged]
        default: return []
        }
    }
}

/// Takes what comes.
private struct TakingStore: SessionStore {
    func held() throws(StoreFailure) -> HeldFeeds { [] }
    func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StoreFailure) -> [Block] { [] }
    func checkpoint(of feed: FeedID, through position: UInt64) throws(StoreFailure) -> Checkpoint? { nil }
    func store(_ run: ReceivedRun) throws(StoreFailure) -> HeldFeed {
        let end = FeedHead(position: run.head.position + 1, digest: run.head.digest)
        return HeldFeed(feed: run.feed, stored: end, attested: run.head, storedBytes: 1)
    }
    func discardTail(of feed: FeedID, for peer: SiteID, isProven: Bool) throws(StoreFailure) -> HeldFeed {
        throw .unavailable
    }
    func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed { throw .unavailable }
    func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StoreFailure) -> HeldFeed { throw .unavailable }
}
