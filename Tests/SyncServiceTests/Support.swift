import Crypto
import LogFormat
import NIOCore
import NIOPosix
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import Synchronization
import TestSupport
import Testing

/// A condition did not come true before the deadline.
struct DeadlinePassed: Error {}

/// Runs `work` and fails when it takes longer than any healthy machine needs.
func within<Value: Sendable>(
    seconds: Int = patienceSeconds,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw DeadlinePassed()
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw DeadlinePassed() }
        return first
    }
}

/// What a transport told, for a test to wait on.
final class EventLog: Sendable {
    private let stream: AsyncStream<PeerEvent>
    private let continuation: AsyncStream<PeerEvent>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func take(_ event: PeerEvent) { continuation.yield(event) }

    /// Waits for the next event that `pick` gives a value for; others before it are passed over.
    func next<Value: Sendable>(_ pick: @escaping @Sendable (PeerEvent) -> Value?) async throws -> Value {
        let stream = stream
        return try await within {
            for await event in stream {
                if let value = pick(event) { return value }
            }
            throw DeadlinePassed()
        }
    }

    func proven() async throws -> PeerConnection {
        try await next { if case .proven(let connection) = $0 { connection } else { nil } }
    }

    func refusal() async throws -> Refusal {
        try await next { if case .refused(_, let why) = $0 { why } else { nil } }
    }

    func closed() async throws -> CloseReason {
        try await next { if case .closed(_, let reason, _) = $0 { reason } else { nil } }
    }

    /// Waits until a session has received this many bytes.
    func received(_ bytes: UInt64) async throws {
        try await next {
            if case .status(_, let status) = $0, status.toReceive.bytes >= bytes { () } else { nil }
        }
    }
}

/// A store without feeds.
struct EmptyStore: SessionStore {
    func held() throws(StoreFailure) -> HeldFeeds { [] }
    func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StoreFailure) -> [Block] { [] }
    func checkpoint(of feed: FeedID, through position: UInt64) throws(StoreFailure) -> Checkpoint? { nil }
    func store(_ run: ReceivedRun) throws(StoreFailure) -> HeldFeed { throw .unavailable }
    func discardTail(of feed: FeedID, for peer: SiteID, isProven: Bool) throws(StoreFailure) -> HeldFeed {
        throw .unavailable
    }
    func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed { throw .unavailable }
    func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StoreFailure) -> HeldFeed { throw .unavailable }
}

/// Sends pieces as fast as it may and counts what arrives.
final class CountingMachine: SessionMachine {
    private var piecesLeft: Int
    private let pieceBytes: Int
    private let epoch: EpochID?
    private var received: UInt64 = 0
    private var isWaiting = false
    private(set) var status = SyncStatus()
    private(set) var peerEpoch: EpochID?
    var dependsOnTime: Bool { false }

    init(pieces: Int, of pieceBytes: Int, peerEpoch: EpochID? = nil) {
        piecesLeft = pieces
        self.pieceBytes = pieceBytes
        epoch = peerEpoch
    }

    func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        switch input {
        case .started:
            peerEpoch = epoch
            return piece()
        case .writable:
            precondition(isWaiting, "writable answers a piece")
            isWaiting = false
            return piece()
        case .received(let bytes):
            received += UInt64(bytes.count)
            status.toReceive.bytes = received
            return [.statusChanged]
        case .finish(let reason, let retryAfterSeconds): return [.close(reason, retryAfterSeconds: retryAfterSeconds)]
        case .disconnected: return [.close(.disconnected, retryAfterSeconds: nil)]
        default: return []
        }
    }

    private func piece() -> [SyncAction] {
        guard piecesLeft > 0 else { return [] }
        piecesLeft -= 1
        isWaiting = true
        return [.send([UInt8](repeating: 7, count: pieceBytes))]
    }
}

/// One end: a key, a pool, a transport and what it told.
final class End: Sendable {
    let key: SitePublicKey
    let events = EventLog()
    let table: PeerTable
    let transport: PeerTransport
    private let pool = NIOThreadPool(numberOfThreads: 1)

    init(
        pieces: Int = 1,
        of pieceBytes: Int = 10,
        peerEpoch: EpochID? = nil,
        bytesPerSecond: UInt64? = nil,
        limits: TransportLimits = TransportLimits(),
        store: any SessionStore = EmptyStore(),
        clock: any WallClock = SystemClock(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        machine: (@Sendable () -> any SessionMachine)? = nil,
        signingKey: Curve25519.Signing.PrivateKey = Curve25519.Signing.PrivateKey(),
        isWelcome: @escaping @Sendable (SitePublicKey) -> Bool = { _ in true },
        isMember: @escaping @Sendable (SitePublicKey) -> Bool = { _ in true },
        admit: @escaping @Sendable (PeerConnection) -> UInt32? = { _ in nil }
    ) throws {
        let tls = try SiteTLS(signingKey: signingKey)
        let table = PeerTable(localSite: tls.key.siteID, clock: clock)
        let events = events
        pool.start()
        key = tls.key
        self.table = table
        transport = PeerTransport(
            tls: tls,
            store: store,
            pool: pool,
            clock: clock,
            limits: limits,
            group: group,
            isWelcome: isWelcome,
            isMember: isMember,
            bytesPerSecond: { _ in bytesPerSecond },
            admit: admit,
            makeMachine: { _ in
                machine?() ?? CountingMachine(pieces: pieces, of: pieceBytes, peerEpoch: peerEpoch)
            },
            onEvent: { event in
                table.take(event)
                events.take(event)
            },
            link: LinkGovernor(LinkRules(), clock: clock, month: { $0 / 30 }, changed: {})
        )
    }

    deinit { pool.shutdownGracefully { _ in } }

    func listen() async throws -> (channel: any Channel, port: Int) {
        let channel = try await transport.listen(host: "127.0.0.1", port: 0)
        return (channel, try #require(channel.localAddress?.port))
    }
}

/// A client that speaks no TLS: sends what it is given, in one piece or each byte alone, and keeps what comes until the other
/// end closes.
func plainExchange(port: Int, sending bytes: [UInt8], bytewise: Bool = false) async throws -> [UInt8] {
    try await exchange(sending: bytewise ? bytes.map { [$0] } : [bytes]) {
        try await $0.connect(host: "127.0.0.1", port: port).get()
    }
}

/// Asks a Unix socket.
func controlExchange(path: String, sending bytes: [UInt8]) async throws -> [UInt8] {
    try await exchange(sending: [bytes]) { try await $0.connect(unixDomainSocketPath: path).get() }
}

private func exchange(
    sending pieces: [[UInt8]],
    _ connect: (ClientBootstrap) async throws -> any Channel
) async throws -> [UInt8] {
    let box = Collected()
    let channel = try await connect(
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(Collector(box, sending: pieces)) }
    )
    return try await within {
        try await channel.closeFuture.get()
        return box.bytes.withLock { $0 }
    }
}

final class Collected: Sendable { let bytes = Mutex<[UInt8]>([]) }

final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let box: Collected
    private let pieces: [[UInt8]]

    init(_ box: Collected, sending pieces: [[UInt8]]) {
        self.box = box
        self.pieces = pieces
    }

    /// Sent as soon as there is a connection, whatever the threads of the tests are busy with: the other end waits for
    /// so many seconds. It may have closed already, which is an outcome as well: what came back decides.
    func channelActive(context: ChannelHandlerContext) {
        for piece in pieces where !piece.isEmpty {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece)), promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        box.bytes.withLock { $0 += Array(buffer.readableBytesView) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
