import LogFormat
import LogStore
import Logging
import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("A site in sync, without sockets")
struct SyncSiteTests {
    private static func site(on disk: SimulatedDisk, _ rules: LinkRules = LinkRules()) throws -> SyncSite {
        let process = disk.process("abscoped")
        return try SyncSite(
            log: try LogStore.open(at: StoreOnDisk.root, in: process.surroundings),
            surroundings: process.surroundings,
            keys: NoPersonKeys(),
            follower: { 0 },
            link: LinkGovernor(rules, clock: disk.clock, month: { $0 / 30 }, changed: {}),
            program: "test",
            logger: .init(label: "test"),
            storeQueue: AtOnce(),
            viewQueue: AtOnce(),
            rosterChanged: {}
        )
    }

    /// A clinic whose link is open at night only; its clock says 08:00.
    private static func closed(_ registry: RegistryOnDisks) throws -> SyncSite {
        try closed(on: registry.stores[1].disk)
    }

    private static func closed(on disk: SimulatedDisk) throws -> SyncSite {
        var rules = LinkRules()
        rules.windows = try #require(LinkWindows(["daily 22:00-05:00"]))
        return try site(on: disk, rules)
    }

    @Test("When a command opens an epoch, sessions that said another one end, and the next ones say the new one")
    func newEpoch() throws {
        let registry = try RegistryOnDisks(2)
        let former = registry.stores[1].log.epoch
        // The disk in another machine: the next command that records finds out.
        let disk = registry.stores[1].disk.cloned(machineID: "another machine")
        let site = try Self.site(on: disk)
        let session = SilentSession(of: site, with: registry.stores[0].log.identity.publicKey, clock: disk.clock)
        try site.logChanged()
        #expect(!session.isClosed)
        let command = try LogStore.open(at: StoreOnDisk.root, in: disk.process("abscope").surroundings)
        let reference = try #require(try command.append([[1]], to: .records).last)
        #expect(reference.feed.epoch != former)
        try site.logChanged()
        #expect(session.isClosed)
        #expect(site.log.epoch == reference.feed.epoch)
        let next = SilentSession(of: site, with: registry.stores[0].log.identity.publicKey, clock: disk.clock)
        try site.logChanged()
        #expect(!next.isClosed)
    }

    @Test("When another site shows that this store was set back, sessions end once, and the next ones go on")
    func newEpochOnWord() throws {
        let registry = try RegistryOnDisks(2)
        let site = try registry.site(0, keys: NoPersonKeys())
        let (own, clock) = (registry.stores[0].log, registry.stores[0].surroundings.clock)
        let key = registry.stores[1].log.identity.publicKey
        let former = own.epoch
        let session = SilentSession(of: site, with: key, clock: clock)
        let connection = PeerConnection(peerKey: key, isDialled: true, address: "nowhere:2") { _ in }
        let incident = SyncIncident(
            kind: .ownEpochAhead,
            feed: FeedID(site: own.site, epoch: former, lane: .records),
            position: 9,
            isReportedByPeer: false
        )
        site.take(.proven(connection))
        site.take(.incident(connection, incident))
        #expect(own.epoch != former)
        #expect(session.isClosed)
        let next = SilentSession(of: site, with: key, clock: clock)
        // The watcher sees what was written.
        try site.logChanged()
        #expect(!next.isClosed)
    }

    @Test("What went over the link is kept also when nobody was heard: who knocks and is not let in costs as much")
    func usageIsKept() throws {
        let registry = try RegistryOnDisks(2)
        let disk = registry.stores[1].disk
        let site = try Self.site(on: disk)
        site.loadNotes()
        site.link.count(1_000)
        site.keepNotes()
        let next = try Self.site(on: disk)
        next.loadNotes()
        #expect(next.link.report.usage.dayBytes == 1_000)
        // Nothing is written while nothing is new.
        let path = StoreOnDisk.root + "/" + PeerNotes.fileName
        try registry.stores[1].surroundings.fileSystem.unlink(path)
        for _ in 0..<3 {
            disk.clock.advance(milliseconds: 60_000)
            next.keepNotes()
        }
        #expect(try !registry.stores[1].surroundings.fileSystem.exists(path))
    }

    @Test("A connection that comes about while the link closes is ended before it carries anything")
    func closedMeanwhile() throws {
        let registry = try RegistryOnDisks(2)
        let site = try Self.closed(registry)
        let report = DialReport()
        let hub = registry.stores[0].log.identity.publicKey
        let session = SilentSession(of: site, with: hub, clock: registry.stores[1].disk.clock, report: report)
        #expect(session.isClosed)
        // What the peer is asked to wait is no wait of this site, whose link may open any moment.
        session.lose()
        #expect(report.outcome.reason == .finished)
        #expect(report.outcome.retryAfterSeconds == nil)
    }

