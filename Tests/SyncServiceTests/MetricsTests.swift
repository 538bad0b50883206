import Foundation
import Logging
import NIOCore
import StoreIO
import SyncService
import Synchronization
import TestSupport
import Testing

@Suite("Metrics", .timeLimit(.minutes(10)))
struct MetricsTests {
    private static let samples = [
        MetricSample("a_bytes", .gauge, help: "First\\ line\nsecond.", labels: [("site", "x\"y\\z\n")], value: 1.5),
        MetricSample("b_total", .counter, help: "B.", value: 12_345_678),
        MetricSample("a_bytes", .gauge, help: "ignored", labels: [("site", "2")], value: .infinity),
    ]

    @Test("Samples of one name stand together, with what the format needs escaped")
    func text() {
        #expect(
            PrometheusText.rendered(Self.samples) == """
                # HELP a_bytes First\\\\ line\\nsecond.
                # TYPE a_bytes gauge
                a_bytes{site="x\\"y\\\\z\\n"} 1.5
                a_bytes{site="2"} +Inf
                # HELP b_total B.
                # TYPE b_total counter
                b_total 12345678

                """
        )
    }

    @Test("A file has the same text from the start on, and when asked for; one that can not be written is said")
    func textfile() async throws {
        let folder = try TemporaryDirectory()
        let (path, lines) = (folder.path + "/abscope.prom", LogLines())
        let round = Round()
        func left() throws -> String {
            String(decoding: try LinuxFileSystem().readFile(path, limitBytes: 4096), as: UTF8.self)
        }
        func textfile(_ path: String) -> MetricsTextfile {
            MetricsTextfile(path: path, in: LinuxFileSystem(), logger: Logger(label: "test") { _ in lines }) {
                [MetricSample("round", .counter, help: "R.", value: round.number.withLock { $0 })]
            }
        }
        let first = textfile(path)
        let task = Task { try await first.run() }
        try await until { FileManager.default.fileExists(atPath: path) }
        #expect(try left().hasSuffix("\nround 1\n"))
        #expect(try LinuxFileSystem().status(path)?.mode == 0o644, "a collector is another account")
        round.number.withLock { $0 = 2 }
        task.cancel()
        try await task.value
        await first.write()
        #expect(try left().hasSuffix("\nround 2\n"))
        #expect(!lines.has("the metrics can not be written"))
        let nowhere = textfile(folder.path + "/none/abscope.prom")
        let other = Task { try await nowhere.run() }
        try await until { lines.has("the metrics can not be written") }
        other.cancel()
        try await other.value
    }

    @Test("The file is written on a thread that may block, and not on one of those that many tasks share")
    func blocking() async throws {
        let inTask = Mutex<[Bool]>([])
        let disk = SimulatedDisk(seed: 1, machineID: "machine")
        let faults = FaultPlan { _ in
            let isInTask = unsafe withUnsafeCurrentTask { unsafe $0 != nil }
            inTask.withLock { $0.append(isInTask) }
            return nil
        }
        let fileSystem = disk.process("abscoped", faults: faults).surroundings.fileSystem
        try fileSystem.makeDirectories("/metrics")
        inTask.withLock { $0 = [] }
        let lines = LogLines()
        let logger = Logger(label: "test") { _ in lines }
        let textfile = MetricsTextfile(path: "/metrics/abscope.prom", in: fileSystem, logger: logger) {
            [MetricSample("round", .counter, help: "R.", value: 1)]
        }
        await textfile.write()
        let calls = inTask.withLock { $0 }
        #expect(calls.count > 2 && !calls.contains(true))
        #expect(lines.all.isEmpty, "all of it goes through the file system that was given")
        let left = try fileSystem.readFile("/metrics/abscope.prom", limitBytes: 4096)
        #expect(String(decoding: left, as: UTF8.self).hasSuffix("\nround 1\n"))
    }

    private final class Round: Sendable { let number = Mutex(1.0) }

    private func ask(
        _ bytes: [UInt8],
        milliseconds: Int64 = 120_000,
        bytewise: Bool = false
    ) async throws -> String {
        let address = try #require(PeerAddress("127.0.0.1:0", allowsAnyPort: true))
        let endpoint = MetricsEndpoint(address: address, requestMilliseconds: milliseconds) { Self.samples }
        let channel = try await endpoint.listen()
        let port = try #require(channel.localAddress?.port)
        let answer = try await plainExchange(port: port, sending: bytes, bytewise: bytewise)
        try await channel.close()
        return String(decoding: answer, as: UTF8.self)
    }

    @Test(
        "Each request has its answer",
        arguments: [
            ("GET /metrics HTTP/1.1", "HTTP/1.1 200 OK", "b_total 12345678\n"),
            ("GET /metrics?x=1 HTTP/1.0", "HTTP/1.1 200 OK", "b_total 12345678\n"),
            ("GET /healthz HTTP/1.1", "HTTP/1.1 200 OK", "\r\n\r\nok\n"),
            ("GET / HTTP/1.1", "HTTP/1.1 404 Not Found", "/healthz.\n"),
            ("POST /metrics HTTP/1.1", "HTTP/1.1 405 Method Not Allowed", "Only GET is answered.\n"),
            ("nonsense", "HTTP/1.1 400 Bad Request", "request.\n"),
        ]
    )
    func answers(line: String, begin: String, end: String) async throws {
        let answer = try await ask(Array("\(line)\r\nHost: x\r\n\r\n".utf8))
        #expect(answer.hasPrefix(begin))
        #expect(answer.hasSuffix(end))
        #expect(try await ask(Array("\(line)\r\nHost: x\r\n\r\n".utf8), bytewise: true) == answer)
    }

    @Test("A request that is too long is refused, and one that never ends is closed without an answer")
    func bounds() async throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: MetricsEndpoint.requestBytesMaximum + 1)
        #expect(try await ask(long).hasPrefix("HTTP/1.1 431"))
        #expect(try await ask(Array("GET /met".utf8), milliseconds: 100).isEmpty)
    }

    @Test("An address that is taken is named")
    func taken() async throws {
        let any = try #require(PeerAddress("127.0.0.1:0", allowsAnyPort: true))
        let first = try await MetricsEndpoint(address: any) { [] }.listen()
        let port = try #require(first.localAddress?.port)
        let same = try #require(PeerAddress("127.0.0.1:\(port)"))
        let failure = await #expect(throws: ListenFailure.self) {
            try await MetricsEndpoint(address: same) { [] }.listen()
        }
        #expect(failure?.description.contains("Another program listens on 127.0.0.1:\(port)") == true)
        try await first.close()
    }
}
