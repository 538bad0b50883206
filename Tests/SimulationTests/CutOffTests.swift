import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("A site that is revoked, and where its feeds are cut off")
struct CutOffTests {
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)
    private let clinics: Clinics
    private var network: SimulatedNetwork { clinics.network }
    private var hub: SimulatedSite { clinics.sites[0] }
    private var owner: SimulatedSite { clinics.sites[1] }
    private var victim: SimulatedSite { clinics.sites[2] }
    private var liar: SimulatedSite { clinics.sites[3] }
    private var feed: FeedID { FeedID(site: owner.site, epoch: owner.epoch, lane: .records) }
    private var roster: FeedID { FeedID(site: hub.site, epoch: hub.epoch, lane: .roster) }

    /// All hold ten entries of the owner, the hub thirty more.
    init() throws {
        clinics = try Clinics(4, seed: 60)
        var generator = SplitMix64(seed: 60)
        _ = try owner.append(FalseTailTests.entries(10, &generator), to: .records)
        for other in [owner, victim, liar] { try clinics.meet(hub, other) }
        _ = try owner.append(FalseTailTests.entries(30, &generator), to: .records)
        try clinics.meet(owner, hub)
    }

    /// The owner is revoked with what the hub holds, and the victim has the roster before it meets anybody.
    private func revoke() throws {
        let head = try #require(hub.held(feed)?.attested)
        #expect(head.position == 40)
        try clinics.revoke(owner, cutOffs: [.init(feed: feed, head: head)])
        try clinics.give(roster, of: hub, to: victim)
    }

    @Test("a false end that reaches across a cut-off set later is given up, and the truth takes its place")
    func falseEnd() throws {
        var generator = SplitMix64(seed: 61)
        liar.forge(FalseTailTests.entries(60, &generator), of: feed, key: owner.signingKey, after: 10)
        try clinics.meet(liar, victim)
        #expect(victim.held(feed)?.stored.position == 70)
        #expect(victim.held(feed)?.attested.position == 10)
        try revoke()
        let link = try network.connect(hub, victim, Self.lan)
        try network.run(milliseconds: 10_000)
        #expect(victim.held(feed)?.attested == hub.held(feed)?.attested)
        #expect(victim.held(feed)?.stored == hub.held(feed)?.attested)
        #expect(link.ends.map(\.closed) == [nil, nil])
        #expect(link.ends.map(\.incidents) == [[], []])
        #expect(link.ends.allSatisfy { $0.session.status.word == .inSync })
        #expect(network.discards.flatMap(\.tail.falsifiers) == [liar.site])
    }

    @Test("a true end that no checkpoint covered is shown when the roster names it, and given to others")
    func trueEnd() throws {
        let start = try #require(victim.held(feed)?.stored)
        let blocks = try owner.read(feed, after: start, limitBytes: 1_000_000).get()
        _ = try victim.store(blocks, feed, key: owner.signingKey, after: start).get()
        #expect(victim.held(feed)?.attested.position == 10)
        try revoke()
        try clinics.give(roster, of: hub, to: liar)
        let link = try network.connect(victim, liar, Self.lan)
        try network.run(milliseconds: 5000)
        #expect(victim.held(feed)?.attested == hub.held(feed)?.attested)
        #expect(liar.held(feed)?.attested == hub.held(feed)?.attested)
        #expect(link.ends.allSatisfy { $0.session.status.word == .inSync })
        #expect(network.discards.isEmpty)
    }

    @Test("an attested history other than the one cut off is an incident, and is not said to be that one")
    func fork() throws {
        var generator = SplitMix64(seed: 62)
        victim.forge(FalseTailTests.entries(60, &generator), of: feed, key: owner.signingKey, after: 10)
        let attested = victim.held(feed)?.attested
        try revoke()
        let link = try network.connect(hub, victim, Self.lan)
        try network.run(milliseconds: 5000)
        #expect(link.ends[1].incidents.contains { $0.kind == .cutOffDiffers && $0.position == 40 })
        #expect(link.ends.allSatisfy { $0.session.status.word != .inSync })
        #expect(victim.held(feed)?.attested == attested)
    }
}
