import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import TestSupport
import Testing

/// `peers.state` and `sites.state`, as daemons leave them to each other and to `abscope`.
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

    @Test(
        "What kept a site away does not hide that nobody listens there now, but where it is kept away for good",
        arguments: [CloseReason.notAdmitted, .revoked, .disconnected]
    )
    func unreachableNow(reason: CloseReason) async throws {
        let nowhere = try #require(PeerAddress("127.0.0.1:1"))
        try registry.admit(clinic, addresses: [nowhere])
        var status = SyncStatus()
        status.word = .cutOff
        let peer = ControlReply.Peer(
            site: clinic.log.site,
            epoch: nil,
            status: status,
            ageSeconds: 60,
            inSyncAgeSeconds: nil,
            closed: "as another release says it",
            closedReason: reason,
            isConnected: false,
            openIncidents: 0
        )
        let notes = PeerNotes(writtenMilliseconds: SystemClock().millisecondsSinceEpoch(), peers: [peer])
        try LinuxFileSystem().replaceFile(path, with: notes.encoded)
        let hub = try await registry.hub.start()
        try await until { hub.lines.has("a site can not be reached") }
        let known = try hub.peer(clinic)
        let dialled = "\(nowhere): nobody listens there"
        switch reason {
        case .revoked: #expect(known.closed == "\(reason)")
        case .notAdmitted: #expect(known.closed?.hasPrefix("\(reason); \(dialled)") == true, "\(known)")
        default: #expect(known.closed?.hasPrefix(dialled) == true, "\(known)")
        }
        #expect(known.closedReason == reason)
        try await hub.stop()
    }

    private var file: SiteNotesFile { SiteNotesFile(in: registry.hub.log.root, LinuxFileSystem()) }

    private func noted() throws -> SiteNotes { try file.read { Issue.record("damaged: \($0)") } }

    @Test(
        "What a site said it holds outlives the daemon, with heads to push from, and what a bundle told is not lost by it"
    )
    func siteNotes() async throws {
        _ = try clinic.log.append([[1], [2]], to: .records)
        try await meet()
        let note = try #require(try noted()[clinic.log.site])
        let row = try #require(note.memory.vector[clinic.records])
        #expect(row.position == 2 && note.isOfConnection && note.memory.epoch == clinic.log.epoch)
        let hubHead = try registry.hub.log.feeds().first { $0.feed.site == registry.hub.log.site }
        let hubFeed = try #require(hubHead)
        #expect(note.memory.acknowledged.contains(.init(feed: hubFeed.feed, head: hubFeed.attested)))
        // A command takes a bundle of another site while a daemon runs.
        let hub = try await registry.hub.start(listens: true)
        let statement = BundleStatement(
            hello: .init(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: try #require(registry.hub.log.registry),
                site: silent.log.site,
                epoch: silent.log.epoch,
                wallMilliseconds: 5,
                program: "test"
            ),
            vector: note.memory.vector
        )
        let heads = try statement.heads(in: registry.hub.log)
        #expect(heads.map(\.feed).contains(clinic.records))
        let taken = try file.change(waitingNanoseconds: 1_000_000_000, damaged: { Issue.record("\($0)") }) {
            $0.take(statement, number: 3, heads: heads, at: 7)
        }
        #expect(taken == true)
        let daemon = try await clinic.start(dials: try hub.address)
        _ = try clinic.log.append([[3]], to: .records)
        try await until { try registry.hub.log.entries(of: clinic.records, after: 0, limitBytes: .max).count == 3 }
        try await until { try hub.peer(clinic).status.word == .inSync }
        try await daemon.stop()
        try await hub.stop()
        let notes = try noted()
        #expect(notes[silent.log.site]?.bundle == 3 && notes.vectors[silent.log.site] == note.memory.vector)
        #expect(notes[clinic.log.site]?.memory.vector[clinic.records]?.position == 3)
    }

    @Test("Notes that can not be read are said once and begun anew, and nothing else comes of it", arguments: 0..<4)
    func damagedSiteNotes(way: Int) async throws {
        try await meet()
        var bytes = try LinuxFileSystem().readFile(file.path, limitBytes: SiteNotes.fileBytesMaximum)
        switch way {
        case 0: bytes[bytes.count / 2] ^= 1
        case 1: bytes.removeLast()
        case 2: bytes = []
        default: bytes[7] ^= 3
        }
        try LinuxFileSystem().replaceFile(file.path, with: bytes)
        let hub = try await registry.hub.start(listens: true)
        let said = "what other sites said they hold can not be read and is begun anew"
        try await until { hub.lines.has(said) }
        #expect(hub.lines.value("file", of: said) == file.path)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try hub.peer(clinic).status.word == .inSync }
        try await daemon.stop()
        try await hub.stop()
        #expect(try noted()[clinic.log.site] != nil)
    }

    @Test("Urgent entries that nobody is known to have open a closed link when the daemon begins, and only these")
    func undelivered() async throws {
        let hub = try await registry.hub.start(listens: true)
        var rules = LinkRules()
        let hour = Int(
            SystemClock().millisecondsSinceEpoch() / 3_600_000 + Int64(SystemClock().zoneOffsetMinutes() / 60)
        )
        func clock(_ hour: Int) -> String { (hour % 24 < 10 ? "0" : "") + "\(hour % 24):00" }
        rules.windows = try #require(LinkWindows(["daily \(clock(hour + 10))-\(clock(hour + 12))"]))
        _ = try clinic.log.append([[2]], to: .urgent)
        let urgent = FeedID(site: clinic.log.site, epoch: clinic.log.epoch, lane: .urgent)
        let daemon = try await clinic.start(dials: try hub.address, link: rules)
        try await until { try registry.hub.log.entries(of: urgent, after: 0, limitBytes: .max).count == 1 }
        try await until { daemon.lines.has("the link is closed") }
        try await daemon.stop()
        // It has gone, and that is known.
        let next = try await clinic.start(dials: try hub.address, link: rules)
        try await until { next.lines.has("the link is closed") }
        #expect(try await next.ask(.status).link?.leaveSeconds == nil)
        try await next.stop()
        try await hub.stop()
    }
}
