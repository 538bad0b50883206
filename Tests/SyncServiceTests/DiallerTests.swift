import LogFormat
import Logging
import NIOCore
import SyncService
import Synchronization
import Testing

@Suite("Dialling", .timeLimit(.minutes(1)))
struct DiallerTests {
    private final class Welcome: Sendable { let isGiven = Mutex(false) }

    @Test("A dialler that waits is woken for its own site, and not for another")
    func woken() async throws {
        let welcome = Welcome()
        let here = try End()
        let there = try End(isWelcome: { _ in welcome.isGiven.withLock { $0 } })
        let (listener, port) = try await there.listen()
        let alarm = DialAlarm()
        let dialler = PeerDialler(
            site: there.key.siteID,
            addresses: [try #require(PeerAddress("127.0.0.1:\(port)"))],
            transport: here.transport,
            waitMilliseconds: 600_000...600_000,
            alarm: alarm,
            logger: Logger(label: "test")
        )
        let dialling = Task { try await dialler.run() }
        #expect(try await there.events.refusal() == .notWelcome)
        welcome.isGiven.withLock { $0 = true }
        alarm.ring(here.key.siteID)
        #expect(there.table.isEmpty)
        alarm.ring(there.key.siteID)
        #expect(try await there.events.proven().peerKey == here.key)
        dialling.cancel()
        try await dialling.value
        try await listener.close()
    }
}
