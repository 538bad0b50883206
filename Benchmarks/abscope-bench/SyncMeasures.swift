import CaseModel
import CaseStore
import Foundation
import LogFormat
import LogStore
import StoreIO

/// The programs themselves: a bootstrap between two daemons, and one command on a large store.
struct SyncMeasures {
    let directory: String
    /// Where `abscope` and `abscoped` are, built for release.
    let programs: String
    let surroundings: Surroundings

    /// bootstrap.million and daemon.memory: an empty site pulls everything from a sealed one, over mutual TLS.
    func bootstrap(_ entries: [[UInt8]], rounds: Int, _ report: inout Report) throws {
        let hub = "\(directory)/hub"
        try run(["init", "--site", "HUB", "--found", "bench", "--store", hub])
        let sender = try LogStore.open(at: hub, in: surroundings)
        try LogMeasures.fill(sender, entries)
        _ = try sender.closeActiveSegments()
        _ = try sender.seal()
        try sender.close()
        let jetStream = try JetStreamPeer(entries: entries, in: directory)

        var ours: [Double] = []
        var peer: [Double] = []
        var memory: [Double] = []
        for round in 0..<rounds {
            let clinic = "\(directory)/clinic-\(round)"
            let port = JetStreamPeer.freePort()
            try enrol(clinic, alias: Self.alias(round), at: hub, port: port)
            let serving = try start(["--store", hub, "--listen", "127.0.0.1:\(port)"])
            let began = Stopwatch.now()
            let pulling = try start(["--store", clinic])
            let store = try LogStore.open(at: clinic, in: surroundings)
            while try store.frontier().rows.first(where: { $0.feed.site == sender.site && $0.feed.lane == .records })?
                .head.position != UInt64(entries.count)
            {
                guard Stopwatch.now() - began < 600 else { throw BenchmarkError("the bootstrap took more than 600 s") }
                usleep(5000)
            }
            ours.append(Double(entries.count) / (Stopwatch.now() - began))
            memory.append(try Self.peakMegabytes(pulling))
            for process in [pulling, serving] {
                process.terminate()
                process.waitUntilExit()
            }
            try FileManager.default.removeItem(atPath: clinic)
            peer.append(try jetStream.mirror())
        }
        report.add(
            .rate("bootstrap.million/200B", ours: ours.median, peer: peer.median, "NATS JetStream mirror", unit: "1/s"))
        report.add(.cost("daemon.memory/bootstrap", ours: memory.median, peer: nil, nil, unit: "MB"))
    }

    /// cli.show: one case out of many, as a whole process.
    func show(_ entries: (LogStore) throws -> [[UInt8]], rounds: Int, _ report: inout Report) throws {
        let store = try LogStore.create(at: "\(directory)/show", alias: "GY", in: surroundings)
        try LogMeasures.fill(store, try entries(store))
        let names = SiteNames(aliases: [store.site: "GY"], firstEpochs: [store.site: store.epoch])
        let records = try CaseStore(store, names: names, in: surroundings)
        guard let first = try records.caseRecords().first, let number = try names.caseNumber(first) else {
            throw BenchmarkError("the corpus holds no case")
        }
        let arguments = ["case", "show", number.description, "--store", store.root]
        try run(arguments)
        let times = try (0..<max(rounds, 9)).map { _ in
            try Stopwatch.seconds { try run(arguments) } * 1000
        }
        report.add(.cost("cli.show/records", ours: times.median, peer: nil, nil, unit: "ms"))
        try FileManager.default.removeItem(atPath: store.root)
    }

    private func enrol(_ clinic: String, alias: String, at hub: String, port: UInt16) throws {
        try run(["init", "--site", alias, "--store", clinic])
        try run(["site", "request", "--store", clinic, "--output", clinic + ".request"])
        let shown = try run(["site", "request", "--store", clinic, "--json"])
        guard let start = shown.range(of: "\"fingerprint\":\""), let end = shown[start.upperBound...].firstIndex(of: "\"")
        else { throw BenchmarkError("no fingerprint in: \(shown)") }
        let words = String(shown[start.upperBound..<end])
        try run([
            "site", "admit", clinic + ".request", "--store", hub, "--address", "127.0.0.1:\(port)", "--fingerprint", words,
            "--output", clinic + ".invitation",
        ])
        try run(["site", "join", clinic + ".invitation", "--store", clinic])
    }

    /// CA, CB, CC …
    private static func alias(_ round: Int) -> String {
        "C" + String(UnicodeScalar(UInt8(ascii: "A") + UInt8(round % 26)))
    }

    /// The most memory a process had, in MB of 1,000,000 bytes (`VmHWM`).
    private static func peakMegabytes(_ process: Process) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let digits = line.filter(\.isNumber)
            if let kibibytes = Double(digits) { return kibibytes * 1024 / 1e6 }
        }
        throw BenchmarkError("the kernel says nothing of a process's memory")
    }

    private func start(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(programs)/abscoped")
        process.arguments = arguments
        process.environment = environment
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    @discardableResult
    private func run(_ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "\(programs)/abscope")
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError("abscope \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The programs keep their state where this process does.
    private var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": directory, "NO_COLOR": "1"]) { $1 }
    }
}
