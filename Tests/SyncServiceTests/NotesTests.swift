import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import TestSupport
import Testing

/// `peers.state`, as daemons leave it to each other and to `abscope`.
@Suite("What daemons keep of other sites", .timeLimit(.minutes(10)))
struct NotesTests {
    private let registry: TestRegistry
    private let clinic: Node
    private let silent: Node
    private var path: String { registry.hub.log.root + "/" + PeerNotes.fileName }

    init() throws {
        registry = try TestRegistry()
        clinic = try registry.member("AA")
        silent = try registry.member("BB")
    }

    private func read() throws -> [UInt8] {
        try LinuxFileSystem().readFile(path, limitBytes: PeerNotes.fileBytesMaximum)
    }

    /// Runs both daemons until they are in sync, and ends the hub's first or last.
    private func meet(clinicEndsFirst: Bool = true) async throws {
        let hub = try await registry.hub.start(listens: true)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try hub.peer(clinic).status.word == .inSync }
        for running in clinicEndsFirst ? [daemon, hub] : [hub, daemon] { try await running.stop() }
    }

    @Test(
        "However short a session was, the next daemon knows of it, and of nobody who never came",
        arguments: [true, false]
    )
    func survives(clinicEndsFirst: Bool) async throws {
        try await meet(clinicEndsFirst: clinicEndsFirst)
        let kept = try PeerNotes(try read())
        #expect(kept.peers.map(\.site) == [clinic.log.site])
        #expect(kept.peers.map(\.isConnected) == [false])
        let hub = try await registry.hub.start()
        try await until { try hub.peer(clinic).ageSeconds != nil }
        let known = try hub.peer(clinic)
        #expect(known.status.word == .ended && known.inSyncAgeSeconds != nil && known.epoch == clinic.log.epoch)
        #expect(known.closed == kept.peers[0].closed && known.closed != nil)
        #expect(try hub.peer(silent).ageSeconds == nil)
        try await hub.stop()
        // A daemon that heard nobody leaves the file as it is: the age of what is in it goes by when it was written.
        #expect(try PeerNotes(try read()) == kept)
    }

    @Test("While a site is connected the file says so, for the daemon may be killed")
    func connected() async throws {
        let began = ContinuousClock.now
        let hub = try await registry.hub.start(listens: true)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try hub.peer(clinic).status.word == .inSync }
        // As the daemon does every 30 seconds.
        hub.daemon.site.writeNotes()
        let kept = try PeerNotes(try read())
        #expect(kept.peers.map(\.isConnected) == [true])
        let seconds = UInt64((ContinuousClock.now - began).components.seconds)
        #expect(kept.peers.allSatisfy { $0.ageSeconds.map { $0 <= seconds } == true }, "\(kept.peers)")
        #expect(kept.peers.allSatisfy { $0.inSyncAgeSeconds.map { $0 <= seconds } == true }, "\(kept.peers)")
        try await daemon.stop()
        try await hub.stop()
    }

    @Test("A file that can not be read is said once, and replaced when somebody was heard", arguments: 0..<5)
    func damage(way: Int) async throws {
        try await meet()
        var bytes = try read()
        switch way {
        case 0: bytes[bytes.count / 2] ^= 1
        case 1: bytes.removeLast()
        case 2: bytes = []
        case 3: bytes = Array("nothing of ours".utf8)
        default: bytes = [UInt8](repeating: 0, count: PeerNotes.fileBytesMaximum + 1)
        }
        try LinuxFileSystem().replaceFile(path, with: bytes)
        let hub = try await registry.hub.start(listens: true)
        let said = "what was known of other sites can not be read and is begun anew"
        try await until { hub.lines.has(said) }
        #expect(hub.lines.value("file", of: said) == path)
        #expect(hub.lines.value("why", of: said)?.isEmpty == false)
        #expect(try hub.peer(clinic).ageSeconds == nil)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try hub.peer(clinic).status.word == .inSync }
        try await daemon.stop()
        try await hub.stop()
        #expect(hub.lines.all.filter { $0.message == said }.count == 1)
        #expect(try PeerNotes(try read()).peers.map(\.site) == [clinic.log.site])
    }
}
