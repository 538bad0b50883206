import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

/// Bundles as a member can write them who does not keep to the rules.
@Suite("What a member can do with a bundle")
struct HostileBundleTests {
    private let registry: RegistryOnDisks
    private var founder: StoreOnDisk { registry.stores[0] }
    private var sender: StoreOnDisk { registry.stores[1] }
    private var taker: StoreOnDisk { registry.stores[2] }
    /// Takes part and sends nothing itself.
    private var third: StoreOnDisk { registry.stores[3] }

    init() throws { registry = try RegistryOnDisks(4) }

    /// Epochs that were made up for a site.
    private func feeds(_ count: Int, of store: StoreOnDisk, seed: UInt64) throws -> [FeedID] {
        var numbers = SplitMix64(seed: seed)
        return try (0..<count).map { _ in
            FeedID(site: store.log.site, epoch: try #require(EpochID(numbers.bytes(8))), lane: .records)
        }
    }

    /// Entries of a feed from its beginning; anybody can compute them from the public key.
    private func data(
        _ feed: FeedID,
        of store: StoreOnDisk,
        _ entries: [[UInt8]] = [[1]]
    ) throws -> SyncMessage.DataBlocks {
        let start = FeedChain.start(key: store.log.identity.publicKey, epoch: feed.epoch, lane: feed.lane)
        return SyncMessage.DataBlocks(
            feed: feed,
            after: 0,
            digest: ShortDigest(start.digest),
            isPushed: false,
            blocks: try Block.plain(entries, after: start).blocks
        )
    }

    private func end(_ data: SyncMessage.DataBlocks) throws -> FeedHead { try #require(data.blocks.last?.header.head) }

    /// The word of a feed's site that it ends so.
    private func word(_ data: SyncMessage.DataBlocks, of store: StoreOnDisk) throws -> Checkpoint {
        try Checkpoint(
            signing: try end(data),
            of: data.feed,
            registry: try #require(store.log.registry),
            with: store.log.identity.signingKey
        )
    }

    private func message(_ word: Checkpoint) -> SyncMessage {
        .checkpoint(feed: word.feed, head: word.head, signature: word.signature)
    }

    /// Brings made-up entries to the taker, with their site's word or without.
    private func give(_ data: SyncMessage.DataBlocks, of store: StoreOnDisk, isAttested: Bool) throws {
        let key = store.log.identity.publicKey
        let start = FeedChain.start(key: key, epoch: data.feed.epoch, lane: data.feed.lane)
        try taker.log.receive(data.blocks, of: data.feed, key: key, after: start)
        if isAttested { try taker.log.attest(try word(data, of: store), key: key) }
    }

    /// What the sender signs, whatever it is.
    private func bundle(_ messages: [SyncMessage], saying vector: HaveVector = HaveVector()) throws -> BundleFile {
        var writer = try BundleWriter(
            number: 1,
            secret: try #require(BundleSecret([UInt8](repeating: 7, count: 32))),
            recipients: [(taker.log.site, try taker.log.publicKeys().agreement)],
            statement: BundleStatement(
                hello: SyncMessage.Hello(
                    versions: SyncMessage.Hello.supportedVersions,
                    features: 0,
                    registry: try #require(sender.log.registry),
                    site: sender.log.site,
                    epoch: sender.log.epoch,
                    wallMilliseconds: 5,
                    program: "test"
                ),
                vector: vector
            ),
            signingKey: sender.log.identity.signingKey
        )
        var bytes = try writer.begin()
        for message in messages { bytes += try writer.add(message) }
        bytes += try writer.finish()
        let fileSystem = taker.surroundings.fileSystem
        try fileSystem.replaceFile("/srv/stick", with: bytes)
        return try BundleFile(at: "/srv/stick", in: fileSystem)
    }

    private func take(_ bundle: BundleFile, keys: ([[UInt8]]) throws -> Void = { _ in }) throws -> BundlePass {
        let roster = try registry.roster(of: 2)
        return try BundlePass.take(
            bundle,
            try bundle.secret(for: taker.log, roster),
            into: taker.log,
            roster,
            .ofTests,
            keys: keys
        )
    }

    private func standing(_ feed: FeedID) throws -> FeedSummary? { try taker.log.feed(feed) }

    // MARK: - Feeds that nobody vouches for

    @Test(
        "Of feeds that nothing vouches for as many are taken as a peer may bring, the taker's own too",
        arguments: 0..<4
    )
    func tooMany(owner: Int) throws {
        let feeds = try feeds(Limits.unattestedFeedsPerPeer + 3, of: registry.stores[owner], seed: 3)
        let pass = try take(try bundle(feeds.map { .data(try data($0, of: registry.stores[owner])) }))
        let refused = feeds.filter { pass.taking.outcomes[$0]?.problem == .tooMany }
        #expect(refused == Array(feeds[Limits.unattestedFeedsPerPeer...]))
        #expect(try feeds.count { try standing($0) != nil } == Limits.unattestedFeedsPerPeer)
    }

    @Test("A bundle that has to be read again opens no more feeds the second time")
    func passes() throws {
        let copy = try StoreOnDisk.Copy(of: sender)
        _ = try copy.log.append([[7]], to: .records)
        _ = try sender.log.append([[1]], to: .records)
        try copy.give(sender.records, to: taker, isAttested: false)
        let real = try data(sender.records, of: sender, [[1]])
        let madeUp = try feeds(Limits.unattestedFeedsPerPeer + 40, of: sender, seed: 4)
        // What is here of the sender's feed is given up the first time, and taken the second time.
        let pass = try take(
            try bundle(
                [.data(real), message(try word(real, of: sender))] + madeUp.map { .data(try data($0, of: sender)) }
            )
        )
        #expect(pass.taking.outcomes[sender.records]?.problem == nil)
        #expect(try standing(sender.records)?.attested == end(real))
        #expect(try madeUp.count { try standing($0) != nil } == Limits.unattestedFeedsPerPeer)
    }

    @Test("A site that signs for ever more feeds has its share of them, whatever had come before")
    func share() throws {
        let feeds = try feeds(Limits.feedsPerSite + 4, of: founder, seed: 7)
        for feed in feeds.dropLast(8) { try give(try data(feed, of: founder), of: founder, isAttested: true) }
        let last = try feeds.suffix(8).map { try data($0, of: founder) }
        let pass = try take(
            try bundle(last.map { .data($0) } + last.map { message(try word($0, of: founder)) })
        )
        let attested = try taker.log.feeds().count {
            $0.feed.site == founder.log.site && $0.branch == 0 && $0.attested.position > 0
        }
        #expect(attested == Limits.feedsPerSite)
        #expect(feeds.suffix(8).contains { pass.taking.outcomes[$0]?.problem == .tooMany })
    }

    @Test("Made-up epochs of a site do not keep its real ones out")
    func realAmongMadeUp() throws {
        for feed in try feeds(Limits.feedsPerSite, of: founder, seed: 5) {
            try give(try data(feed, of: founder), of: founder, isAttested: false)
        }
        let real = try data(founder.records, of: founder)
        let pass = try take(try bundle([.data(real), message(try word(real, of: founder))]))
        #expect(pass.taking.outcomes[founder.records]?.problem == nil)
        #expect(try standing(founder.records)?.attested.position == 1)
    }

    @Test("Feeds that a cut-off covers are vouched for, however many there are")
    func manyCutOffs() throws {
        let feeds = try feeds(Limits.unattestedFeedsPerPeer + 3, of: third, seed: 6)
        let all = try feeds.map { try data($0, of: third) }
        let entries = try RosterDraft.ofTests.revocations(
            of: third.log.site,
            cutOffs: try all.map { Frontier.Row(feed: $0.feed, head: try end($0)) },
            reason: "lost",
            in: try registry.roster(of: 0)
        )
        _ = try founder.log.append(entries, to: .roster)
        try founder.give(registry.rosterFeed, to: taker)
        let pass = try take(try bundle(all.map { .data($0) }))
        #expect(feeds.allSatisfy { pass.taking.outcomes[$0]?.problem == nil })
        #expect(try feeds.allSatisfy { try standing($0)?.attested.position == 1 })
    }

    @Test("Of a revoked sender no keys are taken once the roster in its bundle says so")
    func keysOfRevoked() throws {
        let start = FeedChain.start(
            key: founder.log.identity.publicKey,
            epoch: registry.rosterFeed.epoch,
            lane: .roster
        )
        try registry.revoke(1)
        let roster = SyncMessage.DataBlocks(
            feed: registry.rosterFeed,
            after: 0,
            digest: ShortDigest(start.digest),
            isPushed: false,
            blocks: try founder.log.blocks(of: registry.rosterFeed, after: start, limitBytes: .max)
        )
        let bundle = try bundle([.data(roster), message(try word(roster, of: founder)), .keys([[1, 2, 3]])])
        var count = 0
        #expect(throws: BundleRefusal.senderRevoked(sender.log.site)) {
            try take(bundle) { count += $0.count }
        }
        #expect(count == 0)
    }

    // MARK: - Histories that contradict

    /// The taker holds what the third site signed of some epochs; the rows say of each that it was something else.
    private func falseRows(_ count: Int) throws -> HaveVector {
        var vector = HaveVector()
        for feed in try feeds(count, of: third, seed: 7) {
            try give(try data(feed, of: third), of: third, isAttested: true)
            let other = try data(feed, of: third, [[2]])
            vector[feed] = HaveRow(position: 1, digest: ShortDigest(try end(other).digest), bytes: 0)
        }
        return vector
    }

    @Test("A site that contradicts everything is said in a few incidents, however often it says so")
    func contradictsAll() throws {
        let count = 60
        let bundle = try bundle([], saying: try falseRows(count))
        for _ in 1...3 {
            let pass = try take(bundle)
            #expect(pass.taking.outcomes.values.count { $0.problem == .differs(position: 1) } == count)
            let incidents = try taker.log.incidents()
            #expect((1...20).contains(incidents.count), "\(incidents.count)")
            let last = try #require(incidents.first { $0.feed == nil })
            #expect(last.kind == Incident.forkKind)
        }
    }

    @Test("What DATA alone says blames nobody, and opens no epoch")
    func unsigned() throws {
        let copy = try StoreOnDisk.Copy(of: sender)
        _ = try copy.log.append([[2]], to: .records)
        try copy.give(sender.records, to: taker)
        let other = try data(sender.records, of: sender, [[1], [3]])
        var own = try data(taker.records, of: taker, [[4], [5]])
        own.digest = ShortDigest(try end(other).digest)
        var behind = other
        behind.after = 1
        behind.blocks = try Block.plain([[3]], after: try end(try data(sender.records, of: sender, [[1]]))).blocks
        behind.digest = ShortDigest(try end(try data(sender.records, of: sender, [[1]])).digest)
        let pass = try take(try bundle([.data(own), .data(behind)]))
        #expect(pass.newEpoch == nil)
        #expect(pass.taking.outcomes[taker.records]?.problem == .ownBeyond(position: 2))
        #expect(pass.taking.outcomes[sender.records]?.problem == .differs(position: 1))
        let incident = try #require(try taker.log.incidents().first)
        #expect(try taker.log.incidents().count == 1 && incident.kind == Incident.forkKind)
        let alias = try #require(try registry.roster(of: 2)[sender.log.site]?.alias)
        #expect(!incident.text.contains(alias), "\(incident.text)")
    }

    // MARK: - What contradicts a cut-off

    /// The third site wrote two histories. The roster cuts it off in the second one, after two entries.
    private func cutOffElsewhere() throws -> (here: SyncMessage.DataBlocks, cutOff: FeedHead) {
        let here = try data(third.records, of: third, [[1], [2], [3]])
        let cutOff = try end(try data(third.records, of: third, [[8], [9]]))
        let entry = try RosterDraft.ofTests.revocation(
            of: third.log.site,
            cutOffs: [Frontier.Row(feed: third.records, head: cutOff)],
            reason: "copied",
            in: try registry.roster(of: 0)
        )
        _ = try founder.log.append([entry], to: .roster)
        return (here, cutOff)
    }

    @Test("What contradicts a cut-off is in no bundle, and no receipt says it is held")
    func cutOffDiffers() throws {
        let (here, _) = try cutOffElsewhere()
        try give(here, of: third, isAttested: true)
        try founder.give(registry.rosterFeed, to: taker)
        let plan = try plan(of: taker, for: [founder], known: [:])
        #expect(plan.vector[third.records] == nil)
        #expect(!plan.parts.contains { $0.feed == third.records })
    }

    @Test("What is cut off where the cut-off agrees is given up to there")
    func cutOffAgrees() throws {
        let here = try data(third.records, of: third, [[1], [2], [3]])
        let cutOff = try end(try data(third.records, of: third, [[1], [2]]))
        try give(here, of: third, isAttested: true)
        let entry = try RosterDraft.ofTests.revocation(
            of: third.log.site,
            cutOffs: [Frontier.Row(feed: third.records, head: cutOff)],
            reason: "lost",
            in: try registry.roster(of: 0)
        )
        _ = try founder.log.append([entry], to: .roster)
        try founder.give(registry.rosterFeed, to: taker)
        let plan = try plan(of: taker, for: [founder], known: [:])
        #expect(plan.vector[third.records]?.position == 2)
        #expect(plan.parts.first { $0.feed == third.records }?.end == cutOff)
    }

    @Test("A history that a cut-off contradicts is set aside, and nobody is said to be busy")
    func cutOffArrives() throws {
        let (here, cutOff) = try cutOffElsewhere()
        try founder.give(registry.rosterFeed, to: taker)
        let pass = try take(try bundle([.data(here)]))
        #expect(pass.taking.outcomes[third.records]?.problem == .setAside)
        #expect(try standing(third.records)?.stored.position == 0)
        // The other one is taken.
        let right = try data(third.records, of: third, [[8], [9]])
        #expect(try take(try bundle([.data(right)])).taking.outcomes[third.records]?.problem == nil)
        #expect(try standing(third.records)?.attested == cutOff)
    }

    // MARK: - Rows that are not so

    private func plan(
        of store: StoreOnDisk,
        for members: [StoreOnDisk],
        known: [SiteID: HaveVector]
    ) throws -> BundlePlan {
        try BundlePlan(
            for: members.map(\.log.site),
            from: store.log,
            roster: try #require(try Roster(in: store.log)),
            known: known
        )
    }

    @Test("One recipient that says it holds another history takes nothing away from the others")
    func falseRow() throws {
        _ = try sender.log.append([[1], [2], [3]], to: .records)
        func row(_ entry: UInt8, _ count: Int) throws -> HaveVector {
            let held = try data(sender.records, of: sender, (0..<count).map { [entry + UInt8($0)] })
            var vector = HaveVector()
            vector[sender.records] = HaveRow(
                position: UInt64(count),
                digest: ShortDigest(try end(held).digest),
                bytes: 0
            )
            return vector
        }
        func made(
            _ members: [StoreOnDisk],
            _ known: [SiteID: HaveVector]
        ) throws -> (written: UInt64?, problem: BundleMaking.Problem?) {
            let plan = try plan(of: sender, for: members, known: known)
            let roster = try registry.roster(of: 1)
            let fileSystem = taker.surroundings.fileSystem
            if try fileSystem.exists("/srv/stick") { try fileSystem.unlink("/srv/stick") }
            let making = try NewFile.make("/srv/stick", in: taker.surroundings) { file in
                try BundleMaking.make(
                    plan,
                    number: 1,
                    for: try members.map { try #require(roster[$0.log.site]) },
                    in: taker.surroundings,
                    program: "test",
                    from: sender.log,
                    to: file
                )
            }
            return (making.written[sender.records], making.problems[sender.records])
        }
        let (one, two) = (taker.log.site, third.log.site)
        let (right, wrong) = (try row(1, 2), try row(7, 1))
        for known in [[one: wrong, two: right], [one: right, two: wrong]] {
            let made = try made([taker, third], known)
            #expect(made.written == 1 && made.problem == nil)
        }
        #expect(try made([taker, third], [one: wrong]).written == 3, "of one of them nothing is known")
        #expect(try made([taker, third], [one: wrong, two: wrong]).problem == .differs)
        #expect(try made([taker], [one: wrong]).problem == .differs)
        #expect(try made([taker], [one: right]).written == 1)
    }

    // MARK: - What it costs

    @Test("What is looked at to take some feeds does not grow with the feeds that are held")
    func reads() throws {
        for feed in try feeds(100, of: founder, seed: 8) {
            try give(try data(feed, of: founder), of: founder, isAttested: false)
        }
        let feeds = try feeds(20, of: sender, seed: 9)
        let all = try feeds.map { try data($0, of: sender) }
        let bundle = try bundle(try all.flatMap { [.data($0), message(try word($0, of: sender))] })
        /// Bytes that are read of what says where feeds end.
        func bytes(_ body: () throws -> Void) throws -> UInt64 {
            taker.disk.recordCalls(true)
            let before = taker.disk.calls.count
            try body()
            return taker.disk.calls[before...].reduce(0) { sum, call in
                guard call.operation == .read, call.path.hasSuffix("/HEADS"), let bytes = call.bytes else { return sum }
                return sum + UInt64(bytes.count)
            }
        }
        let once = try bytes { _ = try taker.log.feeds() }
        try #require(once > 0)
        let taken = try bytes { _ = try take(bundle) }
        #expect(try feeds.allSatisfy { try standing($0)?.attested.position == 1 })
        #expect(taken < 12 * once, "\(taken / once) looks at all of \(once) bytes")
    }
}
