import LogFormat
import LogStore
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import SyncEngine

@Suite("What a site says of how another stands")
struct PeerStandingTests {
    private let registry: RegistryOnDisks
    private let hub: SyncSite
    private let clinic: LogStore
    private var disk: SimulatedDisk { registry.stores[0].disk }

    init() throws {
        registry = try RegistryOnDisks(2)
        hub = try registry.site(0, keys: NoPersonKeys())
        clinic = registry.stores[1].log
    }

    private func connect(saying word: SyncStatus.Word? = nil) -> PeerConnection {
        let connection = PeerConnection(peerKey: clinic.identity.publicKey, isDialled: false, address: "clinic") { _ in
        }
        hub.take(.proven(connection))
        hub.take(.introduced(connection, epoch: clinic.epoch))
        if let word { say(word, connection) }
        return connection
    }

    private func say(_ word: SyncStatus.Word, _ connection: PeerConnection, entriesToSend: UInt64 = 0) {
        var status = SyncStatus()
        status.word = word
        status.toSend.entries = entriesToSend
        hub.take(.status(connection, status))
    }

    private func known() throws -> ControlReply.Peer {
        try #require(hub.peerReports().first { $0.site == clinic.site })
    }

    private func wait(hours: Int64) { disk.clock.advance(milliseconds: hours * 3_600_000) }

    @Test(
        "A site that was in sync until its session ended, or had more to send, was in sync until then",
        arguments: [SyncStatus.Word.ended, .sending]
    )
    func inSyncUntil(next: SyncStatus.Word) throws {
        let connection = connect(saying: .inSync)
        // An idle session says nothing.
        wait(hours: 63)
        #expect(try known().inSyncAgeSeconds == 0)
        say(next, connection)
        #expect(try known().inSyncAgeSeconds == 0)
        wait(hours: 1)
        if next == .sending { say(.cutOff, connection) }
        hub.take(.closed(connection, .disconnected, retryAfterSeconds: nil))
        wait(hours: 1)
        #expect(try known().inSyncAgeSeconds == 7200)
    }

    @Test("A session that has said nothing yet is connecting, whatever the last one came to", arguments: [true, false])
    func connecting(wasInSync: Bool) throws {
        let former = connect(saying: wasInSync ? .inSync : .sending)
        say(wasInSync ? .ended : .cutOff, former, entriesToSend: 7)
        hub.take(.closed(former, .disconnected, retryAfterSeconds: nil))
        #expect(try known().status.word == (wasInSync ? .ended : .cutOff))
        wait(hours: 1)
        let connection = connect()
        #expect(try known().isConnected)
        #expect(try known().status.word == .connecting)
        #expect(try known().inSyncAgeSeconds == (wasInSync ? 3600 : nil))
        hub.take(.closed(connection, .disconnected, retryAfterSeconds: nil))
        #expect(try known().status.word == .cutOff)
        #expect(try known().inSyncAgeSeconds == (wasInSync ? 3600 : nil))
    }

    @Test("Of a line that was dead for long the site was heard when anything last came, not when that was noticed")
    func noticedLate() throws {
        let connection = connect(saying: .inSync)
        wait(hours: 2)
        let last = disk.clock.steadyNanoseconds()
        wait(hours: 30)
        // Something is recorded here meanwhile.
        say(.sending, connection)
        hub.writeNotes()
        wait(hours: 10)
        say(.cutOff, connection)
        connection.heardNanoseconds = last
        hub.take(.closed(connection, .disconnected, retryAfterSeconds: nil))
        #expect(try known().ageSeconds == 40 * 3600)
        #expect(try known().inSyncAgeSeconds == 40 * 3600)
        // And so it is kept.
        let bytes = try registry.stores[0].surroundings.fileSystem.readFile(
            StoreOnDisk.root + "/" + PeerNotes.fileName,
            limitBytes: PeerNotes.fileBytesMaximum
        )
        #expect(try PeerNotes(bytes).peers.map(\.ageSeconds) == [40 * 3600])
    }

