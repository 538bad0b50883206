import NIOCore
import NIOPosix
import StoreIO
import Synchronization
import Testing

@testable import SyncService

@Suite("What is known of a connection's line", .timeLimit(.minutes(10)))
struct LinkMeterTests {
    /// What happens on a connection after it was idle for ``idleMilliseconds``.
    enum End: CaseIterable {
        case closedHere
        /// A word is sent, and acknowledged; as much later it is closed here.
        case closedHereAfterAWord
        case closedThere
    }

    private static let idleMilliseconds: Int64 = 600

    @Test(
        "Who closes a connection knows since when nothing came on it; when the other end does, something has just come",
        arguments: End.allCases
    )
    func silence(end: End) async throws {
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
        let began = ContinuousClock.now
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
        let connected = ContinuousClock.now
        var accepted = arrivals.makeAsyncIterator()
        let other = try #require(await accepted.next())
        try await idle(dialled)
        if end == .closedHereAfterAWord {
            try await dialled.writeAndFlush(ByteBuffer(string: "a word"))
            try await idle(dialled)
        }
        let closing = ContinuousClock.now
        try await (end == .closedThere ? other : dialled).close()
        let closed = ContinuousClock.now
        var said = ends.makeAsyncIterator()
        let silence = (try #require(await said.next())).map { Duration.nanoseconds($0) }
        // The kernel counts in ticks of up to 10 ms, and a thread may stand still between two looks at a clock.
        let (tick, slack) = (Duration.milliseconds(20), Duration.milliseconds(200))
        let rest = Duration.milliseconds(Self.idleMilliseconds)
        switch end {
        case .closedThere: #expect(silence == nil)
        case .closedHere:
            let silence = try #require(silence)
            #expect(silence >= closing - connected - tick && silence <= closed - began + slack)
        case .closedHereAfterAWord:
            // What came last is the acknowledgement of the word, which was sent when the connection had long been idle.
            let silence = try #require(silence)
            #expect(silence > .zero && silence <= closed - connected - rest + slack)
        }
        try await listener.close()
    }

    private final class Told: Sendable {
        private let bytes = Mutex<UInt64>(0)
        var value: UInt64 { bytes.withLock { $0 } }
        func add(_ more: UInt64) { bytes.withLock { $0 += more } }
    }

    @Test("That a budget is spent is known no later than with the piece that spends it, and not long before")
    func budget() async throws {
        let (budget, pieceBytes) = (UInt64(20_000), 1_000)
        let told = Told()
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let dialled = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let meter = LinkMeter(clock: SystemClock()) {
                        budget - min(budget, told.value)
                    } onBytes: {
                        told.add($0)
                    }
                    try channel.pipeline.syncOperations.addHandler(meter)
                }
            }
            .connect(host: "127.0.0.1", port: try #require(listener.localAddress?.port))
            .get()
        var pieces = 0
        while told.value < budget, pieces < 1_000 {
            try await dialled.writeAndFlush(ByteBuffer(repeating: 7, count: pieceBytes))
            pieces += 1
        }
        // What is not theirs is headers and acknowledgements.
        #expect((14...20).contains(pieces))
        try await dialled.close()
        try await listener.close()
    }

    /// Lets the kernel count for some time.
    private func idle(_ channel: any Channel) async throws {
        try await channel.eventLoop.scheduleTask(in: .milliseconds(Self.idleMilliseconds)) {}.futureResult.get()
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
