import Foundation
import Glibc

/// NATS JetStream: a hub and a leaf server, the hub's file stream mirrored at the leaf.
///
/// The nearest widely used system to "one site's log, copied to another over TCP". It does not sync each message to
/// disk, checks no chain, and here uses no TLS.
final class JetStreamPeer {
    private let hub: Server
    private let leaf: Server
    private let messageCount: Int

    /// Starts both servers and fills the hub's stream, which is not measured.
    init(entries: [[UInt8]], in directory: String) throws {
        messageCount = entries.count
        let ports = (0..<3).map { _ in Self.freePort() }
        hub = try Server(
            name: "hub",
            port: ports[0],
            directory: directory,
            leafNodes: "port: \(ports[2])\n  host: 127.0.0.1"
        )
        leaf = try Server(
            name: "leaf",
            port: ports[1],
            directory: directory,
            leafNodes: "remotes: [ { url: \"nats://127.0.0.1:\(ports[2])\" } ]"
        )
        let client = try NATSClient(port: ports[0])
        try client.request("$JS.API.STREAM.CREATE.CORPUS", #"{"name":"CORPUS","subjects":["corpus"],"storage":"file"}"#)
        for entry in entries { try client.publish("corpus", entry) }
        try client.flush()
        try Self.wait(for: "CORPUS", toHold: messageCount, client)
    }

    /// - Returns: Messages a second from creating the mirror to its holding all of them.
    func mirror() throws -> Double {
        let client = try NATSClient(port: leaf.port)
        let start = Stopwatch.now()
        try client.request(
            "$JS.API.STREAM.CREATE.MIRROR",
            #"{"name":"MIRROR","storage":"file","mirror":{"name":"CORPUS","external":{"api":"$JS.hub.API"}}}"#
        )
        try Self.wait(for: "MIRROR", toHold: messageCount, client)
        let seconds = Stopwatch.now() - start
        try client.request("$JS.API.STREAM.DELETE.MIRROR", "")
        return Double(messageCount) / seconds
    }

    private static func wait(for stream: String, toHold count: Int, _ client: NATSClient) throws {
        struct Info: Decodable {
            struct State: Decodable { var messages: Int }
            var state: State
        }
        let deadline = Stopwatch.now() + 120
        while Stopwatch.now() < deadline {
            let reply = try client.request("$JS.API.STREAM.INFO.\(stream)", "")
            if try JSONDecoder().decode(Info.self, from: reply).state.messages >= count { return }
            usleep(5000)
        }
        throw BenchmarkError("JetStream stream \(stream) did not reach \(count) messages in 120 s")
    }

    /// A port of loopback that nobody listens on now.
    static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                precondition(unsafe bind(descriptor, generic, length) == 0)
                precondition(unsafe getsockname(descriptor, generic, &length) == 0)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// One `nats-server` process with JetStream in a folder of its own; stopped with the object.
    private final class Server {
        let port: UInt16
        private let process = Process()

        init(name: String, port: UInt16, directory: String, leafNodes: String) throws {
            self.port = port
            let configuration = "\(directory)/\(name).conf"
            try """
            server_name: \(name)
            host: 127.0.0.1
            port: \(port)
            jetstream { store_dir: "\(directory)/\(name)", domain: \(name), max_file_store: 20G }
            leafnodes {
              \(leafNodes)
            }
            """.write(toFile: configuration, atomically: false, encoding: .utf8)
            guard
                let program = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"]
                    .first(where: { FileManager.default.isExecutableFile(atPath: $0) })
            else { throw BenchmarkError("nats-server is missing; install Debian's package nats-server") }
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["-c", configuration]
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
        }

        deinit {
            process.terminate()
            process.waitUntilExit()
        }
    }
}