    @Test("Of two connections, the later of which was the dead one, the site was heard on the one that was not")
    func heardOnTheOther() throws {
        let dead = connect(saying: .inSync)
        let last = disk.clock.steadyNanoseconds()
        wait(hours: 5)
        let other = PeerConnection(peerKey: clinic.identity.publicKey, isDialled: true, address: "clinic") { _ in }
        hub.take(.proven(other))
        say(.inSync, other)
        wait(hours: 5)
        say(.ended, other)
        hub.take(.closed(other, .finished, retryAfterSeconds: nil))
        wait(hours: 5)
        say(.ended, dead)
        dead.heardNanoseconds = last
        hub.take(.closed(dead, .disconnected, retryAfterSeconds: nil))
        #expect(try known().ageSeconds == 5 * 3600)
        #expect(try known().inSyncAgeSeconds == 5 * 3600)
    }

    @Test(
        "A session whose transport is lost says when anything last came: bytes, or an answer of the other end's kernel",
        arguments: [0, 600, 7200]
    )
    func silence(seconds: UInt64) throws {
        let second: UInt64 = 1_000_000_000
        let session = SilentSession(of: hub, with: clinic.identity.publicKey, clock: disk.clock)
        hub.take(.introduced(session.connection, epoch: clinic.epoch))
        let began = disk.clock.steadyNanoseconds()
        wait(hours: 1)
        session.lose(silentNanoseconds: seconds * second)
        let heard = try #require(session.connection.heardNanoseconds)
        #expect(heard == began + (3600 - min(seconds, 3600)) * second)
        #expect(try known().ageSeconds == min(seconds, 3600))
    }

    @Test("What was heard before a machine slept is as old as the night was long")
    func slept() throws {
        let clock = SleepingClock(disk.clock)
        let laptop = try registry.site(0, keys: NoPersonKeys(), clock: clock)
        func known(of site: LogStore) throws -> ControlReply.Peer {
            try #require(laptop.peerReports().first { $0.site == site.site })
        }
        let connection = PeerConnection(peerKey: clinic.identity.publicKey, isDialled: true, address: "clinic") { _ in }
        laptop.take(.proven(connection))
        laptop.take(.introduced(connection, epoch: clinic.epoch))
        var status = SyncStatus()
        status.word = .inSync
        laptop.take(.status(connection, status))
        clock.sleep(hours: 2)
        status.word = .ended
        laptop.take(.status(connection, status))
        laptop.take(.closed(connection, .finished, retryAfterSeconds: nil))
        disk.clock.advance(milliseconds: 600_000)
        clock.sleep(hours: 63)
        #expect(try known(of: clinic).ageSeconds == 63 * 3600 + 600)
        #expect(try known(of: clinic).inSyncAgeSeconds == 63 * 3600 + 600)
        // A session that the night has ended was alive when something last came on it.
        let session = SilentSession(of: laptop, with: clinic.identity.publicKey, clock: clock)
        laptop.take(.introduced(session.connection, epoch: clinic.epoch))
        clock.sleep(hours: 8)
        session.lose(silentNanoseconds: 9 * 3600 * 1_000_000_000)
        #expect(try known(of: clinic).ageSeconds == 8 * 3600)
    }

    @Test(
        "A line that is lost before a word is said tells nothing new of who was turned away for good, and does of others",
        arguments: [CloseReason.revoked, .registry, .notAdmitted, .version]
    )
    func lostWithoutAWord(reason: CloseReason) throws {
        hub.take(.closed(connect(), reason, retryAfterSeconds: nil))
        #expect(try known().closedReason == reason)
        #expect(try known().closed == "\(reason)")
        let next = PeerConnection(peerKey: clinic.identity.publicKey, isDialled: true, address: "clinic") { _ in }
        hub.take(.proven(next))
        #expect(try known().closedReason == nil)
        hub.take(.closed(next, .disconnected, retryAfterSeconds: nil))
        #expect(try known().closedReason == (reason.isFinal ? reason : .disconnected))
        // As it is kept, and taken over by the next daemon.
        hub.writeNotes()
        let later = try registry.site(0, keys: NoPersonKeys())
        later.loadNotes()
        let kept = try #require(later.peerReports().first { $0.site == clinic.site })
        #expect(kept.closedReason == (reason.isFinal ? reason : .disconnected))
    }

