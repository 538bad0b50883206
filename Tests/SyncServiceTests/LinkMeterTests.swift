import NIOCore
import NIOPosix
import StoreIO
import Testing

@testable import SyncService

@Suite("What is known of a connection's line", .timeLimit(.minutes(10)))
struct LinkMeterTests {
    @Test(
        "Who closes a connection knows for how long nothing came on it; when the other end does, something has just come",
        arguments: [true, false]
    )
    func silence(isClosedHere: Bool) async throws {
        let (arrivals, arrived) = AsyncStream<any Channel>.makeStream()
        let (ends, ended) = AsyncStream<UInt64?>.makeStream()
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                arrived.yield(channel)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let port = try #require(listener.localAddress?.port)
        let dialled = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let meter = LinkMeter(clock: SystemClock()) { _ in }
                    try channel.pipeline.syncOperations.addHandlers([
                        meter, AtTheEnd { ended.yield(meter.silentNanoseconds) },
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        var accepted = arrivals.makeAsyncIterator()
        let other = try #require(await accepted.next())
        try await (isClosedHere ? dialled : other).close()
        var said = ends.makeAsyncIterator()
        let silence = try #require(await said.next())
        // The connection is a moment old.
        #expect(isClosedHere ? silence.map { $0 < 600_000_000_000 } == true : silence == nil)
        try await listener.close()
    }

    /// Says when the channel is gone.
    private final class AtTheEnd: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let act: () -> Void

        init(_ act: @escaping () -> Void) { self.act = act }

        func channelInactive(context: ChannelHandlerContext) {
            act()
            context.fireChannelInactive()
        }
    }
}
