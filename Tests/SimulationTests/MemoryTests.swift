import LogFormat
import SyncProtocol
import TestSupport
import Testing

/// What a session begins with about its peer may be old, of a site that was set back, or a lie.
@Suite("What is remembered of a peer")
struct MemoryTests {
    private static let satellite = SimulatedNetwork.Quality(latencyMilliseconds: 300, bytesPerSecond: 32_000)

    enum Error: CaseIterable {
        /// Of an earlier time than the last.
        case old
        /// The peer was set back: it holds less.
        case beyondPeer
        /// This store was set back: it holds less.
        case beyondHere
        /// No such history is known here.
        case other
        /// All of them.
        case lie
        /// Only what a bundle says, without whole digests.
        case short
        case forgotten
    }

    @Test("However wrong it is, nothing is lost, nobody is accused, and both end equal", arguments: Error.allCases)
    func wrong(_ error: Error) throws {
        var generator = SplitMix64(seed: 90)
        let clinics = try Clinics(2, seed: 90)
        let (site, hub) = (clinics.sites[0], clinics.sites[1])
        func record(_ count: Int, at owner: SimulatedSite, to lane: Lane = .records) throws {
            try clinics.network.append((0..<count).map { _ in generator.bytes(200) }, to: lane, at: owner)
        }
        try record(40, at: site)
        try record(3, at: site, to: .urgent)
        try record(40, at: hub)
        try clinics.meet(site, hub)
        #expect(clinics.areEqual)
        try record(30, at: site)
        let feed = FeedID(site: site.site, epoch: site.epoch, lane: .records)
        var memory = try #require(site.memories[hub.site])
        #expect(memory.vector.count >= 4)
        let heads = try #require(site.feeds[feed]?.heads)
        func remember(_ head: FeedHead, of feed: FeedID) {
            memory.vector[feed] = HaveRow(position: head.position, digest: ShortDigest(head.digest), bytes: 1)
            memory.vector.note(head, of: feed)
        }
        func wrongHead(_ position: UInt64) throws -> FeedHead {
            FeedHead(position: position, digest: try #require(ChainDigest(generator.bytes(32))))
        }
        switch error {
        case .old: remember(heads[7], of: feed)
        case .beyondPeer: remember(heads[60], of: feed)
        case .beyondHere: remember(try wrongHead(5_000), of: feed)
        case .other: remember(try wrongHead(40), of: feed)
        case .lie:
            for row in memory.acknowledged { remember(try wrongHead(row.head.position + 3), of: row.feed) }
            remember(try wrongHead(9), of: FeedID(site: hub.site, epoch: site.epoch, lane: .urgent))
        case .short: for row in memory.acknowledged { memory.vector.forgetHead(of: row.feed) }
        case .forgotten: memory = PeerMemory(acknowledged: [])
        }
        site.memories[hub.site] = memory
        let link = try clinics.network.connect(site, hub, Self.satellite)
        try clinics.network.run(milliseconds: 20_000)
        #expect(clinics.areEqual)
        #expect(clinics.network.violations == [])
        for end in link.ends {
            #expect(end.incidents == [])
            #expect(end.closed == nil)
            #expect(end.session.status.word == .inSync)
        }
        // What was wrong is right afterwards.
        try clinics.network.cut(link)
        let row = try #require(site.memories[hub.site]?.vector[feed])
        #expect(row.position == 70 && row.digest == ShortDigest(heads[70].digest))
        #expect(site.memories[hub.site]?.acknowledged.contains { $0.feed == feed && $0.head == heads[70] } == true)
    }

    @Test("What a peer said while connected is remembered now and then, for whoever is killed")
    func killed() throws {
        var generator = SplitMix64(seed: 91)
        let clinics = try Clinics(2, seed: 91)
        let (site, hub) = (clinics.sites[0], clinics.sites[1])
        _ = try clinics.network.connect(site, hub, Self.satellite)
        let feed = FeedID(site: site.site, epoch: site.epoch, lane: .records)
        for count in 1...4 as ClosedRange<UInt64> {
            try clinics.network.append([generator.bytes(100)], to: .records, at: site)
            try clinics.network.run(milliseconds: 40_000)
            #expect(site.memories[hub.site]?.vector[feed]?.position == count)
        }
    }
}
