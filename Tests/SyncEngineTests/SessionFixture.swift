import LogFormat
import StoreIO
import SyncEngine
import SyncProtocol

/// A transport that takes everything at once and brings nothing.
final class NowhereChannel: SessionChannel {
    private(set) var isClosed = false
    var isWritable: Bool { true }

    func look() -> LineLook? { nil }
    func write(_ bytes: [UInt8]) {}
    func read() {}
    func closeWhenWritten() { isClosed = true }
    func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping () -> Void) {}

    func callStore<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value,
        then answer: @escaping (Value?) -> Void
    ) { answer(work()) }
}

/// A session of a site with somebody who never answers.
///
/// Used by one test on one thread, hence `@unchecked`.
final class SilentSession: @unchecked Sendable {
    private let channel = NowhereChannel()
    /// The transport is gone.
    func lose() { driver?.lost() }
    private var driver: SessionDriver?
    let connection: PeerConnection
    var isClosed: Bool { channel.isClosed }

    init(of site: SyncSite, with key: SitePublicKey, clock: any WallClock, report: DialReport? = nil) {
        let made = SessionDriver(
            site.makeSession(with: key),
            over: channel,
            store: site.sessions,
            clock: clock,
            storeCallsMaximum: 8,
            bytesPerSecond: nil,
            report: report
        ) { event in
            site.take(event)
        }
        let place = DriverPlace()
        place.driver = made
        connection = PeerConnection(peerKey: key, isDialled: true, address: "nowhere:1") { work in
            if let driver = place.driver { work(driver) }
        }
        driver = made
        made.begin(connection)
    }

    /// The transport goes, of which nothing had been heard for some time.
    func lose(silentNanoseconds: UInt64) { driver?.lost(silentNanoseconds: silentNanoseconds) }

    /// Used by one test on one thread, hence `@unchecked`.
    private final class DriverPlace: @unchecked Sendable {
        weak var driver: SessionDriver?
    }
}