    @Test("The link stays open for an urgent entry until a peer has it, whatever others are in sync with")
    func urgentLeave() throws {
        let registry = try RegistryOnDisks(2)
        let site = try Self.closed(registry)
        #expect(!site.link.isOpen)
        let command = registry.stores[1].disk.process("abscope")
        let entry = try #require(
            try LogStore.open(at: StoreOnDisk.root, in: command.surroundings).append([[1]], to: .urgent).last
        )
        try site.logChanged()
        #expect(site.link.isOpen)
        let peer = PeerConnection(
            peerKey: registry.stores[0].log.identity.publicKey,
            isDialled: true,
            address: "nowhere:1"
        ) { _ in }
        var status = SyncStatus()
        status.word = .inSync
        site.take(.status(peer, status))
        #expect(site.link.isOpen, "it does not read this site, and is in sync with what it reads")
        status.note(OwnHead(epoch: entry.feed.epoch, lane: .urgent, position: entry.position))
        site.take(.status(peer, status))
        #expect(!site.link.isOpen)
    }

    /// Two epochs of a clinic with an urgent entry each, of which the second has just opened its link; and the hub.
    private struct TwoEpochs {
        let site: SyncSite
        let former: EntryReference
        let present: EntryReference
        let hub: PeerConnection

        init() throws {
            let registry = try RegistryOnDisks(2)
            former = try #require(try registry.stores[1].log.append([[1]], to: .urgent).last)
            // The disk in another machine: the next command that records finds out.
            let disk = registry.stores[1].disk.cloned(machineID: "another machine")
            site = try SyncSiteTests.closed(on: disk)
            let command = try LogStore.open(at: StoreOnDisk.root, in: disk.process("abscope").surroundings)
            present = try #require(try command.append([[1]], to: .urgent).last)
            let key = registry.stores[0].log.identity.publicKey
            hub = PeerConnection(peerKey: key, isDialled: true, address: "nowhere:1") { _ in }
            #expect(present.feed != former.feed)
            try site.logChanged()
            #expect(site.link.isOpen)
        }

        /// What the hub said of feeds is kept, as every half minute and at the end of a session.
        func keep(_ entries: [EntryReference]) throws {
            var vector = HaveVector()
            let digest = ShortDigest(try #require(ChainDigest([UInt8](repeating: 1, count: 32))))
            for entry in entries { vector[entry.feed] = HaveRow(position: entry.position, digest: digest, bytes: 1) }
            let memory = PeerMemory(epoch: nil, wallMilliseconds: 1, vector: vector, acknowledged: [])
            site.take(.remember(hub, memory))
        }

        /// A session says what moved in it.
        func acknowledge(_ entry: EntryReference) {
            var status = SyncStatus()
            status.word = .inSync
            status.note(OwnHead(epoch: entry.feed.epoch, lane: .urgent, position: entry.position))
            site.take(.status(hub, status))
        }
    }

    @Test("The link closes once all that is urgent has gone, also what went in an earlier session and epoch")
    func urgentOfTwoEpochs() throws {
        let first = try TwoEpochs()
        try first.keep([first.former])
        #expect(first.site.link.isOpen, "the new one has not gone")
        first.acknowledge(first.present)
        #expect(!first.site.link.isOpen)
        // In the other order: what a session said before is kept later.
        let second = try TwoEpochs()
        second.acknowledge(second.present)
        #expect(second.site.link.isOpen, "nobody is known to have the former one")
        try second.keep([second.former])
        #expect(!second.site.link.isOpen)
    }

    @Test("What was acknowledged a moment ago, and is not kept yet, opens no link")
    func urgentJustNow() throws {
        let two = try TwoEpochs()
        try two.keep([two.former])
        two.site.considerUndelivered()
        #expect(two.site.link.isOpen, "the new one has not gone")
        two.acknowledge(two.present)
        two.site.link.urgentHasGone()
        two.site.considerUndelivered()
        #expect(!two.site.link.isOpen)
    }

    @Test("Nothing a peer says it holds of epochs that are not counts as delivered, or does any harm")
    func madeUpEpochs() throws {
        let registry = try RegistryOnDisks(2)
        let site = try Self.closed(registry)
        _ = try site.log.append([[1]], to: .urgent)
        let urgent = FeedID(site: site.log.site, epoch: site.log.epoch, lane: .urgent)
        _ = try site.tellSessions()
        let key = registry.stores[0].log.identity.publicKey
        let peer = PeerConnection(peerKey: key, isDialled: true, address: "nowhere:1") { _ in }
        var vector = HaveVector()
        let digest = try #require(ChainDigest([UInt8](repeating: 1, count: 32)))
        for number in UInt64(0)..<3_000 {
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            let feed = FeedID(site: site.log.site, epoch: try #require(EpochID(bytes)), lane: .urgent)
            vector[feed] = HaveRow(position: Limits.position, digest: ShortDigest(digest), bytes: 1)
        }
        let epoch = registry.stores[0].log.epoch
        site.take(.remember(peer, PeerMemory(epoch: epoch, wallMilliseconds: 1, vector: vector, acknowledged: [])))
        try site.logChanged()
        site.link.urgentHasGone()
        site.considerUndelivered()
        #expect(site.link.isOpen, "nobody has it")
        site.link.urgentHasGone()
        vector[urgent] = HaveRow(position: 1, digest: ShortDigest(digest), bytes: 1)
        site.take(.remember(peer, PeerMemory(epoch: epoch, wallMilliseconds: 2, vector: vector, acknowledged: [])))
        site.considerUndelivered()
        #expect(!site.link.isOpen)
    }
}
