import CLinux
import NIOCore
import StoreIO
import SyncEngine

/// Counts what a connection moves over the link in both directions: the bytes of its packets, with all headers from IP up
/// and with what had to be sent twice.
///
/// The kernel is asked once a second while something moves, and for every 64 KiB, or for every eighth of what a budget
/// leaves when that is less; then also what it was given and has not sent yet counts, for that will go whoever closes the
/// link. What moved after the last time is counted from what went through here, with headers of full packets and an
/// acknowledgement for every second one.
final class LinkMeter: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let clock: any WallClock
    /// What the link's budget leaves; nil without one.
    private let leftBytes: @Sendable () -> UInt64?
    private let onBytes: @Sendable (UInt64) -> Void
    private var context: ChannelHandlerContext?
    /// What was to be sent, without headers.
    private var writtenBytes: UInt64 = 0
    private var isAsking = false
    /// What was told, by the kernel's last word.
    private var counted: UInt64 = 0
    /// For how long nothing had come from the other end, no answer of its kernel either, when this end closed the connection
    /// or found it dead; nil when the other end closed it, and before.
    private(set) var silentNanoseconds: UInt64?
    /// For how long the machine had slept when something last came in.
    private var sleptBeforeNanoseconds: UInt64
    /// What went through here since, without headers.
    private var passedBytes: UInt64 = 0

    /// TCP with time stamps.
    private static let tcpHeaderBytes: UInt64 = 32
    /// What moves at most before the kernel is asked, so that a budget is not left far behind.
    private static let askBytes: UInt64 = 64 * 1024
    /// How often it is asked at least while what a budget leaves is moved: as many connections can share it.
    private static let looks: UInt64 = 8
    /// What an ordinary packet carries.
    private static let segmentBytes: UInt64 = 1_448

    init(
        clock: any WallClock,
        leftBytes: @escaping @Sendable () -> UInt64? = { nil },
        onBytes: @escaping @Sendable (UInt64) -> Void
    ) {
        (self.clock, self.leftBytes, self.onBytes) = (clock, leftBytes, onBytes)
        sleptBeforeNanoseconds = Self.slept(clock)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pass(unwrapInboundIn(data).readableBytes, context)
        sleptBeforeNanoseconds = Self.slept(clock)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data).readableBytes
        writtenBytes += UInt64(bytes)
        pass(bytes, context)
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        noteSilence(context)
        context.fireErrorCaught(error)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        noteSilence(context)
        context.close(mode: mode, promise: promise)
    }

    /// While the socket is still there to be asked. What an idle connection is kept alive by counts: nothing else comes on it.
    private func noteSilence(_ context: ChannelHandlerContext) {
        guard silentNanoseconds == nil, let counts = counts(context) else { return }
        // The kernel's count stands still while the machine sleeps. What it slept since something came in here may have been
        // before the last sign of the other end: then this is too long, and never too short.
        let slept = Self.slept(clock)
        silentNanoseconds = UInt64(counts.silent_milliseconds) * 1_000_000 + slept - min(slept, sleptBeforeNanoseconds)
    }

    private static func slept(_ clock: any WallClock) -> UInt64 {
        let steady = clock.steadyNanoseconds()
        let elapsed = clock.elapsedNanoseconds()
        return elapsed - min(elapsed, steady)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // The socket is gone, and with it what the kernel counted.
        let bytes = Self.packetBytes(passedBytes, packets: passedBytes / Self.segmentBytes + 2, context)
        passedBytes = 0
        onBytes(bytes)
        context.fireChannelInactive()
    }

    private func pass(_ bytes: Int, _ context: ChannelHandlerContext) {
        passedBytes += UInt64(bytes)
        if passedBytes >= askBytes { return ask(context) }
        guard !isAsking else { return }
        isAsking = true
        let me = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            let (meter, context) = me.value
            meter.isAsking = false
            meter.ask(context)
        }
    }

    /// What may move before the kernel is asked.
    private var askBytes: UInt64 { min(Self.askBytes, leftBytes().map { $0 / Self.looks } ?? .max) }

    private func ask(_ context: ChannelHandlerContext) {
        // None when the connection was lost meanwhile, and then what passed is counted at its end.
        guard let counts = counts(context) else { return }
        let packets = UInt64(counts.segments_sent) + UInt64(counts.segments_received)
        var moved = counts.bytes_sent + counts.bytes_received + packets * Self.headerBytes(context)
        if askBytes < Self.askBytes {
            let waiting = writtenBytes - min(writtenBytes, counts.bytes_sent)
            let full = (waiting + Self.segmentBytes - 1) / Self.segmentBytes
            moved += Self.packetBytes(waiting, packets: full, context)
        }
        take(moved)
    }

    /// What so many bytes are in packets, with an acknowledgement for every second one.
    private static func packetBytes(_ bytes: UInt64, packets: UInt64, _ context: ChannelHandlerContext) -> UInt64 {
        bytes + (packets + packets / 2) * headerBytes(context)
    }

    /// What the kernel says; it answers at once, on the connection's event loop.
    private func counts(_ context: ChannelHandlerContext) -> link_counts? {
        guard context.channel.isActive, let options = context.channel as? any SocketOptionProvider else { return nil }
        let found = NIOLoopBoundBox<link_counts?>(nil, eventLoop: context.eventLoop)
        let counts: EventLoopFuture<link_counts> = options.unsafeGetSocketOption(level: .tcp, name: .tcp_info)
        counts.whenSuccess { found.value = $0 }
        return found.value
    }

    /// What has arrived of what went through here, and what is under way.
    func look() -> LineLook? {
        guard let context, let counts = counts(context) else { return nil }
        let acknowledged = min(counts.bytes_acknowledged, writtenBytes)
        let least = counts.least_round_trip_microseconds
        return LineLook(
            acknowledgedBytes: acknowledged,
            waitingBytes: writtenBytes - acknowledged,
            roundTripNanoseconds: least == .max ? nil : UInt64(least) * 1_000,
            recentRoundTripNanoseconds: UInt64(counts.round_trip_microseconds) * 1_000
        )
    }

    private func take(_ all: UInt64) {
        passedBytes = 0
        guard all > counted else { return }
        onBytes(all - counted)
        counted = all
    }

    private static func headerBytes(_ context: ChannelHandlerContext) -> UInt64 {
        tcpHeaderBytes + (context.channel.remoteAddress?.protocol == .inet6 ? 40 : 20)
    }
}
