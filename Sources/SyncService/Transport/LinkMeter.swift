import CLinux
import NIOCore

/// Counts what a connection moves over the link in both directions: the bytes of its packets, with all headers from IP up
/// and with what had to be sent twice.
///
/// The kernel is asked once a second while something moves, and for every 64 KiB. What moved after the last time is counted from what went through
/// here, with headers of full packets and an acknowledgement for every second one.
final class LinkMeter: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let onBytes: @Sendable (UInt64) -> Void
    private var isAsking = false
    /// The kernel's last word.
    private var counted: UInt64 = 0
    /// What went through here since, without headers.
    private var passedBytes: UInt64 = 0

    /// TCP with time stamps.
    private static let tcpHeaderBytes: UInt64 = 32
    /// What moves at most before the kernel is asked, so that a budget is not left far behind.
    private static let askBytes: UInt64 = 64 * 1024
    /// What an ordinary packet carries.
    private static let segmentBytes: UInt64 = 1_448

    init(onBytes: @escaping @Sendable (UInt64) -> Void) { self.onBytes = onBytes }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pass(unwrapInboundIn(data).readableBytes, context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        pass(unwrapOutboundIn(data).readableBytes, context)
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // The socket is gone, and with it what the kernel counted.
        let header = Self.headerBytes(context)
        let packets = passedBytes / Self.segmentBytes + 2
        let bytes = passedBytes + (packets + packets / 2) * header
        passedBytes = 0
        onBytes(bytes)
        context.fireChannelInactive()
    }

    private func pass(_ bytes: Int, _ context: ChannelHandlerContext) {
        passedBytes += UInt64(bytes)
        if passedBytes >= Self.askBytes { return ask(context) }
        guard !isAsking else { return }
        isAsking = true
        let me = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            let (meter, context) = me.value
            meter.isAsking = false
            meter.ask(context)
        }
    }

    private func ask(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, let options = context.channel as? any SocketOptionProvider else { return }
        let header = Self.headerBytes(context)
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let counts: EventLoopFuture<link_counts> = options.unsafeGetSocketOption(level: .tcp, name: .tcp_info)
        // Fails when the connection was lost meanwhile, and then what passed is counted at its end.
        counts.whenSuccess { counts in
            let packets = UInt64(counts.segments_sent) + UInt64(counts.segments_received)
            me.value.take(counts.bytes_sent + counts.bytes_received + packets * header)
        }
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
