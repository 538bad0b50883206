import Crypto
import LogFormat
import NIOCore
import NIOPosix
import SyncEngine
import SyncProtocol
import SyncService
import Synchronization
import Testing

@Suite("Transport between two sites", .timeLimit(.minutes(10)))
struct TransportTests {
    @Test("Each end learns the key the other proved, and bytes go both ways")
    func provesKeys() async throws {
        let (here, there) = (try End(), try End())
        let (listener, port) = try await there.listen()
        let dialled = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        #expect(try await here.events.proven().peerKey == there.key)
        #expect(try await there.events.proven().peerKey == here.key)
        try await here.events.received(10)
        try await there.events.received(10)
        try await dialled.close()
        #expect(try await there.events.closed() == .disconnected)
        try await listener.close()
    }

    @Test("A site that comes back proves its key again, and is refused when the key is not welcome any more")
    func comesBack() async throws {
        let here = try End()
        let revoked = Revoked()
        let there = try End(isWelcome: { key in !revoked.keys.withLock { $0.contains(key) } })
        let (listener, port) = try await there.listen()
        // The same TLS context each time, and tickets were given: they are not used.
        for _ in 0..<3 {
            let dialled = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
            #expect(try await there.events.proven().peerKey == here.key)
            #expect(try await here.events.proven().peerKey == there.key)
            // What follows a ticket has arrived, so the ticket has.
            try await here.events.received(10)
            try await dialled.close()
            #expect(try await there.events.closed() == .disconnected)
        }
        revoked.keys.withLock { _ = $0.insert(here.key) }
        _ = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        #expect(try await there.events.refusal() == .notWelcome)
        try await listener.close()
    }

    @Test(
        "What is said at once arrives as it was said, however long it is",
        arguments: [24_576, 24_577, 46_080, 300_001]
    )
    func long(count: Int) async throws {
        let said = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let heard = Collected()
        let here = try End(machine: { Words(said, heard: Collected()) })
        let there = try End(machine: { Words([], heard: heard) })
        let (listener, port) = try await there.listen()
        let dialled = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        try await there.events.received(UInt64(count))
        #expect(heard.bytes.withLock { $0 } == said)
        try await dialled.close()
        try await listener.close()
    }

