import Foundation

/// Debian's `rsync`, over TCP on loopback from a daemon of its own: it copies files, syncs nothing to the disk and verifies
/// nothing but that the bytes arrived.
final class RsyncPeer {
    private let server = Process()
    private let port = JetStreamPeer.freePort()
    private let target: String

    init(_ folder: String, in directory: String) throws {
        target = "\(directory)/rsync-copy"
        let configuration = "\(directory)/rsync.conf"
        try """
        use chroot = false
        uid = \(getuid())
        gid = \(getgid())
        [store]
        path = \(folder)
        read only = true
        """.write(toFile: configuration, atomically: false, encoding: .utf8)
        server.executableURL = URL(fileURLWithPath: try Self.program())
        server.arguments = [
            "--daemon", "--no-detach", "--address=127.0.0.1", "--port=\(port)", "--config=\(configuration)",
        ]
        server.standardError = FileHandle.nullDevice
        try server.run()
        // It does not say when it listens.
        let deadline = Stopwatch.now() + 10
        while try run(["rsync://127.0.0.1:\(port)/"]).status != 0 {
            guard Stopwatch.now() < deadline else { throw BenchmarkError("rsync does not answer") }
            usleep(20_000)
        }
    }

    deinit {
        server.terminate()
        server.waitUntilExit()
    }

    /// - Returns: Seconds to copy the whole folder to an empty one.
    func copy() throws -> Double {
        let copied = try run(["--archive", "rsync://127.0.0.1:\(port)/store/", target + "/"])
        guard copied.status == 0 else { throw BenchmarkError("rsync ended with \(copied.status)") }
        try FileManager.default.removeItem(atPath: target)
        return copied.seconds
    }

    private func run(_ arguments: [String]) throws -> Command.Result {
        try Command.run(try Self.program(), arguments, acceptsFailure: true)
    }

    private static func program() throws -> String {
        let path = "/usr/bin/rsync"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw BenchmarkError("rsync is missing; install Debian's package rsync")
        }
        return path
    }
}