    @Test("Who ends one connection after the other without a word may have revoked this key, and was not heard by that")
    func wordless() throws {
        func end(_ times: Int) {
            for _ in 0..<times {
                let next = PeerConnection(peerKey: clinic.identity.publicKey, isDialled: true, address: "clinic") { _ in
                }
                hub.take(.proven(next))
                wait(hours: 1)
                hub.take(.closed(next, .disconnected, retryAfterSeconds: nil))
            }
        }
        let few = PeerBook.wordlessEndsMaximum - 1
        end(few)
        #expect(try known().closedReason == .disconnected)
        #expect(try known().ageSeconds == nil, "nothing ever came")
        // A word between them, and it begins anew.
        hub.take(.closed(connect(saying: .inSync), .disconnected, retryAfterSeconds: nil))
        #expect(try known().ageSeconds == 0)
        end(few)
        #expect(try known().closedReason == .disconnected)
        end(1)
        #expect(try known().closedReason == .wordless)
        let hours = UInt64(few + 1)
        #expect(try known().ageSeconds == hours * 3600)
        // So it is kept, until it speaks.
        hub.writeNotes()
        let later = try registry.site(0, keys: NoPersonKeys())
        later.loadNotes()
        #expect(later.peerReports().first { $0.site == clinic.site }?.closedReason == .wordless)
        end(1)
        #expect(try known().closedReason == .wordless)
        hub.take(.closed(connect(saying: .inSync), .disconnected, retryAfterSeconds: nil))
        #expect(try known().closedReason == .disconnected)
    }

    // MARK: - Contradictions

    private func contradiction(_ position: UInt64 = 3, isReportedByPeer: Bool = false) -> SyncIncident {
        let feed = FeedID(site: clinic.site, epoch: clinic.epoch, lane: .records)
        return SyncIncident(kind: .diverged, feed: feed, position: position, isReportedByPeer: isReportedByPeer)
    }

    /// A person closes every incident there is.
    private func closeAll() throws {
        let command = try registry.stores[0].reopened()
        let open = try command.incidents()
        #expect(!open.isEmpty)
        for incident in open { try command.closeIncident(incident.id, by: "a person", how: "compared with the papers") }
    }

    @Test("An incident with a site is open until a person has closed it, also when every session meets it again")
    func closedIncident() throws {
        let connection = connect(saying: .inSync)
        hub.take(.incident(connection, contradiction()))
        hub.forgetSettledIncidents()
        #expect(try known().openIncidents == 1)
        // What the other site found of the same feed is the same thing.
        hub.take(.incident(connection, contradiction(isReportedByPeer: true)))
        try closeAll()
        hub.writeNotes()
        #expect(try known().openIncidents == 0)
        hub.take(.closed(connection, .disconnected, retryAfterSeconds: nil))
        let next = connect(saying: .inSync)
        hub.take(.incident(next, contradiction()))
        #expect(try known().openIncidents == 0)
        // At another place it is another contradiction.
        hub.take(.incident(next, contradiction(5)))
        #expect(try known().openIncidents == 1)
        try closeAll()
        hub.forgetSettledIncidents()
        #expect(try known().openIncidents == 0)
    }

    @Test("An incident of which only the other site speaks is open while that site is connected")
    func reportedIncident() throws {
        let connection = connect(saying: .inSync)
        hub.take(.incident(connection, contradiction(isReportedByPeer: true)))
        #expect(try known().openIncidents == 1)
        hub.writeNotes()
        #expect(try known().openIncidents == 1)
        hub.take(.closed(connection, .disconnected, retryAfterSeconds: nil))
        hub.writeNotes()
        #expect(try known().openIncidents == 0)
    }

    @Test("An incident with a site is open after the daemon was started again, until a person closes it")
    func incidentsOfBefore() throws {
        func begin() throws -> SyncSite {
            let site = try registry.site(0, keys: NoPersonKeys())
            site.loadNotes()
            return site
        }
        func open(_ site: SyncSite) throws -> UInt32 {
            try #require(site.peerReports().first { $0.site == clinic.site }).openIncidents
        }
        let connection = connect(saying: .inSync)
        hub.take(.incident(connection, contradiction()))
        hub.take(.incident(connection, contradiction(5)))
        hub.writeNotes()
        #expect(try known().openIncidents == 2)
        let next = try begin()
        #expect(try open(next) == 2)
        next.forgetSettledIncidents()
        #expect(try open(next) == 2)
        // What a session finds itself is what counts from then on.
        let again = PeerConnection(peerKey: clinic.identity.publicKey, isDialled: false, address: "clinic") { _ in }
        next.take(.proven(again))
        #expect(try open(next) == 2)
        var status = SyncStatus()
        status.word = .sending
        next.take(.incident(again, contradiction()))
        next.take(.status(again, status))
        #expect(try open(next) == 1)
        try closeAll()
        let last = try begin()
        last.forgetSettledIncidents()
        #expect(try open(last) == 0)
    }
}
