import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("What of a bundle is not taken")
struct BundleRefusalTests {
    private let registry: RegistryOnDisks
    private var sender: StoreOnDisk { registry.stores[1] }
    private var taker: StoreOnDisk { registry.stores[2] }

    init() throws { registry = try RegistryOnDisks(3) }

    /// A bundle of all that the sender holds, for the taker, on the taker's disk.
    private func bundle(of log: LogStore? = nil, limitBytes: UInt64 = .max) throws -> BundleFile {
        let log = log ?? sender.log
        let roster = try #require(try Roster(in: log))
        let plan = try BundlePlan(for: [taker.log.site], from: log, roster: roster, known: [:])
        let surroundings = taker.surroundings
        let path = "/srv/stick"
        _ = try NewFile.make(path, in: surroundings) { file in
            try BundleMaking.make(
                plan,
                number: 1,
                for: [try #require(roster[taker.log.site])],
                in: surroundings,
                program: "test",
                from: log,
                to: file,
                limitBytes: limitBytes
            )
        }
        return try BundleFile(at: path, in: surroundings.fileSystem)
    }

    private func take(_ bundle: BundleFile) throws -> BundlePass {
        let roster = try registry.roster(of: 2)
        return try BundlePass.take(
            bundle,
            try bundle.secret(for: taker.log, roster),
            into: taker.log,
            roster,
            .ofTests
        )
    }

    /// Goes through a bundle once, with something happening between the sender's records and their checkpoint.
    private func once(_ bundle: BundleFile, between: () throws -> Void = {}) throws -> BundleTaking {
        let roster = try registry.roster(of: 2)
        let taking = try BundleTaking(taker.log, from: sender.log.site, roster: roster)
        var cursor = BundleFile.Cursor(bundle, try bundle.secret(for: taker.log, roster))
        while let event = try cursor.next() {
            guard case .message(let message) = event else { continue }
            try taking.take(message)
            if case .data(let data) = message, data.feed == sender.records { try between() }
        }
        try taking.finish()
        return taking
    }

    private func standing(_ feed: FeedID) throws -> FeedSummary? {
        try taker.log.feeds().first { $0.feed == feed && $0.branch == 0 }
    }

    @Test("Whoever the roster in it revokes brings the roster, and nothing else")
    func revokedSender() throws {
        _ = try sender.log.append([[1], [2]], to: .records)
        try registry.revoke(1)
        try registry.stores[0].give(registry.rosterFeed, to: sender)
        let bundle = try bundle()
        #expect(throws: BundleRefusal.senderRevoked(sender.log.site)) { try take(bundle) }
        #expect(try registry.roster(of: 2)[sender.log.site]?.isRevoked == true)
        #expect(try standing(sender.records) == nil)
        // Known to be revoked, it is not even opened.
        #expect(throws: BundleRefusal.senderRevoked(sender.log.site)) { try take(bundle) }
    }

    @Test("Another registry, a sender nobody knows, a bundle for others, and one that is too small are refused by name")
    func envelope() throws {
        let bundle = try bundle()
        let roster = try registry.roster(of: 2)
        let other = try RegistryOnDisks(1, name: "Other")
        #expect(throws: BundleRefusal.otherRegistry) {
            try bundle.secret(for: taker.log, try #require(try Roster(in: other.stores[0].log)))
        }
        #expect(throws: BundleRefusal.forOthers([taker.log.site])) {
            try bundle.secret(for: registry.stores[0].log, roster)
        }
        let founder = try #require(try registry.stores[0].log.membership()).foundingEntry
        #expect(throws: BundleRefusal.senderUnknown(sender.log.site)) {
            try bundle.secret(for: taker.log, try Roster(founding: founder))
        }
        let there = taker.surroundings.fileSystem
        #expect(throws: BundleRefusal.noFile(path: "/srv/nothing")) { try BundleFile(at: "/srv/nothing", in: there) }
        #expect(throws: BundleRefusal.notAFile(path: "/srv")) { try BundleFile(at: "/srv", in: there) }
        try there.unlink(bundle.path)
        #expect { try self.bundle(limitBytes: 300) } throws: { error in
            guard case .tooSmall(let bytes)? = error as? BundleRefusal else { return false }
            return (301...2_000).contains(bytes)
        }
    }

    /// The sender's store as it is now, going on apart: two histories of one epoch.
    private func fork() throws -> StoreOnDisk.Copy { try StoreOnDisk.Copy(of: sender) }

    @Test("Another history than the one that is attested here is left alone, and named")
    func differs() throws {
        let other = try fork()
        _ = try other.log.append([[2]], to: .records)
        _ = try sender.log.append([[1]], to: .records)
        try other.give(sender.records, to: taker)
        let before = try #require(try standing(sender.records))
        let pass = try take(try bundle())
        #expect(pass.taking.outcomes[sender.records]?.problem == .differs(position: 1))
        #expect(try standing(sender.records) == before)
        // What goes on behind it is no better.
        _ = try sender.log.append([[3]], to: .records)
        try taker.surroundings.fileSystem.unlink("/srv/stick")
        let longer = try take(try bundle())
        #expect(longer.taking.outcomes[sender.records]?.problem != nil)
        #expect(try standing(sender.records) == before)
        #expect(longer.taking.gaveUpEnds == false)
    }

    @Test("An end that nobody vouched for is set aside for the owner's, and the second time through all is taken")
    func setAside() throws {
        let other = try fork()
        _ = try other.log.append([[7]], to: .records)
        _ = try sender.log.append([[1], [2]], to: .records)
        try other.give(sender.records, to: taker, isAttested: false)
        let bundle = try bundle()
        let first = try once(bundle)
        #expect(first.outcomes[sender.records]?.problem == .setAside)
        #expect(first.gaveUpEnds)
        #expect(try standing(sender.records)?.stored.position == 0)
        // Both times in one, from the beginning again.
        try other.give(sender.records, to: taker, isAttested: false)
        let pass = try take(bundle)
        #expect(pass.taking.outcomes[sender.records]?.problem == nil)
        #expect(pass.before[sender.records] == 0)
        #expect(try standing(sender.records)?.attested.position == 2)
    }

    @Test("Of feeds that nothing vouches for as many are taken as a peer may bring, and the rest is named")
    func tooMany() throws {
        var numbers = SplitMix64(seed: 3)
        let taking = try BundleTaking(taker.log, from: sender.log.site, roster: try registry.roster(of: 2))
        let key = sender.log.identity.publicKey
        let feeds = try (0...Limits.unattestedFeedsPerPeer).map { _ in
            FeedID(site: sender.log.site, epoch: try #require(EpochID(numbers.bytes(8))), lane: .records)
        }
        for feed in feeds {
            let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
            let data = SyncMessage.DataBlocks(
                feed: feed,
                after: 0,
                digest: ShortDigest(start.digest),
                isPushed: false,
                blocks: try Block.plain([[1]], after: start).blocks
            )
            try taking.take(.data(data))
        }
        try taking.finish()
        let refused = feeds.filter { taking.outcomes[$0]?.problem == .tooMany }
        #expect(refused == [feeds[Limits.unattestedFeedsPerPeer]])
        #expect(try taker.log.feeds().count { $0.feed.site == sender.log.site } == Limits.unattestedFeedsPerPeer)
    }

    @Test("A feed that another process added to meanwhile is busy, and what it added stays")
    func busy() throws {
        _ = try sender.log.append([[1], [2]], to: .records)
        let taking = try once(try bundle()) {
            let other = try taker.reopened()
            let key = sender.log.identity.publicKey
            let start = FeedChain.start(key: key, epoch: sender.log.epoch, lane: .records)
            try other.receive(
                try sender.log.blocks(of: sender.records, after: start, limitBytes: .max),
                of: sender.records,
                key: key,
                after: start
            )
        }
        #expect(taking.outcomes[sender.records]?.problem == .busy)
        #expect(try standing(sender.records)?.stored.position == 2)
        // Nothing is lost by it: once more, and it is done.
        try taker.surroundings.fileSystem.unlink("/srv/stick")
        #expect(try take(try bundle()).taking.outcomes[sender.records]?.problem == nil)
        #expect(try standing(sender.records)?.attested.position == 2)
    }
}
