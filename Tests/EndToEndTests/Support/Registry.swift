import Foundation
import Glibc
import Synchronization
import TestSupport

/// Two sites of one registry, as README founds them, and the daemons that run for them.
final class Registry: Sendable {
    let hub: Site
    let clinic: Site
    /// Where the hub listens: on a loopback address of this registry's own.
    let host = Registry.ownHost()
    /// Below those that the kernel chooses from.
    let port: UInt16 = 17_117
    var address: String { "\(host):\(port)" }

    private init(hub: Site, clinic: Site) {
        self.hub = hub
        self.clinic = clinic
    }

    /// Founds, requests, admits and joins; a site that is given has an operator and is in no registry.
    static func founded(with clinic: Site? = nil) async throws -> Registry {
        let hub = try await Site.made("HUB", "--found", "Lung registry")
        let made = if let clinic { clinic } else { try await Site.made("CL") }
        let registry = Registry(hub: hub, clinic: made)
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
                "site", "admit", request, "--address", address, "--fingerprint", words, "--output",
                invitation,
            ]
        )
        try await site.must(["site", "join", invitation])
    }

    /// Starts the hub's daemon and waits until it listens.
    func startHub() async throws -> RunningProgram {
        let daemon = try hub.startDaemon(["--listen", address])
        try await until("the hub listens") {
            if let status = try daemon.status { throw Hindrance("the hub ended with \(status): \(try daemon.errors)") }
            return try daemon.errors.contains("listening")
        }
        return daemon
    }

    /// Waits until both hold the same.
    func settle() async throws {
        try await until("both sites hold the same") {
            try await hub.frontier() == clinic.frontier()
        }
    }

    private static let founded = Atomic<Int>(0)

    /// A loopback address of this registry's own. A port of 127.0.0.1 that is free now may be anybody's when the hub
    /// starts, or starts again: every test opens sockets, and the kernel chooses their ports.
    private static func ownHost() -> String {
        let (process, number) = (Int(getpid()), founded.add(1, ordering: .relaxed).newValue)
        return "127.\(1 + process >> 8 & 0x7F).\(process & 0xFF).\(1 + number % 250)"
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
        return try await end()
    }

    /// As a power cut would.
    func killed() async throws {
        signal(SIGKILL)
        guard try await end() == -SIGKILL else { throw Hindrance("it had ended before: \(try errors)") }
    }
}
