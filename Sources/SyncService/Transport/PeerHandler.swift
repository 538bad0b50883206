import LogFormat
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import StoreIO
import SyncEngine
import SyncProtocol

/// Carries one session over one TLS connection.
///
/// The session lives on the connection's event loop and nowhere else. Nothing is written before the handshake is
/// complete and both keys are proven.
final class PeerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let transport: PeerTransport
    private let proven: ProvenKey
    private let meter: LinkMeter
    /// Of a connection this end dialled.
    private let report: DialReport?
    private var isDialled: Bool { report != nil }
    private let address: String

    private var context: ChannelHandlerContext?
    /// Stays when the channel is gone, for what the session still has to store.
    private var loop: (any EventLoop)?
    private var deadline: Scheduled<Void>?
    /// From the moment both keys are proven.
    private var driver: SessionDriver?
    private var refusal: Refusal?
    private var lastWrite: EventLoopFuture<Void>?

    init(
        transport: PeerTransport,
        proven: ProvenKey,
        meter: LinkMeter,
        report: DialReport?,
        address: String
    ) {
        self.transport = transport
        self.proven = proven
        self.meter = meter
        self.report = report
        self.address = address
    }

    // MARK: - Life of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop = context.eventLoop
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let limit = TimeAmount.milliseconds(transport.limits.handshakeMilliseconds)
        deadline = context.eventLoop.scheduleTask(in: limit) { me.value.refuse(.tooSlow) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent {
            // The TLS library goes on with a peer that named no protocol, or only others.
            if agreed == SiteTLS.protocolName { begin(context) } else { refuse(.notTLS) }
        }
        if event is MakeRoom {
            if refusal == nil { refusal = .crowded }
            cut()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if let driver {
            driver.lost(silentNanoseconds: meter.silentNanoseconds ?? 0)
        } else {
            report?.refused(refusal ?? .gone)
            transport.onEvent(.refused(address: address, refusal ?? .gone))
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What TLS or the socket found ends the connection; the words may hold what the peer sent, so they go nowhere.
        if driver == nil {
            refuse(proven.value == nil ? .notTLS : .notWelcome)
        } else {
            cut()
        }
    }

    private func refuse(_ why: Refusal) {
        guard driver == nil else { return }
        if refusal == nil { refusal = why }
        cut()
    }

    /// Closes without TLS's own good-bye, for which a peer that does not speak TLS would be waited for.
    private func cut() {
        guard let context else { return }
        do {
            let pipeline = context.pipeline.syncOperations
            let below =
                isDialled
                ? try pipeline.context(handlerType: NIOSSLClientHandler.self)
                : try pipeline.context(handlerType: NIOSSLServerHandler.self)
            below.close(mode: .all, promise: nil)
        } catch {
            // The TLS handler is gone already, so there is nothing to go around.
            context.close(mode: .all, promise: nil)
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        guard driver == nil else { return }
        guard let key = proven.value else { return refuse(.notWelcome) }
        if transport.isMember(key) { transport.arrivals.leave(context.channel) }
        let made = SessionDriver(
            transport.makeMachine(key),
            over: self,
            store: transport.store,
            clock: transport.clock,
            storeCallsMaximum: transport.limits.storeCallsUnderWay,
            bytesPerSecond: transport.bytesPerSecond(key.siteID),
            report: report,
            admit: transport.admit,
            onEvent: transport.onEvent
        )
        driver = made
        let loop = context.eventLoop
        let bound = NIOLoopBound(made, eventLoop: loop)
        made.begin(
            PeerConnection(peerKey: key, isDialled: isDialled, address: address) { work in
                loop.execute { work(bound.value) }
            }
        )
    }

    // MARK: - Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        driver?.feed(.received(Array(buffer.readableBytesView)))
    }

    func read(context: ChannelHandlerContext) {
        if driver?.mayRead() ?? true { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        driver?.offerWritable()
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - What the session wants

extension PeerHandler: SessionChannel {
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func look() -> LineLook? { meter.look() }

    func write(_ bytes: [UInt8]) {
        guard let context else { return }
        for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
            let piece = context.channel.allocator.buffer(bytes: bytes[start...].prefix(Self.pieceBytes))
            lastWrite = context.writeAndFlush(wrapOutboundOut(piece))
        }
    }

    /// What is written at once, and so a record of TLS. Of what the other end has read up to now less than a record and
    /// ``PeerTransport/readBytes`` wait to be decrypted: with both of them 8 KiB that is less than the 16 KiB the TLS library
    /// has room for from the beginning. More, and it takes more room, and keeps it as long as the connection lives,
    /// whatever it is told (NIOSSL 2.37.6).
    private static let pieceBytes = PeerTransport.readBytes

    func read() { context?.read() }

    func closeWhenWritten() {
        guard let channel = context?.channel else { return }
        guard let lastWrite else { return channel.close(mode: .all, promise: nil) }
        let me = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let late = TimeAmount.milliseconds(transport.limits.farewellMilliseconds)
        let timer = channel.eventLoop.scheduleTask(in: late) { me.value.cut() }
        lastWrite.whenComplete { _ in
            timer.cancel()
            channel.close(mode: .all, promise: nil)
        }
    }

    func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping () -> Void) {
        guard let loop = context?.eventLoop else { return }
        let bound = NIOLoopBound(body, eventLoop: loop)
        loop.scheduleTask(in: .nanoseconds(Int64(nanoseconds))) { bound.value() }
    }

    func callStore<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value,
        then answer: @escaping (Value?) -> Void
    ) {
        guard let loop, let site = proven.value?.siteID else { return }
        let bound = NIOLoopBound(answer, eventLoop: loop)
        transport.turns.submit(for: site) { isActive in
            // It is not active only when the service is ending.
            let value = isActive ? work() : nil
            loop.execute { bound.value(value) }
        }
    }
}
