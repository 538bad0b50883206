import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("A member that sends what nobody asked for")
struct UnaskedDataTests {
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)

    /// One entry of an epoch that is made up, of a site of the roster.
    private func data(_ owner: SimulatedSite, isPushed: Bool, digest: ShortDigest? = nil) throws -> [UInt8] {
        let feed = FeedID(site: owner.site, epoch: try #require(EpochID([1, 2, 3, 4, 5, 6, 7, 8])), lane: .records)
        let start = FeedChain.start(key: owner.signingKey, epoch: feed.epoch, lane: feed.lane)
        var builder = BlockBuilder(after: start)
        _ = try builder.append([UInt8](1...3))
        let block = builder.finish()
        return SyncMessage.data(
            .init(
                feed: feed,
                after: 0,
                digest: digest ?? ShortDigest(start.digest),
                isPushed: isPushed,
                blocks: [try #require(block)]
            )
        ).frame.encoded
    }

    @Test("data that was neither asked for nor pushed ends the session before any of it is kept")
    func unasked() throws {
        let clinics = try Clinics(3, seed: 70)
        let (owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2])
        for other in [victim, liar] { try clinics.meet(owner, other) }
        let link = try clinics.network.connect(liar, victim, Self.lan)
        try clinics.network.run(milliseconds: 1000)
        let known = victim.allHeld
        try clinics.network.inject(try data(owner, isPushed: false), into: 1, of: link)
        try clinics.network.run(milliseconds: 1000)
        #expect(link.ends[1].closed == .protocolViolation)
        #expect(victim.allHeld == known)
    }

    @Test("a made-up feed with a false beginning is no incident that people are called for", arguments: [true, false])
    func falseBeginning(isPushed: Bool) throws {
        let clinics = try Clinics(3, seed: 71)
        let (owner, victim, liar) = (clinics.sites[0], clinics.sites[1], clinics.sites[2])
        for other in [victim, liar] { try clinics.meet(owner, other) }
        let link = try clinics.network.connect(liar, victim, Self.lan)
        try clinics.network.run(milliseconds: 1000)
        let digest = try #require(ShortDigest([UInt8](repeating: 9, count: 16)))
        try clinics.network.inject(try data(owner, isPushed: isPushed, digest: digest), into: 1, of: link)
        #expect(link.ends[1].closed == .invalidData)
        #expect(link.ends[1].incidents == [])
    }

    @Test(
        "data that was asked for and is on its way when its site is revoked is dropped, and the session goes on",
        arguments: [false, true]
    )
    func revokedOnTheWay(hasCutOff: Bool) throws {
        let clinics = try Clinics(3, seed: 72)
        let (owner, victim, relay) = (clinics.sites[0], clinics.sites[1], clinics.sites[2])
        var numbers = SplitMix64(seed: 72)
        _ = try relay.append((0..<20).map { _ in numbers.bytes(200) }, to: .records)
        for other in [victim, relay] { try clinics.meet(owner, other) }
        // The relay has a long feed of its own; the administrator hears of the revocation while it is on its way.
        _ = try relay.append((0..<400).map { _ in numbers.bytes(200) }, to: .records)
        try clinics.meet(relay, victim)
        let slow = SimulatedNetwork.Quality(latencyMilliseconds: 300, bytesPerSecond: 20_000)
        let link = try clinics.network.connect(victim, owner, slow)
        try clinics.network.run(milliseconds: 2500)
        let held = owner.allHeld.filter { $0.feed.site == relay.site }
        #expect(held.map(\.attested.position) == [20], "the relay's word for what follows has not come")
        try clinics.revoke(relay, cutOffs: hasCutOff ? held.map { .init(feed: $0.feed, head: $0.attested) } : [])
        try clinics.network.run(milliseconds: 20_000)
        #expect(link.ends.map(\.closed) == [nil, nil])
        #expect(victim.roster[relay.site]?.isRevoked == true)
    }
}
