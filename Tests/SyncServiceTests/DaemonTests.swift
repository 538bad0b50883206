import LogFormat
import LogStore
import SyncProtocol
import SyncService
import Testing

/// Daemons with real stores, over TLS on loopback.
@Suite("Daemons", .timeLimit(.minutes(2)))
struct DaemonTests {
    @Test("A site that was never heard from has no age; one that was has")
    func neverHeard() async throws {
        let registry = try TestRegistry()
        let (clinic, silent) = (try registry.member("AA"), try registry.member("BB"))
        let hub = try await registry.hub.start(listens: true)
        #expect(try hub.peer(clinic).ageSeconds == nil)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try hub.peer(clinic).status.word == .inSync }
        #expect(try hub.peer(clinic).ageSeconds != nil)
        #expect(try hub.peer(silent).ageSeconds == nil)
        try await daemon.stop()
        try await hub.stop()
    }

    @Test("A site is dialled at the address that the roster names now, without a restart; a revoked one is let go")
    func movedSite() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        let nowhere = try #require(PeerAddress("127.0.0.1:1"))
        try registry.admit(clinic, addresses: [nowhere])
        let hub = try await registry.hub.start()
        let daemon = try await clinic.start(listens: true)
        try await until { hub.lines.value("address", of: "a site can not be reached") == "\(nowhere)" }
        try registry.admit(clinic, addresses: [try daemon.address])
        try await until { try hub.peer(clinic).status.word == .inSync }
        try registry.revoke(clinic)
        try await until { !daemon.lines.all.filter { $0.metadata["why"]?.contains("revoked") == true }.isEmpty }
        try await daemon.stop()
        try await hub.stop()
    }

    @Test("What is left to send has bytes as soon as it is recorded, and when the other side took the rest larger")
    func bytesToSend() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        // The hub keeps what it is sent; the clinic will have sealed it to a fraction.
        _ = try clinic.log.append((0..<200).map { _ in [UInt8](repeating: 7, count: 900) }, to: .records)
        let hub = try await registry.hub.start(listens: true)
        let first = try await clinic.start(dials: try hub.address)
        try await until { try first.peer(registry.hub).status.word == .inSync }
        try await first.stop()
        #expect(try clinic.log.closeActiveSegments() > 0)
        #expect(try clinic.log.seal() != nil)

        let second = try await clinic.start(dials: try hub.address, rate: 100)
        try await until { try second.peer(registry.hub).status.word == .inSync }
        _ = try clinic.log.append([[UInt8](repeating: 8, count: 500)], to: .urgent)
        _ = try clinic.log.append([[UInt8](repeating: 9, count: 500)], to: .records)
        try await until { try second.peer(registry.hub).status.toSend.entries == 2 }
        let left = try second.peer(registry.hub).status.toSend
        #expect(left.bytes >= 500)
        try await second.stop()
        try await hub.stop()
    }
}
