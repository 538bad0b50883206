import LogFormat
import SyncProtocol
import TestSupport
import Testing

/// A member that holds, as if it were attested, what the owner of a feed never wrote: well formed, and chained.
@Suite("A member that brings false ends of others' feeds")
struct FalseTailTests {
    private static let satellite = SimulatedNetwork.Quality(latencyMilliseconds: 300, bytesPerSecond: 32_000)
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)

    static func entries(_ count: Int, of size: Int = 200, _ generator: inout SplitMix64) -> [[UInt8]] {
        (0..<count).map { _ in generator.bytes(size) }
    }

    /// How the lie stands to the truth.
    struct Plot: Sendable, CustomTestStringConvertible {
        /// Entries all hold and a checkpoint covers, before the lie.
        var shared: Int
        /// Entries of the owner the victim lacks.
        var honest = 30
        var forged: Int
        /// Whether the truth comes by way of another site, which has only the owner's last word.
        var isForwarded: Bool
        var liarStays: Bool

        var testDescription: String {
            "\(shared) shared, \(forged) false for \(honest) true\(isForwarded ? ", forwarded" : "")"
                + (liarStays ? ", the liar stays" : "")
        }

        static let all = [0, 10].flatMap { shared in
            [60, 30, 5].flatMap { forged in
                [false, true].flatMap { isForwarded in
                    [false, true].map {
                        Plot(shared: shared, forged: forged, isForwarded: isForwarded, liarStays: $0)
                    }
                }
            }
        }
    }

    @Test("the truth replaces the lie, whoever brings it, and what is attested never changes", arguments: Plot.all)
    func lieFirst(plot: Plot) throws {
        for seed in Seeds.run(3) {
            var generator = SplitMix64(seed: seed)
            let clinics = try Clinics(4, seed: seed)
            let network = clinics.network
            let (hub, owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3])
            let feed = FeedID(site: owner.site, epoch: owner.epoch, lane: .records)
            if plot.shared > 0 { _ = try owner.append(Self.entries(plot.shared, &generator), to: .records) }
            // Everybody knows everybody, and what is shared.
            for other in [owner, victim, liar] { try clinics.meet(hub, other) }
            _ = try owner.append(Self.entries(plot.honest, &generator), to: .records)
            try clinics.meet(owner, hub)
            let shared = victim.held(feed)?.attested
            liar.forge(
                Self.entries(plot.forged, &generator),
                of: feed,
                key: owner.signingKey,
                after: UInt64(plot.shared)
            )
            let lie = try network.connect(liar, victim, Self.lan)
            try network.run(milliseconds: 5000)
            let planted = try #require(victim.held(feed), "seed \(seed)")
            #expect(planted.stored.position == UInt64(plot.shared + plot.forged), "seed \(seed)")
            #expect(planted.attested.position == UInt64(plot.shared), "seed \(seed)")
            if let shared { #expect(planted.attested == shared, "seed \(seed)") }
            if !plot.liarStays { try network.cut(lie) }
            let truth = try network.connect(plot.isForwarded ? hub : owner, victim, Self.lan)
            try network.run(milliseconds: 20_000)
            let end = try #require(owner.held(feed), "seed \(seed)")
            #expect(victim.held(feed)?.attested == end.attested, "seed \(seed)")
            #expect(victim.held(feed)?.stored == end.stored, "seed \(seed)")
            #expect(truth.ends.map(\.closed) == [nil, nil], "seed \(seed)")
            #expect(truth.ends.map(\.incidents) == [[], []], "seed \(seed)")
            #expect(truth.ends[1].session.status.word == .inSync, "seed \(seed)")
            let blamed = Set(network.discards.flatMap(\.tail.falsifiers))
            #expect(blamed == [liar.site], "seed \(seed)")
            if plot.liarStays { #expect(lie.ends[1].closed == .invalidData, "seed \(seed)") }
            #expect(network.discards.count <= 2, "seed \(seed)")
            #expect(network.violations == [], "seed \(seed)")
        }
    }

    @Test("a liar that comes back every second is not listened to, and stops nobody", arguments: Seeds.run(2))
    func persistent(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 500)
        let clinics = try Clinics(4, seed: seed)
        let network = clinics.network
        let (hub, owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3])
        let feed = FeedID(site: owner.site, epoch: owner.epoch, lane: .records)
        _ = try owner.append(Self.entries(10, &generator), to: .records)
        for other in [owner, victim, liar] { try clinics.meet(hub, other) }
        _ = try owner.append(Self.entries(2000, &generator), to: .records)
        try clinics.meet(owner, hub)
        try clinics.meet(hub, liar)
        // It has the owner's last word, so it can contest whatever the victim is given.
        #expect(liar.held(feed)?.attested.position == 2010)
        var lie = try lied()
        try network.run(milliseconds: 2000)
        #expect(victim.held(feed)?.stored.position == 13, "seed \(seed)")
        var truth = try network.connect(hub, victim, Self.satellite)
        for second in 0..<300 {
            if second % 20 == 19 {
                try network.cut(truth)
                truth = try network.connect(hub, victim, Self.satellite)
            }
            try network.cut(lie)
            lie = try lied()
            try network.run(milliseconds: 1000)
            let attested = try #require(victim.held(feed)?.attested)
            #expect(owner.feeds[feed]?.heads[Int(attested.position)] == attested, "seed \(seed)")
        }
        #expect(victim.held(feed)?.attested == owner.held(feed)?.attested, "seed \(seed)")
        // By anybody's word a tail is given up once in a while only.
        #expect(network.discards.count <= 4, "seed \(seed): \(network.discards.count)")

        func lied() throws -> SimulatedNetwork.Link {
            liar.forge(Self.entries(3, &generator), of: feed, key: owner.signingKey, after: 10)
            return try network.connect(liar, victim, Self.lan)
        }
    }

    @Test(
        "whenever the liar, the owner and a third come and go, the truth wins, and nothing attested is lost",
        arguments: Seeds.run(20)
    )
    func anyOrder(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 900)
        let clinics = try Clinics(4, seed: seed)
        let network = clinics.network
        let (hub, owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3])
        let feed = FeedID(site: owner.site, epoch: owner.epoch, lane: .records)
        for other in [owner, victim, liar] {
            try clinics.meet(hub, other)
        }
        var links: [SimulatedNetwork.Link] = []
        var attested: UInt64 = 0
        for _ in 0..<40 {
            let quality = generator.below(2) == 0 ? Self.lan : Self.satellite
            switch generator.below(6) {
            case 0: links.append(try network.connect(owner, [hub, victim][generator.below(2)], quality))
            case 1: links.append(try network.connect(hub, [victim, liar][generator.below(2)], quality))
            case 2:
                let known = min(
                    liar.feeds[feed]?.checkpoints.last?.head.position ?? 0,
                    owner.held(feed)?.stored.position ?? 0
                )
                liar.forge(
                    Self.entries(1 + generator.below(40), &generator),
                    of: feed,
                    key: owner.signingKey,
                    after: min(known, UInt64(liar.feeds[feed]?.entries.count ?? 0))
                )
                links.append(try network.connect(liar, victim, quality))
            case 3 where !links.isEmpty: try network.cut(links.remove(at: generator.below(links.count)))
            default:
                try network.append(Self.entries(1 + generator.below(30), &generator), to: .records, at: owner)
            }
            try network.run(milliseconds: UInt64(generator.below(2500)))
            guard let now = victim.held(feed)?.attested, now.position > 0 else { continue }
            #expect(now.position >= attested, "seed \(seed)")
            #expect(owner.feeds[feed]?.heads[Int(now.position)] == now, "seed \(seed)")
            attested = now.position
        }
        for site in clinics.sites { try network.vanish(site) }
        // A word that was not taken is taken again after a while.
        try network.run(milliseconds: 3_600_000)
        let last = try network.connect(owner, victim, Self.lan)
        try network.run(milliseconds: 30_000)
        #expect(victim.held(feed)?.attested == owner.held(feed)?.attested, "seed \(seed)")
        #expect(last.ends.map(\.closed) == [nil, nil], "seed \(seed)")
        for discard in network.discards {
            #expect(Set(discard.tail.falsifiers).isSubset(of: [liar.site]), "seed \(seed)")
        }
    }

    @Test(
        "a liar with the owner's last word can contest the truth, and is found out by that word",
        arguments: Seeds.run(3)
    )
    func contester(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 700)
        let clinics = try Clinics(4, seed: seed)
        let network = clinics.network
        let (hub, owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3])
        let feed = FeedID(site: owner.site, epoch: owner.epoch, lane: .records)
        for other in [owner, victim, liar] { try clinics.meet(hub, other) }
        _ = try owner.append(Self.entries(2000, &generator), to: .records)
        try clinics.meet(owner, hub)
        try clinics.meet(hub, liar)
        // No word on the way: only the last one.
        #expect(hub.feeds[feed]?.checkpoints.filter { $0.head.position < 2000 }.isEmpty == true)
        liar.forge(Self.entries(2500, &generator), of: feed, key: owner.signingKey, after: 0)
        let truth = try network.connect(hub, victim, Self.satellite)
        try network.run(milliseconds: 5000)
        #expect(victim.held(feed).map { $0.stored.position > 0 && $0.attested.position == 0 } == true, "seed \(seed)")
        let lie = try network.connect(liar, victim, Self.lan)
        try network.run(milliseconds: 60_000)
        #expect(lie.ends[1].closed == .invalidData, "seed \(seed)")
        #expect(Set(network.discards.flatMap(\.tail.falsifiers)) == [liar.site], "seed \(seed)")
        #expect(victim.held(feed)?.attested == owner.held(feed)?.attested, "seed \(seed)")
        #expect(truth.ends.map(\.closed) == [nil, nil], "seed \(seed)")
        #expect(network.discards.count <= 3, "seed \(seed)")
    }

    @Test("a message that the histories differ, sent again and again, makes nobody give up more than one end")
    func spam() throws {
        var generator = SplitMix64(seed: 40)
        let clinics = try Clinics(4, seed: 40)
        let network = clinics.network
        let (hub, owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3])
        let feed = FeedID(site: owner.site, epoch: owner.epoch, lane: .records)
        for other in [owner, victim, liar] { try clinics.meet(hub, other) }
        _ = try owner.append(Self.entries(2000, &generator), to: .records)
        try clinics.meet(owner, hub)
        _ = try network.connect(hub, victim, Self.satellite)
        // It has nothing of the feed but the owner's last word.
        let link = try network.connect(liar, victim, Self.lan)
        try network.run(milliseconds: 3000)
        #expect(victim.held(feed).map { $0.stored.position > 0 } == true)
        let word = try #require(try hub.checkpoint(feed, through: 2000).get())
        let said = SyncMessage.checkpoint(feed: feed, head: word.head, signature: word.signature)
        for _ in 0..<200 {
            try network.run(milliseconds: 50)
            let stored = max(1, victim.held(feed)?.stored.position ?? 0)
            let incident = SyncMessage.incident(kind: .diverged, feed: feed, position: stored)
            try network.inject(said.frame.encoded + incident.frame.encoded, into: 1, of: link)
        }
        #expect(network.discards.count == 1)
        #expect(network.discards.allSatisfy { $0.tail.falsifiers.isEmpty })
        // Long before its word would count again, the truth is taken again.
        try network.run(milliseconds: 650_000)
        _ = try network.connect(hub, victim, Self.satellite)
        try network.run(milliseconds: 30_000)
        #expect(network.discards.count == 1)
        #expect(victim.held(feed)?.attested == owner.held(feed)?.attested)
    }

    // MARK: - Strangers

    @Test("of what a stranger brings, nothing is stored that no checkpoint covers", arguments: [false, true])
    func stranger(isNew: Bool) throws {
        var generator = SplitMix64(seed: 41)
        let clinics = try Clinics(2, seed: 41)
        let (hub, victim, stranger) = (clinics.sites[0], clinics.sites[1], clinics.stranger)
        if !isNew { try clinics.meet(hub, victim) }
        let feed = FeedID(site: hub.site, epoch: hub.epoch, lane: .roster)
        let end = try #require(hub.held(feed)?.stored)
        try clinics.give(feed, of: hub, to: stranger)
        stranger.forge(Self.entries(3, &generator), of: feed, key: hub.signingKey, after: end.position)
        let link = try clinics.network.connect(stranger, victim, Self.lan)
        try clinics.network.run(milliseconds: 5000)
        #expect(link.ends[0].sentBytes > 600)
        #expect(victim.held(feed)?.stored == end)
        #expect(victim.held(feed)?.attested == end)
        try clinics.network.run(milliseconds: 8000)
        #expect(link.ends[1].closed == .notAdmitted)
        #expect(clinics.network.discards.isEmpty)
    }

    @Test("a stranger whose blocks are not what the checkpoint says is closed, and nothing is stored")
    func falseStranger() throws {
        var generator = SplitMix64(seed: 42)
        let clinics = try Clinics(2, seed: 42)
        let (hub, victim, stranger) = (clinics.sites[0], clinics.sites[1], clinics.stranger)
        let feed = FeedID(site: hub.site, epoch: hub.epoch, lane: .roster)
        try clinics.give(feed, of: hub, to: stranger)
        stranger.forge(Self.entries(9, &generator), of: feed, key: hub.signingKey, after: 0)
        let link = try clinics.network.connect(stranger, victim, Self.lan)
        try clinics.network.run(milliseconds: 5000)
        #expect(link.ends[1].closed == .invalidData)
        #expect(victim.held(feed) == nil)
    }

    @Test("a false end of the roster does not keep out a site that brings its own admission")
    func spoiledRoster() throws {
        var generator = SplitMix64(seed: 43)
        let clinics = try Clinics(3, seed: 43)
        let (hub, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2])
        for other in [victim, liar] { try clinics.meet(hub, other) }
        let feed = FeedID(site: hub.site, epoch: hub.epoch, lane: .roster)
        let known = try #require(victim.held(feed)?.attested)
        liar.forge(Self.entries(5, &generator), of: feed, key: hub.signingKey, after: known.position)
        try clinics.meet(liar, victim)
        #expect(victim.held(feed)?.stored.position == known.position + 5)
        try clinics.admitStranger()
        try clinics.meet(clinics.stranger, hub)
        let link = try clinics.network.connect(clinics.stranger, victim, Self.lan)
        try clinics.network.run(milliseconds: 8000)
        #expect(link.ends.map(\.closed) == [nil, nil])
        #expect(link.ends[1].session.status.word == .inSync)
        #expect(victim.held(feed)?.attested == hub.held(feed)?.attested)
        #expect(victim.held(feed)?.stored == hub.held(feed)?.stored)
    }

    // MARK: - How much

    @Test("a member that makes up epochs is closed, again and again, and stops nobody else", arguments: [270, 1030])
    func manyEpochs(count: Int) throws {
        var generator = SplitMix64(seed: 44)
        let clinics = try Clinics(4, seed: 44)
        let network = clinics.network
        let (hub, owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3])
        for other in [owner, victim, liar] { try clinics.meet(hub, other) }
        for _ in 0..<count {
            let epoch = try #require(EpochID(generator.bytes(8)))
            let feed = FeedID(site: owner.site, epoch: epoch, lane: .records)
            liar.forge(Self.entries(1, &generator), of: feed, key: owner.signingKey, after: 0)
        }
        var made = 0
        for round in 0..<(count < Limits.feedsPerSite ? 2 : 1) {
            let link = try network.connect(liar, victim, Self.lan)
            try network.run(milliseconds: 20_000)
            #expect(link.ends.map(\.closed) == [.tooLarge, .tooLarge], "round \(round)")
            made = victim.allHeld.count { $0.attested.position == 0 }
            #expect(made <= Limits.unattestedFeedsPerPeer)
        }
        if count < Limits.feedsPerSite { #expect(made == Limits.unattestedFeedsPerPeer) }
        _ = try owner.append(Self.entries(5, &generator), to: .records)
        let link = try network.connect(owner, victim, Self.lan)
        try network.run(milliseconds: 5000)
        let feed = FeedID(site: owner.site, epoch: owner.epoch, lane: .records)
        #expect(victim.held(feed)?.attested == owner.held(feed)?.attested)
        #expect(link.ends.map(\.closed) == [nil, nil])
    }
}
