import LogFormat
import LogStore
import NIOCore
import NIOPosix
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import TestSupport
import Testing

/// Daemons with real stores, over TLS on loopback.
@Suite("Daemons", .timeLimit(.minutes(10)))
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

    @Test("A hub that is full asks who comes to come back; who has had its turn gives way, and all have theirs")
    func fullHub() async throws {
        let registry = try TestRegistry()
        let clinics = try ["AA", "BB", "CC"].map { try registry.member($0) }
        var places = Admission.Places()
        (places.sessions, places.reserved) = (2, 0)
        let hub = try await registry.hub.start(listens: true, admission: Admission(places))
        var daemons: [RunningDaemon] = []
        for clinic in clinics {
            _ = try clinic.log.append([[1]], to: .records)
            daemons.append(try await clinic.start(dials: try hub.address))
        }
        // A turn is a minute, and who is turned away comes back a little later.
        var mostSessions = 0
        try await until(400) {
            mostSessions = max(mostSessions, hub.daemon.sessionFigures.up)
            let held = try registry.hub.log.frontier()
            return clinics.allSatisfy { held[$0.records] != nil }
        }
        #expect(mostSessions == 2)
        // The third, and the one that gave way to it.
        #expect(hub.daemon.sessionFigures.turnedAway >= 2)
        for daemon in daemons { try await daemon.stop() }
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
        #expect(hub.lines.value("why", of: "a site can not be reached") == "nobody listens there")
        try await until { try hub.peer(clinic).closed?.hasPrefix("\(nowhere): nobody listens there (tried ") == true }
        #expect(try await hub.ask(.syncNow(peer: clinic.log.site)).outcome == .done)
        #expect(try daemon.peer(registry.hub).closed == "no address of it is known here")
        let asked = try await daemon.ask(.syncNow(peer: nil))
        #expect(asked.outcome == .unreachable && asked.message.contains("No address of "), "\(asked.message)")
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

    @Test("Two sites with records of their own end with the same, and one that was revoked gets no more")
    func convergence() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        func record(_ node: Node, _ count: Int, _ byte: UInt8, to lane: Lane = .records) throws {
            _ = try node.log.append((0..<count).map { [byte, UInt8(truncatingIfNeeded: $0)] }, to: lane)
        }
        func areEqual() throws -> Bool {
            try clinic.log.frontier().digest == registry.hub.log.frontier().digest
        }
        try record(registry.hub, 300, 1)
        try record(clinic, 200, 2)
        try record(clinic, 3, 3, to: .urgent)
        let hub = try await registry.hub.start(listens: true)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try areEqual() && hub.peer(clinic).status.word == .inSync }
        #expect(try registry.hub.log.entries(of: clinic.records, after: 0, limitBytes: .max).count == 200)
        #expect(try clinic.log.entries(of: registry.hub.records, after: 0, limitBytes: .max).count == 300)
        let address = hub.lines.value("address", of: "connected")
        #expect(address?.wholeMatch(of: /127\.0\.0\.1:[0-9]+/) != nil, "\(address ?? "none")")
        // While connected.
        try record(registry.hub, 1, 4)
        try record(clinic, 1, 5, to: .urgent)
        try await until { try areEqual() }

        try registry.revoke(clinic)
        try await until { try !hub.peer(clinic).isConnected }
        try record(registry.hub, 1, 6)
        try record(clinic, 1, 7)
        // The clinic, which does not know or care, comes back.
        try await daemon.stop()
        let back = try await clinic.start(dials: try hub.address)
        // Refusals of one site are told at most once in ten seconds, and dialling slows down: a person asks for it.
        try await until {
            try await back.syncNow()
            return hub.lines.value("why", of: "refused") == "the key is not welcome"
        }
        // In TLS 1.3 the end that dialled believes itself connected until it hears that it is refused.
        try await until { try !back.peer(registry.hub).isConnected }
        #expect(try !hub.peer(clinic).isConnected)
        #expect(try registry.hub.log.entries(of: clinic.records, after: 0, limitBytes: .max).count == 200)
        #expect(try clinic.log.entries(of: registry.hub.records, after: 0, limitBytes: .max).count == 301)
        try await back.stop()
        try await hub.stop()
    }

    @Test("Outside of its window a link carries nothing but what is urgent, and what a person asks for")
    func windows() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        let hub = try await registry.hub.start(listens: true)
        // Two hours a day, which are not now.
        var rules = LinkRules()
        let hour = Int(
            SystemClock().millisecondsSinceEpoch() / 3_600_000 + Int64(SystemClock().zoneOffsetMinutes() / 60)
        )
        func clock(_ hour: Int) -> String { (hour % 24 < 10 ? "0" : "") + "\(hour % 24):00" }
        rules.windows = try #require(LinkWindows(["daily \(clock(hour + 10))-\(clock(hour + 12))"]))
        _ = try clinic.log.append([[1]], to: .records)
        let daemon = try await clinic.start(dials: try hub.address, link: rules)
        try await until { daemon.lines.has("the link is closed") }
        #expect(try hub.peer(clinic).ageSeconds == nil, "nobody was dialled")

        _ = try clinic.log.append([[2]], to: .urgent)
        let urgent = FeedID(site: clinic.log.site, epoch: clinic.log.epoch, lane: .urgent)
        try await until { try registry.hub.log.entries(of: urgent, after: 0, limitBytes: .max).count == 1 }
        try await until { try !hub.peer(clinic).isConnected }
        #expect(try await daemon.ask(.status).link?.leaveSeconds == nil)
        #expect(try await (daemon.ask(.status).link?.usage.dayBytes ?? 0) > 1000, "a handshake and more went over it")

        func hubReport() async throws -> ControlReply.Peer {
            try #require(await daemon.daemon.peerReportsUpToDate().first { $0.site == registry.hub.log.site })
        }
        try await until { try await !hubReport().isConnected }
        // What the hub has and could not acknowledge before the link closed is left, as far as is known here.
        let left = try await hubReport().status.toSend.entries
        #expect(left <= 1)
        _ = try clinic.log.append([[3]], to: .records)
        // What is left grows while the link is closed; without that nobody would be alarmed.
        try await until { try await hubReport().status.toSend.entries == left + 1 }
        try await daemon.syncNow()
        try await until { try registry.hub.log.entries(of: clinic.records, after: 0, limitBytes: .max).count == 2 }
        try await daemon.stop()
        try await hub.stop()
    }

    @Test("While the link is closed nobody who calls is answered, and the same address answers when it opens")
    func closedDoor() async throws {
        let registry = try TestRegistry()
        var rules = LinkRules()
        let hour = Int(
            SystemClock().millisecondsSinceEpoch() / 3_600_000 + Int64(SystemClock().zoneOffsetMinutes() / 60)
        )
        func clock(_ hour: Int) -> String { (hour % 24 < 10 ? "0" : "") + "\(hour % 24):00" }
        rules.windows = try #require(LinkWindows(["daily \(clock(hour + 10))-\(clock(hour + 12))"]))
        let hub = try await registry.hub.start(listens: true, link: rules)
        try await until { hub.lines.has("the link is closed") }
        let port = try hub.address.port
        func answers() async -> Bool {
            do {
                // The other end may close it at once.
                _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: port).get()
                return true
            } catch {
                return false
            }
        }
        try await until { await !answers() }
        try await hub.syncNow()
        try await until { await answers() }
        // Who is admitted and dials comes in.
        let clinic = try registry.member("AA")
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try hub.peer(clinic).status.word == .inSync }
        try await daemon.stop()
        try await hub.stop()
        #expect(await !answers())
    }

    @Test("A link whose bytes are spent carries nothing more, not even for a person, who is told")
    func spent() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        let hub = try await registry.hub.start(listens: true)
        var rules = LinkRules()
        rules.budget.monthBytes = 60_000
        // So slow that the link is looked at several times before all has gone.
        let daemon = try await clinic.start(dials: try hub.address, rate: 40_000, link: rules)
        try await until { try hub.peer(clinic).status.word == .inSync }
        var generator = SplitMix64(seed: 4)
        _ = try clinic.log.append((0..<300).map { _ in generator.bytes(900) }, to: .records)
        try await until { daemon.lines.has("the link is closed") }
        try await until { try !hub.peer(clinic).isConnected }
        let arrived = try registry.hub.log.entries(of: clinic.records, after: 0, limitBytes: .max).count
        #expect(arrived < 300)
        #expect(try await daemon.ask(.syncNow(peer: nil)).outcome == .spent)
        // It is over by what was on its way when it was noticed, a second of the link at most.
        let used = try #require(try await daemon.ask(.status).link?.usage.monthBytes)
        #expect(used >= 60_000)
        try await daemon.stop()
        // The next daemon goes on counting.
        let next = try await clinic.start(dials: try hub.address, link: rules)
        try await until { next.lines.has("the link is closed") }
        #expect(try await next.ask(.status).link?.usage.monthBytes ?? 0 >= used)
        try await next.stop()
        try await hub.stop()
    }

    @Test("A daemon whose control socket can not be made says so and ends, and gives the store back")
    func longPath() async throws {
        let node = try Node("HUB", storeName: String(repeating: "x", count: 104))
        let registry = try TestRegistry()
        try registry.join(node)
        let lines = LogLines()
        let daemon = try node.daemon(DaemonConfiguration(), lines)
        await #expect(throws: StorageError(.invalidArgument, "")) { try await within { try await daemon.run() } }
        #expect(!lines.has("started"))
        let lock = try DaemonLock(store: node.log.root, in: LinuxFileSystem())
        try lock.release()
    }

    @Test("When the daemon says that it started, it can be asked")
    func started() async throws {
        let registry = try TestRegistry()
        let hub = try await registry.hub.start()
        #expect(try LinuxFileSystem().exists(registry.hub.log.root + "/control.sock"))
        try await hub.stop()
        #expect(try !LinuxFileSystem().exists(registry.hub.log.root + "/control.sock"))
    }

    @Test("Who records and then waits until all is in sync is not answered before the other site has it")
    func waiting() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        let hub = try await registry.hub.start(listens: true)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try daemon.peer(registry.hub).status.word == .inSync }
        for round in 1...30 {
            _ = try clinic.log.append([[UInt8(round)]], to: .records)
            #expect(try await daemon.isInSync())
            let there = try registry.hub.log.feeds().first { $0.feed == clinic.records }
            #expect(there?.attested.position == UInt64(round))
        }
        try await daemon.stop()
        try await hub.stop()
    }

    @Test("A daemon whose control socket's place is taken by something else ends and leaves it")
    func noControlSocket() async throws {
        let node = try TestRegistry().hub
        let path = node.log.root + "/control.sock"
        _ = try LinuxFileSystem().openFile(path, .create)
        let daemon = try node.daemon()
        let error = await #expect(throws: StorageError.self) { try await within { try await daemon.run() } }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("move it away") == true)
        #expect(try LinuxFileSystem().status(path)?.kind == .file)
    }

    @Test("A stranger gets nothing and gives nothing")
    func stranger() async throws {
        let registry = try TestRegistry()
        let stranger = try Node("ZZ")
        try registry.join(stranger)
        for node in [registry.hub, stranger] { _ = try node.log.append([[1], [2]], to: .records) }
        let hub = try await registry.hub.start(listens: true)
        let daemon = try await stranger.start(dials: try hub.address)
        try await until { hub.daemon.peerReports().contains { $0.status.word == .stranger } }
        // Ten seconds are given, in which an administrator may admit it.
        try await until { hub.lines.value("why", of: "refused") == "\(CloseReason.notAdmitted)" }
        // It hears that it is not admitted, and nothing else.
        try await until { daemon.lines.value("why", of: "refused") == "\(CloseReason.notAdmitted)" }
        #expect(try registry.hub.log.feeds().map(\.feed.site) == [registry.hub.log.site, registry.hub.log.site])
        #expect(try stranger.log.feeds().map(\.feed) == [stranger.records])
        try await daemon.stop()
        try await hub.stop()
    }
}
