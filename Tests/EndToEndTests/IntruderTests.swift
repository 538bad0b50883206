import Crypto
import Foundation
import TestSupport
import Testing

/// Who comes to the hub's port and is not a site of the registry at its work: the daemon says why in one line, gives
/// nothing away, needs no more memory, and serves the honest site all the while.
@Suite("Intruders", .enabled(if: Intruder.isPossible, "needs /usr/bin/openssl"), .timeLimit(.minutes(10)))
struct IntruderTests {
    private static let notALength: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F, 0x84]

    /// The hub is at work, `visit` happens, and the hub goes on.
    private func visited(
        says why: String,
        _ visit: (Registry) async throws -> [RunningProgram]
    ) async throws {
        let registry = try await Registry.founded()
        let hub = try await registry.startHub()
        let visitors = try await visit(registry)
        for visitor in visitors {
            _ = try await visitor.end()
            let heard = try visitor.output
            #expect(!heard.contains("Lung registry") && !heard.contains("Wang"), "an intruder is told nothing")
        }
        try await until("the log says why") { try hub.errors.contains(why) }
        let lines = try hub.errors.split(separator: "\n").filter { $0.contains(" refused ") }
        #expect(lines.count == 1, "\(lines)")

        let clinic = try registry.clinic.startDaemon()
        let number = try await registry.clinic.addCase()
        try await until("the honest site is served") { try await registry.hub.cases().contains(number) }
        #expect(try hub.peakMemoryBytes() < 192 << 20)
        #expect(try await clinic.terminate() == 0)
        #expect(try await hub.terminate() == 0)
        #expect(try await registry.hub.document(["log", "verify"])["damaged"] as? Bool == false)
    }

    @Test("without a certificate nothing is learnt")
    func noCertificate() async throws {
        let intruder = try Intruder()
        try await visited(says: "the TLS handshake failed") { registry in
            let visitor = try intruder.connect(to: registry.address)
            #expect(try await visitor.end() != 0)
            #expect(try visitor.output.isEmpty)
            return [visitor]
        }
    }

    @Test("a key that the roster does not list is sent nothing, and told to ask for admission at most")
    func stranger() async throws {
        let intruder = try await Intruder(seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
        try await visited(says: "not in the roster") { registry in
            let visitor = try intruder.connect(to: registry.address)
            _ = try await visitor.end()
            #expect(try visitor.output.utf8.count < 512, "at most a last word")
            return [visitor]
        }
    }

    @Test("a stranger who sends a length beyond every limit is closed at once")
    func strangerLength() async throws {
        let intruder = try await Intruder(seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
        try await visited(says: "a length is beyond its limit") { registry in
            [try intruder.connect(to: registry.address, sending: Self.notALength)]
        }
    }

    @Test("a member who sends a length beyond every limit is closed")
    func memberLength() async throws {
        try await visited(says: "a length is beyond its limit") { registry in
            let site = try await Site.made("BAD")
            try await registry.admit(site)
            let renegade = try await Renegade(site)
            let intruder = try await Intruder(seed: renegade.seed)
            return [try intruder.connect(to: registry.address, sending: renegade.hello + Self.notALength)]
        }
    }

    @Test("a member whose block inflates beyond what it claims is closed, and nothing of it is kept")
    func bomb() async throws {
        try await visited(says: "data arrived that is not what it claims to be") { registry in
            let site = try await Site.made("BAD")
            try await registry.admit(site)
            let renegade = try await Renegade(site)
            let intruder = try await Intruder(seed: renegade.seed)
            return [try intruder.connect(to: registry.address, sending: renegade.hello + (try await renegade.bomb()))]
        }
    }

    @Test("a ticket for coming back proves no key: a member's TLS session that is resumed gets nothing")
    func ticket() async throws {
        try await visited(says: "the key is not welcome") { registry in
            let site = try await Site.made("BAD")
            try await registry.admit(site)
            let intruder = try await Intruder(seed: try await Renegade(site).seed)
            try await intruder.takeTicket(from: registry.address)
            let visitor = try intruder.resume(at: registry.address)
            _ = try await visitor.end()
            let said = try visitor.output
            #expect(said.contains("Reused, TLSv1.3"), "the ticket was taken: \(said)")
            return [visitor]
        }
    }

    @Test("sixty connections that say nothing are closed in time")
    func silence() async throws {
        try await visited(says: "no TLS handshake in time") { registry in
            // Open until the other end closes: bash reads to the end of what comes.
            let script = "for i in {1..60}; do exec {c}<>/dev/tcp/\(registry.host)/\(registry.port); done; cat <&$c"
            let visitor = try await registry.clinic.background("/bin/bash", ["-c", script])
            return [visitor]
        }
    }

    @Test("garbage is refused as no TLS")
    func garbage() async throws {
        try await visited(says: "the TLS handshake failed") { registry in
            let script =
                "exec 3<>/dev/tcp/\(registry.host)/\(registry.port); head -c 20000 /dev/urandom | tr -d '\\026' >&3"
            return [try await registry.clinic.background("/bin/bash", ["-c", "trap '' PIPE; " + script + "; cat <&3"])]
        }
    }
}

extension Site {
    /// Starts any program.
    fileprivate func background(_ program: String, _ arguments: [String]) async throws -> RunningProgram {
        try RunningProgram(program, bytes: arguments.map { Array($0.utf8) }, in: folder)
    }
}
