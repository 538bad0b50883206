import Foundation

/// A site for a measure: its folder, and the programs that work on it.
struct Site {
    let bench: Workbench
    let folder: String

    /// A site that founds a registry.
    static func founding(_ alias: String, in bench: Workbench) throws -> Site {
        let site = Site(bench: bench, folder: "\(bench.directory)/\(bench.nextNumber())-\(alias)")
        try bench.run(["init", "--site", alias, "--found", "bench", "--store", site.folder])
        return site
    }

    /// Makes another site of this site's registry, that dials it at a port of loopback.
    func admitting(_ alias: String, port: UInt16) throws -> Site {
        let site = Site(bench: bench, folder: "\(bench.directory)/\(bench.nextNumber())-\(alias)")
        try bench.run(["init", "--site", alias, "--store", site.folder])
        try bench.run(["site", "request", "--store", site.folder, "--output", site.folder + ".request"])
        struct Request: Decodable { var fingerprint: String }
        let shown = try bench.run(["site", "request", "--store", site.folder, "--json"])
        let words = try JSONDecoder().decode(Request.self, from: Data(shown.utf8)).fingerprint
        try bench.run([
            "site", "admit", site.folder + ".request", "--store", folder, "--address", "127.0.0.1:\(port)",
            "--fingerprint", words, "--output", site.folder + ".invitation",
        ])
        try bench.run(["site", "join", site.folder + ".invitation", "--store", site.folder])
        return site
    }

    func daemon(_ arguments: [String] = [], isTalkative: Bool = false) throws -> Daemon {
        try Daemon(["--store", folder] + arguments, in: bench, isTalkative: isTalkative)
    }

    func remove() throws { try FileManager.default.removeItem(atPath: folder) }
}

/// A running `abscoped`; ended with the object.
final class Daemon {
    let process = Process()
    private let lines = Pipe()
    private var read: [UInt8] = []

    /// A talkative one says how each peer stands: then it has to be waited for every time, for what it says is read only
    /// then, and nobody writes into a pipe that is full.
    init(_ arguments: [String], in bench: Workbench, isTalkative: Bool = false) throws {
        process.executableURL = URL(fileURLWithPath: "\(bench.programs)/abscoped")
        process.arguments = arguments + ["--log-level", isTalkative ? "info" : "notice"]
        process.environment = bench.environment
        process.standardError = lines
        try process.run()
    }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// Waits until it says a line that holds some words; lines before that are passed over.
    func wait(for words: String, seconds: Double = 60) throws {
        let deadline = Stopwatch.now() + seconds
        while true {
            if let end = read.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: read[..<end], as: UTF8.self)
                read.removeFirst(end + 1)
                if line.contains(words) { return }
                continue
            }
            let left = Int32((deadline - Stopwatch.now()) * 1000)
            var descriptor = pollfd(fd: lines.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, unsafe poll(&descriptor, 1, left) > 0 else {
                throw BenchmarkError("abscoped did not say “\(words)” in \(seconds) s")
            }
            let more = lines.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BenchmarkError("abscoped ended before it said “\(words)”") }
            read += more
        }
    }

    /// A figure of the kernel about its memory, in MB of 1,000,000 bytes: `VmHWM` is the most it had, `VmRSS` what it has.
    func megabytes(_ name: String) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        for line in status.split(separator: "\n") where line.hasPrefix("\(name):") {
            if let kibibytes = Double(line.filter(\.isNumber)) { return kibibytes * 1024 / 1e6 }
        }
        throw BenchmarkError("the kernel says nothing of a process's memory")
    }

    /// Seconds of processor time, its own and the kernel's for it.
    func processorSeconds() throws -> Double {
        let line = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
        // After the name in brackets the state is the third field, and the times are the 14th and 15th.
        let fields = line.suffix(from: line.lastIndex(of: ")") ?? line.startIndex).split(separator: " ")
        guard fields.count > 14, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw BenchmarkError("the kernel says nothing of a process's time")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
