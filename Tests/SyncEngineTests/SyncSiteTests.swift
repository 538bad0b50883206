import LogFormat
import LogStore
import Logging
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("A site in sync, without sockets")
struct SyncSiteTests {
    @Test("When a command opens an epoch, sessions that said another one end, and the next ones say the new one")
    func newEpoch() throws {
        let registry = try RegistryOnDisks(2)
        let former = registry.stores[1].log.epoch
        // The disk in another machine: the next command that records finds out.
        let disk = registry.stores[1].disk.cloned(machineID: "another machine")
        let process = disk.process("abscoped")
        let site = try SyncSite(
            log: try LogStore.open(at: StoreOnDisk.root, in: process.surroundings),
            surroundings: process.surroundings,
            keys: NoPersonKeys(),
            follower: { 0 },
            link: LinkGovernor(LinkRules(), clock: disk.clock, month: { $0 / 30 }, changed: {}),
            program: "test",
            logger: .init(label: "test"),
            storeQueue: AtOnce(),
            viewQueue: AtOnce(),
            rosterChanged: {}
        )
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
}
