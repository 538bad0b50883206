import Foundation
import Glibc
import TestSupport

/// Two sites of one registry, as README founds them, and the daemons that run for them.
final class Registry: Sendable {
    let hub: Site
    let clinic: Site
    /// Where the hub listens on 127.0.0.1.
    let port: UInt16

    private init(hub: Site, clinic: Site, port: UInt16) {
        self.hub = hub
        self.clinic = clinic
        self.port = port
    }

    /// Founds, requests, admits and joins.
    static func founded() async throws -> Registry {
        let hub = try await Site.made("HUB", "--found", "Lung registry")
        let registry = Registry(hub: hub, clinic: try await Site.made("CL"), port: try freePort())
        try await registry.admit(registry.clinic)
        return registry
    }

    /// Makes a site a member.
    func admit(_ site: Site) async throws {
        let request = site.folder.path + "/site.request"
        let invitation = site.folder.path + "/site.invitation"
        let asked = try await site.document(["site", "request", "--role", "clinic", "--output", request])
        guard let words = asked["fingerprint"] as? String else { throw Hindrance("the request has no fingerprint") }
        try await hub.must(
            [
                "site", "admit", request, "--address", "127.0.0.1:\(port)", "--fingerprint", words, "--output",
                invitation,
            ]
        )
        try await site.must(["site", "join", invitation])
    }

    /// Starts the hub's daemon and waits until it listens.
    func startHub() async throws -> RunningProgram {
        let daemon = try hub.startDaemon(["--listen", "127.0.0.1:\(port)"])
        try await until("the hub listens") {
            if let status = try daemon.status { throw Hindrance("the hub ended with \(status): \(try daemon.errors)") }
            return try daemon.errors.contains("listening")
        }
        return daemon
    }

    /// Waits until both hold the same.
    func settle(_ seconds: Int = 30) async throws {
        try await until("both sites hold the same", seconds: seconds) {
            try await hub.frontier() == clinic.frontier()
        }
    }

    /// A port nobody listens on.
    private static func freePort() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Hindrance("no socket can be had: error \(errno)") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(socket, pointer, length) != 0 || getsockname(socket, pointer, &length) != 0
            }
        }
        guard !failure else { throw Hindrance("no port is free: error \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}

extension Site {
    /// Starts `abscoped`.
    func startDaemon(_ options: [String] = []) throws -> RunningProgram {
        try RunningProgram(
            try BuiltProgram.abscoped.path(),
            bytes: options.map { Array($0.utf8) },
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        )
    }

    /// The numbers of the cases that are known here.
    func cases() async throws -> [String] {
        let cases = try await document(["case", "list"])["cases"] as? [[String: Any]] ?? []
        return cases.compactMap { $0["case"] as? String }
    }
}

extension RunningProgram {
    /// Asks it to end in order, and gives how it did.
    func terminate() async throws -> Int32 {
        signal(SIGTERM)
        return try await end(seconds: 10)
    }

    /// As a power cut would.
    func killed() async throws {
        signal(SIGKILL)
        guard try await end() == -SIGKILL else { throw Hindrance("it had ended before: \(try errors)") }
    }
}
