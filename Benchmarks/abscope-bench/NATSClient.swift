import Foundation
import Glibc

/// The few verbs of the NATS text protocol that the benchmark needs, over one blocking socket.
final class NATSClient {
    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var outgoing: [UInt8] = []
    private var requestCount = 0

    /// Connects, waiting up to 10 s for the server to come up.
    init(port: UInt16) throws {
        var connected: Int32 = -1
        let deadline = Stopwatch.now() + 10
        while connected < 0, Stopwatch.now() < deadline {
            let candidate = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(candidate, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 {
                connected = candidate
            } else {
                close(candidate)
                usleep(20_000)
            }
        }
        guard connected >= 0 else { throw BenchmarkError("nats-server does not answer on port \(port)") }
        descriptor = connected
        send(#"CONNECT {"verbose":false,"pedantic":false,"headers":true}"# + "\r\nPING\r\n")
        try flush()
        while try line() != "PONG" {}
    }

    deinit { close(descriptor) }

    func publish(_ subject: String, _ payload: [UInt8]) throws {
        send("PUB \(subject) \(payload.count)\r\n")
        outgoing += payload
        send("\r\n")
        if outgoing.count > 1 << 20 { try flush() }
    }

    /// Sends a request and waits for its one reply.
    @discardableResult
    func request(_ subject: String, _ payload: String) throws -> Data {
        requestCount += 1
        let inbox = "_INBOX.bench.\(getpid()).\(requestCount)"
        send("SUB \(inbox) \(requestCount)\r\nUNSUB \(requestCount) 1\r\n")
        send("PUB \(subject) \(inbox) \(payload.utf8.count)\r\n\(payload)\r\n")
        try flush()
        while true {
            let words = try line().split(separator: " ")
            if words.first == "PING" {
                send("PONG\r\n")
                try flush()
            } else if words.first == "MSG", let length = words.last.flatMap({ Int($0) }) {
                let body = try take(length + 2).dropLast(2)
                let text = String(decoding: body, as: UTF8.self)
                if text.contains("\"error\"") { throw BenchmarkError("\(subject): \(text)") }
                return Data(body)
            } else if words.first == "HMSG" || words.first == "-ERR" {
                throw BenchmarkError("\(subject): \(words.joined(separator: " "))")
            }
        }
    }

    func flush() throws {
        var sent = 0
        while sent < outgoing.count {
            let count = unsafe outgoing.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, 0)
            }
            guard count > 0 else { throw BenchmarkError("nats-server closed the connection") }
            sent += count
        }
        outgoing.removeAll(keepingCapacity: true)
    }

    private func send(_ text: String) { outgoing += text.utf8 }

    private func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let text = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                return text.trimmingCharacters(in: .whitespaces.union(.newlines))
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while unread.count < count { try receive() }
        defer { unread.removeSubrange(..<count) }
        return Array(unread[..<count])
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw BenchmarkError("nats-server closed the connection") }
        unread += buffer[..<count]
    }
}
