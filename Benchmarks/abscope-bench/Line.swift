import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// A connection of two sites of this process without a network: what one writes the other reads, and it is counted.
///
/// Used by one thread, hence `@unchecked`.
final class Line: @unchecked Sendable {
    /// What both ends wrote.
    private(set) var bytes = 0
    private var work: [() -> Void] = []
    private var ends: [End] = []

    /// Connects two sites, of which the first has called the second.
    init(_ sites: (SyncSite, SyncSite), clock: any WallClock) {
        ends = [End(self), End(self)]
        for (number, site) in [sites.0, sites.1].enumerated() {
            let peer = number == 0 ? sites.1 : sites.0
            let end = ends[number]
            end.other = ends[1 - number]
            let key = peer.log.identity.publicKey
            let driver = SessionDriver(
                site.makeSession(with: key),
                over: end,
                store: site.sessions,
                clock: clock,
                storeCallsMaximum: 8,
                bytesPerSecond: nil,
                report: nil,
                onEvent: { site.take($0) }
            )
            end.driver = driver
            let connection = PeerConnection(peerKey: key, isDialled: number == 0, address: "line") { work in
                self.later { [self] in if let driver = ends[number].driver { work(driver) } }
            }
            later { driver.begin(connection) }
        }
    }

    fileprivate func later(_ piece: @escaping () -> Void) { work.append(piece) }

    /// Works until nobody has anything to do. Time does not pass.
    func run() {
        var next = 0
        while next < work.count {
            let piece = work[next]
            work[next] = {}
            next += 1
            piece()
        }
        work = []
    }

    /// Ends the session in order.
    func end() {
        ends[0].driver?.feed(.finish(.finished, retryAfterSeconds: nil))
        run()
        for end in ends { end.driver?.lost() }
        run()
        for end in ends { end.driver = nil }
    }

    private final class End: SessionChannel {
        unowned let line: Line
        weak var other: End?
        var driver: SessionDriver?

        init(_ line: Line) { self.line = line }

        var isWritable: Bool { true }

        func write(_ bytes: [UInt8]) {
            line.bytes += bytes.count
            line.later { [weak self] in self?.other?.driver?.feed(.received(bytes)) }
        }

        func look() -> LineLook? { nil }
        func read() {}
        func closeWhenWritten() {}
        func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping () -> Void) {}

        func callStore<Value: Sendable>(
            _ work: @escaping @Sendable () -> Value,
            then answer: @escaping (Value?) -> Void
        ) {
            let value = work()
            line.later { answer(value) }
        }
    }
}
