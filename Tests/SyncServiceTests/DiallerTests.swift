import LogFormat
import Logging
import NIOCore
import SyncService
import Testing

@Suite("Dialling", .timeLimit(.minutes(1)))
struct DiallerTests {
    /// Hands each line to a stream.
    private struct Lines: LogHandler {
        let lines: AsyncStream<String>.Continuation
        var logLevel = Logger.Level.info
        var metadata = Logger.Metadata()
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.yield("\(event.message)") }
    }

    @Test("A dialler that waits is woken for its own site, and not for another")
    func woken() async throws {
        let (here, there) = (try End(), try End())
        // A port that was free a moment ago: nobody answers.
        let (first, port) = try await there.listen()
        try await first.close()
        let (lines, continuation) = AsyncStream<String>.makeStream()
        let alarm = DialAlarm()
        let dialler = PeerDialler(
            site: there.key.siteID,
            addresses: [try #require(PeerAddress("127.0.0.1:\(port)"))],
            transport: here.transport,
            waitMilliseconds: 600_000...600_000,
            alarm: alarm,
            logger: Logger(label: "test") { _ in Lines(lines: continuation) }
        )
        let dialling = Task { try await dialler.run() }
        let failure = try await within {
            for await line in lines { return line }
            throw DeadlinePassed()
        }
        #expect(failure == "a site can not be reached")
        let listener = try await there.transport.listen(host: "127.0.0.1", port: port)
        alarm.ring(here.key.siteID)
        #expect(there.transport.acceptedConnections == 0)
        alarm.ring(there.key.siteID)
        #expect(try await there.events.proven().peerKey == here.key)
        dialling.cancel()
        try await dialling.value
        try await listener.close()
    }
}
