import Foundation
import LogFormat
import LogStore
import StoreIO

/// The programs themselves: a bootstrap between two daemons.
struct SyncMeasures {
    let bench: Workbench

    /// bootstrap.million and daemon.memory: an empty site pulls everything from a sealed one, over mutual TLS.
    func bootstrap(_ report: inout Report) throws {
        let entries = try bench.entries(.plain)
        let hub = "\(bench.directory)/hub"
        try bench.run(["init", "--site", "HUB", "--found", "bench", "--store", hub])
        let sender = try LogStore.open(at: hub, in: bench.surroundings)
        try LogMeasures.fill(sender, entries)
        _ = try sender.closeActiveSegments()
        _ = try sender.seal()
        try sender.close()
        let jetStream = try JetStreamPeer(entries: entries, in: bench.directory)

        var ours: [Double] = []
        var peer: [Double] = []
        var memory: [Double] = []
        for round in 0..<bench.rounds {
            let clinic = "\(bench.directory)/clinic-\(round)"
            let port = JetStreamPeer.freePort()
            try enrol(clinic, alias: Self.alias(round), at: hub, port: port)
            let serving = try start(["--store", hub, "--listen", "127.0.0.1:\(port)"])
            let began = Stopwatch.now()
            let pulling = try start(["--store", clinic])
            let store = try LogStore.open(at: clinic, in: bench.surroundings)
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
        report.add(Row("bootstrap.million", "200 B", ours, "1/s", peer: (peer, "NATS JetStream mirror")))
        report.add(Row("daemon.memory", "bootstrap", memory, "MB"))
    }

    private func enrol(_ clinic: String, alias: String, at hub: String, port: UInt16) throws {
        try bench.run(["init", "--site", alias, "--store", clinic])
        try bench.run(["site", "request", "--store", clinic, "--output", clinic + ".request"])
        let shown = try bench.run(["site", "request", "--store", clinic, "--json"])
        guard let start = shown.range(of: "\"fingerprint\":\""),
            let end = shown[start.upperBound...].firstIndex(of: "\"")
        else { throw BenchmarkError("no fingerprint in: \(shown)") }
        let words = String(shown[start.upperBound..<end])
        try bench.run([
            "site", "admit", clinic + ".request", "--store", hub, "--address", "127.0.0.1:\(port)", "--fingerprint",
            words,
            "--output", clinic + ".invitation",
        ])
        try bench.run(["site", "join", clinic + ".invitation", "--store", clinic])
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
        process.executableURL = URL(fileURLWithPath: "\(bench.programs)/abscoped")
        process.arguments = arguments
        process.environment = bench.environment
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
