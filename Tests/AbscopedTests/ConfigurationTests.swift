import Foundation
import Logging
import SyncService
import TestSupport
import Testing

@testable import abscoped

@Suite("Configuration of the daemon")
struct ConfigurationTests {
    private func load(
        _ commandLine: ConfigurationLoader.CommandLine = .init(),
        _ environment: [String: String] = [:],
        file text: String? = nil
    ) async throws -> (configuration: DaemonConfiguration, store: String?) {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/abscoped.yaml"
        if let text { try Data(text.utf8).write(to: URL(filePath: path)) }
        return try await ConfigurationLoader(commandLine, environment: environment, file: text == nil ? nil : path)
            .load()
    }

    @Test("Nothing said gives the defaults")
    func defaults() async throws {
        let loaded = try await load()
        #expect(loaded.configuration == DaemonConfiguration())
        #expect(loaded.store == nil)
    }

    @Test("The file sets every key")
    func file() async throws {
        let loaded = try await load(
            file: """
                # A comment
                store: /var/lib/abscope
                listen: ["0.0.0.0:7117", "[::]:7117"]
                peers:
                  - hub.example.org:7117
                rate: 32000
                metrics: 127.0.0.1:9117
                metrics-file: /var/lib/abscope/abscope.prom
                log:
                  level: debug
                  format: json
                seal-after-minutes: 15
                """
        )
        let configuration = loaded.configuration
        #expect(loaded.store == "/var/lib/abscope")
        #expect(configuration.listen.map(\.description) == ["0.0.0.0:7117", "[::]:7117"])
        #expect(configuration.peers.map(\.description) == ["hub.example.org:7117"])
        #expect(configuration.rateBytesPerSecond == 32_000)
        #expect(configuration.metrics?.description == "127.0.0.1:9117")
        #expect(configuration.metricsFile == "/var/lib/abscope/abscope.prom")
        #expect(configuration.logLevel == .debug)
        #expect(configuration.logFormat == .json)
        #expect(configuration.sealAfterMinutes == 15)
    }

    @Test("The command line beats the environment, which beats the file")
    func precedence() async throws {
        let text = "store: /file\nrate: 1\nlisten: [\"a:1\"]\n"
        let variables = ["ABSCOPED_RATE": "2", "ABSCOPE_STORE": "/environment", "ABSCOPED_LISTEN": "b:2, c:3"]
        #expect(try await load(file: text).configuration.rateBytesPerSecond == 1)
        let second = try await load(.init(), variables, file: text)
        #expect(second.configuration.rateBytesPerSecond == 2)
        #expect(second.configuration.listen.map(\.description) == ["b:2", "c:3"])
        #expect(second.store == "/environment")
        let third = try await load(.init(store: "/said", listen: ["d:4"], rate: 3), variables, file: text)
        #expect(third.configuration.rateBytesPerSecond == 3)
        #expect(third.configuration.listen.map(\.description) == ["d:4"])
        #expect(third.store == "/said")
    }

    @Test(
        "A mistake in the file is one sentence that names the line",
        arguments: [
            ("rate: 1\nlisen: [\"a:1\"]", "line 2, has no setting 'lisen'. Did you mean 'listen'?"),
            ("budget: 10M", "line 1, has no setting 'budget'. There are 'budget.day', 'budget.month'."),
            ("log:\n  levle: info", "line 2, has no setting 'log.levle'. Did you mean 'log.level'?"),
            ("rate: fast", "line 1) is not a whole number of bytes a second."),
            ("rate: 0", "is 1 to 1000000000 bytes a second, not 0."),
            ("listen: 7117", "line 1) is not a list of host:port."),
            ("listen: [\"7117\"]", "not '7117'."),
            ("metrics: 0.0.0.0:9117", "is shown on loopback only"),
            ("metrics-file: abscope.prom", "is the absolute path of a file"),
            ("log:\n  level: loud", "not 'loud'."),
            ("log: {level: info}", "line 1 is not understood"),
            ("rate: 1\nrate: 2", "line 2: 'rate' is set in line 1 already."),
            ("rate: [1", "is not YAML"),
        ]
    )
    func mistakes(text: String, sentence: String) async throws {
        let failure = await #expect(throws: DaemonFailure.self) { try await load(file: text) }
        #expect(failure?.status == .configuration)
        #expect(failure?.description.contains(sentence) == true, "\(failure?.description ?? "")")
        #expect(failure?.description.contains("\n") == false)
    }

    @Test("A variable that is no setting is refused with the nearest one")
    func variables() async throws {
        let failure = await #expect(throws: DaemonFailure.self) { try await load(.init(), ["ABSCOPED_RAET": "1"]) }
        #expect(failure?.description == "the environment has no setting 'ABSCOPED_RAET'. Did you mean 'ABSCOPED_RATE'?")
    }

    @Test(
        "The program says what is wrong and ends with the status for it",
        arguments: [
            (["--check"], Int32(0), ""),
            (["--version"], 0, ""),
            (["--rat", "1"], 64, "Did you mean '--rate'?"),
            ([], 64, "No store is named"),
            (["--check", "--listen", "nowhere"], 64, "'listen' (--listen)"),
            (["--store", "/nonexistent/store"], 66, "There is no such folder"),
            (["--store", "/dev/null"], 66, "not a folder"),
            (["--config", "/nonexistent.yaml"], 66, "can not be read"),
        ]
    )
    func program(arguments: [String], status: Int32, sentence: String) throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        let process = Process()
        process.executableURL = URL(filePath: root + "/.build/debug/abscoped")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == status)
        #expect(sentence.isEmpty ? said.isEmpty : said.contains(sentence))
    }
}

@Suite("Log lines of the daemon")
struct LogLineTests {
    private let fields = [("plain", "GY"), ("why", "two words=\"x\"\n\u{1b}[31m")]

    @Test("An event is one line in either form, whatever a value holds")
    func oneLine() throws {
        let text = LineLogHandler.line(.text, at: "T", .notice, "in sync", fields)
        #expect(text == "T notice in sync plain=GY why=\"two words=\\\"x\\\"\\n\\u001b[31m\"\n")
        let json = LineLogHandler.line(.json, at: "T", .notice, "in sync", fields)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String])
        #expect(object["why"] == fields[1].1)
        #expect(object["message"] == "in sync")
        #expect(json.filter { $0 == "\n" }.count == 1)
    }

    @Test(
        "The time is UTC",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (1_735_689_599, "2024-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ]
    )
    func time(seconds: Int64, stamp: String) { #expect(LineLogHandler.stamp(seconds) == stamp) }
}
