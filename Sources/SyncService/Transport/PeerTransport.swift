package import LogFormat
package import NIOCore
package import NIOPosix
package import StoreIO
package import SyncEngine
import SyncProtocol

/// Accepts and dials connections between sites. There is no way to make one without TLS.
package struct PeerTransport: Sendable {
    let tls: SiteTLS
    let store: any SessionStore
    let turns: StoreTurns
    let clock: any WallClock
    let limits: TransportLimits
    /// Whether a proven key may open a session at all: false for a revoked one. Must not block.
    let isWelcome: @Sendable (SitePublicKey) -> Bool
    /// Whether a proven key is a member's now. Must not block.
    let isMember: @Sendable (SitePublicKey) -> Bool
    /// What is sent to a peer at most, per connection; nil for no limit.
    let bytesPerSecond: @Sendable (SiteID) -> UInt64?
    /// Whether a session may begin: nil, or after how many seconds the peer may come back. Must not block.
    let admit: @Sendable (PeerConnection) -> UInt32?
    let makeMachine: @Sendable (SitePublicKey) -> any SessionMachine
    let onEvent: @Sendable (PeerEvent) -> Void
    /// Of the site's own link: nothing is dialled and nobody accepted while it is closed.
    let link: LinkGovernor
    /// What its budget leaves; nil without one.
    private let leftBytes: @Sendable () -> UInt64?
    private let group: any EventLoopGroup
    private let accepted = ConnectionCount()
    /// Accepted, and not known to be a member's.
    let arrivals = NewArrivals()

    /// The pool is started and has one thread, so that a store's calls keep their order; `makeMachine` makes the session
    /// for a proven key, on its event loop.
    package init(
        tls: SiteTLS,
        store: any SessionStore,
        pool: NIOThreadPool,
        clock: any WallClock = SystemClock(),
        limits: TransportLimits = TransportLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        isWelcome: @escaping @Sendable (SitePublicKey) -> Bool,
        isMember: @escaping @Sendable (SitePublicKey) -> Bool,
        bytesPerSecond: @escaping @Sendable (SiteID) -> UInt64? = { _ in nil },
        admit: @escaping @Sendable (PeerConnection) -> UInt32? = { _ in nil },
        makeMachine: @escaping @Sendable (SitePublicKey) -> any SessionMachine,
        onEvent: @escaping @Sendable (PeerEvent) -> Void,
        link: LinkGovernor
    ) {
        self.tls = tls
        self.store = store
        turns = StoreTurns(pool, clock: clock)
        self.clock = clock
        self.limits = limits
        self.group = group
        self.isWelcome = isWelcome
        self.isMember = isMember
        self.bytesPerSecond = bytesPerSecond
        self.admit = admit
        self.makeMachine = makeMachine
        self.onEvent = onEvent
        self.link = link
        if link.report.rules.budget == LinkBudget() {
            leftBytes = { nil }
        } else {
            leftBytes = { link.report.leftBytes }
        }
    }

    /// Connections accepted and still open.
    package var acceptedConnections: Int { accepted.value }

    /// Listens; connections live until they end, also after the returned channel is closed.
    ///
    /// - Parameters:
    ///   - host: An address of this machine, or a name for one.
    ///   - port: 0 for any free one.
    /// - Returns: The listening socket.
    /// - Throws: `IOError` when the address can not be had.
    package func listen(host: String, port: Int) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard link.isOpen else { throw LinkClosed() }
                    guard accepted.enter(atMost: limits.acceptedConnections) else { throw TooManyConnections() }
                    channel.closeFuture.whenComplete { _ in
                        accepted.leave()
                        arrivals.leave(channel)
                    }
                    let proven = ProvenKey()
                    try channel.pipeline.syncOperations.addHandler(
                        tls.serverHandler(proven: proven, isWelcome: isWelcome)
                    )
                    try addPeerHandler(to: channel, proven: proven)
                    arrivals.enter(
                        channel,
                        from: channel.remoteAddress?.ipAddress ?? "",
                        atMost: limits.unknownConnections
                    )
                }
            }
            .bind(host: host, port: port)
            .get()
    }

    /// Listens on an address of the configuration.
    ///
    /// - Returns: The listening socket.
    /// - Throws: ``ListenFailure`` when the address can not be had.
    package func listen(on address: PeerAddress) async throws(ListenFailure) -> any Channel {
        do {
            return try await listen(host: address.host, port: address.port)
        } catch {
            throw ListenFailure(address, error)
        }
    }

    /// Dials; returns once TCP is up. The handshake follows, and events tell the rest.
    ///
    /// - Parameters:
    ///   - host: A name or an address.
    ///   - port: 1 to 65535.
    ///   - expected: The only site that may answer.
    /// - Returns: The connection.
    /// - Throws: What the connection attempt met; `CancellationError` at once when the task is cancelled: should the
    ///   connection still come about, it is closed.
    package func dial(host: String, port: Int, expecting expected: SiteID) async throws -> any Channel {
        try await dial(host: host, port: port, expecting: expected, report: DialReport())
    }

    /// As ``dial(host:port:expecting:)``; the report says what became of it once the channel is closed.
    func dial(
        host: String,
        port: Int,
        expecting expected: SiteID,
        report: DialReport
    ) async throws -> any Channel {
        let attempt = ClientBootstrap(group: group)
            .connectTimeout(.milliseconds(limits.handshakeMilliseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let proven = ProvenKey()
                    let isWelcome = isWelcome
                    try channel.pipeline.syncOperations.addHandler(
                        try tls.clientHandler(proven: proven) { $0.siteID == expected && isWelcome($0) }
                    )
                    try addPeerHandler(to: channel, proven: proven, report: report, address: "\(host):\(port)")
                }
            }
            .connect(host: host, port: port)
        return try await Self.made(attempt)
    }

    /// Waits for a connection that is being made, and no longer once the task is cancelled.
    private static func made(_ attempt: EventLoopFuture<any Channel>) async throws -> any Channel {
        let (outcomes, outcome) = AsyncStream<Result<any Channel, any Error>>.makeStream()
        attempt.whenComplete { result in
            if case .terminated = outcome.yield(result), case .success(let channel) = result {
                channel.close(mode: .all, promise: nil)
            }
            outcome.finish()
        }
        var waiting = outcomes.makeAsyncIterator()
        guard let result = await waiting.next() else { throw CancellationError() }
        return try result.get()
    }

    private func addPeerHandler(
        to channel: any Channel,
        proven: ProvenKey,
        report: DialReport? = nil,
        address: String? = nil
    ) throws {
        let shown = address ?? channel.remoteAddress.map(Self.shown) ?? "unknown"
        let pipeline = channel.pipeline.syncOperations
        try setOptions(of: channel)
        let meter = LinkMeter(clock: clock, leftBytes: leftBytes) { [link] in link.count($0) }
        try pipeline.addHandler(
            PeerHandler(transport: self, proven: proven, meter: meter, report: report, address: shown)
        )
        try pipeline.addHandler(meter, position: .first)
    }

    /// Of a connection dialled and of one accepted the same.
    private func setOptions(of channel: any Channel) throws {
        guard let options = channel.syncOptions else { throw ChannelError.operationUnsupported }
        try options.setOption(
            .writeBufferWaterMark,
            value: .init(low: limits.unsentBytes.lowerBound, high: limits.unsentBytes.upperBound)
        )
        try options.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        try options.setOption(.tcpOption(Self.keepAliveIdle), value: .init(limits.keepAliveSeconds))
        try options.setOption(.tcpOption(Self.keepAliveInterval), value: .init(limits.keepAliveAnswerSeconds))
        try options.setOption(.tcpOption(Self.notSentLowWater), value: 16 * 1024)
        try options.setOption(.tcpOption(Self.userTimeout), value: .init(limits.unacknowledgedMilliseconds))
    }

    /// `127.0.0.1:53736`, `[::1]:53736`.
    private static func shown(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "\(address)" }
        return address.protocol == .inet6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// So much is read at once, and encrypted at once.
    static let readBytes = 8 * 1024

    private static let notSentLowWater = NIOBSDSocket.Option(rawValue: 25)  // TCP_NOTSENT_LOWAT, linux/tcp.h
    private static let keepAliveIdle = NIOBSDSocket.Option(rawValue: 4)  // TCP_KEEPIDLE, linux/tcp.h
    private static let keepAliveInterval = NIOBSDSocket.Option(rawValue: 5)  // TCP_KEEPINTVL, linux/tcp.h
    private static let userTimeout = NIOBSDSocket.Option(rawValue: 18)  // TCP_USER_TIMEOUT, linux/tcp.h
}

/// The site's own link is closed by its rules; whoever calls is not answered.
struct LinkClosed: Error {}