    @Test("A client's first words are small: they carry one share of a key, of X25519")
    func firstWords() async throws {
        let (lengths, continuation) = AsyncStream<Int>.makeStream()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FirstRead { continuation.yield($0) })
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let port = try #require(listener.localAddress?.port)
        let here = try End()
        let dialled = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: here.key.siteID)
        let first = try await within {
            for await length in lengths { return length }
            return 0
        }
        // With the share of the hybrid group it would be over 1,300.
        #expect(first > 100 && first < 400)
        // It may have given up by itself.
        dialled.close(promise: nil)
        try await listener.close()
    }

    private final class FirstRead: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let tell: @Sendable (Int) -> Void

        init(_ tell: @escaping @Sendable (Int) -> Void) { self.tell = tell }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { tell(unwrapInboundIn(data).readableBytes) }
    }

    @Test("A session that may not begin is ended as busy, by the side that says so")
    func busy() async throws {
        let here = try End()
        let there = try End(admit: { connection in connection.isDialled ? nil : 30 })
        let (listener, port) = try await there.listen()
        _ = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        #expect(try await there.events.closed() == .busy)
        #expect(try await here.events.closed() == .disconnected)
        try await listener.close()
    }

    @Test("A long stream arrives whole though the session is asked for one piece at a time")
    func longStream() async throws {
        let (here, there) = (try End(pieces: 256, of: 16_384), try End(pieces: 256, of: 16_384))
        let (listener, port) = try await there.listen()
        let dialled = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        try await here.events.received(256 * 16_384)
        try await there.events.received(256 * 16_384)
        try await dialled.close()
        try await listener.close()
    }

    @Test("A rate limit holds what is sent over real sockets")
    func rateHolds() async throws {
        let (here, there) = (try End(pieces: 11, of: 1_000, bytesPerSecond: 20_000), try End(pieces: 0))
        let (listener, port) = try await there.listen()
        let start = ContinuousClock.now
        let dialled = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        try await there.events.received(11_000)
        // Ten pieces have to be paid for before the eleventh goes: half a second.
        #expect(ContinuousClock.now - start >= .milliseconds(490))
        try await dialled.close()
        try await listener.close()
    }

    @Test("A dialler that meets another site than expected goes no further")
    func otherSite() async throws {
        let (here, there) = (try End(), try End())
        let (listener, port) = try await there.listen()
        _ = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: here.key.siteID)
        #expect(try await here.events.refusal() == .notWelcome)
        #expect(try await there.events.refusal() != .tooSlow)
        try await listener.close()
    }

    @Test("A key that is not welcome opens no session and is sent nothing of one")
    func notWelcome() async throws {
        let here = try End()
        let there = try End(isWelcome: { _ in false })
        let (listener, port) = try await there.listen()
        _ = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        #expect(try await there.events.refusal() == .notWelcome)
        #expect(there.table.isEmpty)
        try await listener.close()
    }

    @Test("Garbage is refused as no TLS", arguments: [1, 5, 100, 20_000])
    func garbage(lengthBytes: Int) async throws {
        var limits = TransportLimits()
        // One byte may be the beginning of a handshake: only time tells.
        if lengthBytes < 5 { limits.handshakeMilliseconds = 300 }
        let there = try End(limits: limits)
        let (listener, port) = try await there.listen()
        let answer = try await plainExchange(port: port, sending: [UInt8](repeating: 0x58, count: lengthBytes))
        // At most a TLS alert: a record header of 5 bytes and 2 of content.
        #expect(answer.count <= 7)
        let refusal = try await there.events.refusal()
        #expect(refusal == .notTLS || (lengthBytes < 5 && refusal == .tooSlow))
        try await listener.close()
    }

    @Test("A client that says nothing is told nothing, and closed in time")
    func silence() async throws {
        var limits = TransportLimits()
        limits.handshakeMilliseconds = 200
        let there = try End(limits: limits)
        let (listener, port) = try await there.listen()
        #expect(try await plainExchange(port: port, sending: []).isEmpty)
        #expect(try await there.events.refusal() == .tooSlow)
        try await listener.close()
    }

    @Test("More connections than allowed are closed at once")
    func tooMany() async throws {
        var limits = TransportLimits()
        limits.acceptedConnections = 0
        let there = try End(limits: limits)
        let (listener, port) = try await there.listen()
        #expect(try await plainExchange(port: port, sending: []).isEmpty)
        try await listener.close()
    }

    @Test("Of more unknown connections than there is room for the oldest goes, and a member has its place")
    func crowded() async throws {
        var limits = TransportLimits()
        limits.unknownConnections = 2
        // On one loop, where connections come in the order they were made; of two loops one may be behind.
        let there = try End(limits: limits, group: MultiThreadedEventLoopGroup.singleton.next())
        let (listener, port) = try await there.listen()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let oldest = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        let older = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        let here = try End()
        _ = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        var isCrowded = false
        var isProven = false
        while !isCrowded || !isProven {
            let crowds: Bool = try await there.events.next { event in
                switch event {
                case .refused(_, .crowded): true
                case .proven: false
                default: nil
                }
            }
            if crowds { isCrowded = true } else { isProven = true }
        }
        try await within { try await oldest.closeFuture.get() }
        // The member is no longer among the unknown: beside the one that is left there is room for one more, and then
        // it is again the oldest of them that goes.
        let younger = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        let youngest = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        #expect(try await there.events.refusal() == .crowded)
        try await within { try await older.closeFuture.get() }
        #expect(!there.table.isEmpty)
        try await younger.close()
        try await youngest.close()
        try await listener.close()
    }

    @Test("Of two connections of one pair the earlier goes when the same site dialled both")
    func doubled() async throws {
        let epoch = try #require(EpochID([1, 2, 3, 4, 5, 6, 7, 8]))
        let (here, there) = (try End(peerEpoch: epoch), try End(peerEpoch: epoch))
        let (listener, port) = try await there.listen()
        let first = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        try await there.events.received(10)
        let second = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        // In either order: the end that dialled may have closed the earlier one before this end saw the later.
        let observed = SeenBoth()
        try await there.events.next { observed.take($0) ? () : nil }
        try await within { try await first.closeFuture.get() }
        #expect(there.table.peers.count == 1)
        #expect(second.isActive)
        try await second.close()
        try await listener.close()
    }

    @Test("A session that finishes sends its last word before the connection closes")
    func finishes() async throws {
        let (here, there) = (try End(), try End())
        let (listener, port) = try await there.listen()
        _ = try await here.transport.dial(host: "127.0.0.1", port: port, expecting: there.key.siteID)
        let connection = try await here.events.proven()
        try await here.events.received(10)
        connection.send(.finish(.shuttingDown, retryAfterSeconds: nil))
        #expect(try await here.events.closed() == .shuttingDown)
        #expect(try await there.events.closed() == .disconnected)
        #expect(here.table.isEmpty)
        try await listener.close()
    }
}

/// Remembers that the later connection was introduced and the earlier one closed.
private final class SeenBoth: Sendable {
    private let seen = Mutex((isIntroduced: false, isClosed: false))

    func take(_ event: PeerEvent) -> Bool {
        seen.withLock { seen in
            if case .introduced = event { seen.isIntroduced = true }
            if case .closed = event { seen.isClosed = true }
            return seen.isIntroduced && seen.isClosed
        }
    }
}

private final class Revoked: Sendable { let keys = Mutex<Set<SitePublicKey>>([]) }

/// Says something once, and keeps what it hears. Lives on one event loop, hence `@unchecked`.
private final class Words: SessionMachine, @unchecked Sendable {
    private let said: [UInt8]
    private let heard: Collected
    private(set) var status = SyncStatus()
    var dependsOnTime: Bool { false }
    var peerEpoch: EpochID? { nil }

    init(_ said: [UInt8], heard: Collected) {
        self.said = said
        self.heard = heard
    }

    func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        switch input {
        case .started: return said.isEmpty ? [] : [.send(said)]
        case .received(let bytes):
            status.toReceive.bytes = UInt64(
                heard.bytes.withLock { known in
                    known += bytes
                    return known.count
                }
            )
            return [.statusChanged]
        case .finish(let reason, let seconds): return [.close(reason, retryAfterSeconds: seconds)]
        case .disconnected: return [.close(.disconnected, retryAfterSeconds: nil)]
        default: return []
        }
    }
}
