import LogFormat
import SyncProtocol
import TestSupport
import Testing

/// Entries that a store lost and asks a peer for.
@Suite("Entries that are asked for again")
struct FetchTests {
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)
    private static let satellite = SimulatedNetwork.Quality(latencyMilliseconds: 300, bytesPerSecond: 32_000)

    private static func entries(_ count: Int, _ bytes: Int, _ generator: inout SplitMix64) -> [[UInt8]] {
        (0..<count).map { _ in generator.bytes(bytes) }
    }

    /// The head after all blocks that came for an order, each proven by the chain.
    private static func proven(
        _ fetched: [(number: UInt64, blocks: [Block])],
        of number: UInt64,
        after head: FeedHead
    ) throws -> FeedHead {
        var head = head
        var inflater = Inflater()
        for row in fetched where row.number == number {
            for block in row.blocks { head = try block.verified(after: head, using: &inflater) }
        }
        return head
    }

    private static func expectSound(_ clinics: Clinics, _ link: SimulatedNetwork.Link) {
        #expect(clinics.network.violations == [])
        for end in link.ends {
            #expect(end.closed == nil)
            #expect(end.incidents == [])
            #expect(end.session.status.word == .inSync)
        }
    }

    @Test(
        "the past of a feed comes again in as many turns as it takes, own or not, and the session goes on as before",
        arguments: [true, false]
    )
    func past(isOwn: Bool) throws {
        var generator = SplitMix64(seed: isOwn ? 80 : 81)
        let clinics = try Clinics(2, seed: 80)
        let (hub, site) = (clinics.sites[0], clinics.sites[1])
        let feed = try (isOwn ? site : hub).append(Self.entries(300, 10_000, &generator), to: .records)
        let link = try clinics.network.connect(site, hub, Self.lan)
        try clinics.network.run(milliseconds: 10_000)
        #expect(clinics.areEqual)
        let heads = try #require(site.feeds[feed]?.heads)
        let known = site.allHeld

        let (before, end) = (heads[40], heads[300])
        var turns = 0
        while try Self.proven(link.ends[0].fetched, of: 1, after: before) != end {
            turns += 1
            try #require(turns < 10)
            try clinics.network.order(FetchOrder(number: 1, feed: feed, after: before), at: 0, of: link)
            // Whoever is fetching goes on recording.
            try clinics.network.append(Self.entries(1, 100, &generator), to: .urgent, at: site)
            try clinics.network.append(Self.entries(1, 100, &generator), to: .urgent, at: hub)
            try clinics.network.run(milliseconds: 1_000)
        }
        #expect(turns == 3, "1 MiB each time")
        #expect(known.allSatisfy { site.held($0.feed) == $0 })
        try clinics.network.order(nil, at: 0, of: link)
        for other in [site, hub] {
            try clinics.network.append(Self.entries(3, 100, &generator), to: .records, at: other)
        }
        // Nobody waits for the other's word until the session is silent.
        try clinics.network.run(milliseconds: 300_000)
        #expect(clinics.areEqual)
        Self.expectSound(clinics, link)
    }

    @Test(
        "an order that is given up on a slow link, or replaced by another, spoils nothing",
        arguments: 0..<12 as Range<UInt64>
    )
    func givenUp(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let clinics = try Clinics(2, seed: seed)
        let (hub, site) = (clinics.sites[0], clinics.sites[1])
        var feeds: [FeedID] = []
        for owner in [site, hub] { feeds.append(try owner.append(Self.entries(200, 500, &generator), to: .records)) }
        let link = try clinics.network.connect(site, hub, Self.satellite)
        try clinics.network.run(milliseconds: 30_000)
        #expect(clinics.areEqual, "seed \(seed)")
        for number in 1...8 as ClosedRange<UInt64> {
            let feed = feeds[generator.below(2)]
            let head = try #require(site.feeds[feed]?.heads[generator.below(200)])
            // Something may have been on its way here still.
            let end = try #require((feed == feeds[0] ? site : hub).feeds[feed]?.heads.last)
            try clinics.network.order(FetchOrder(number: number, feed: feed, after: head), at: 0, of: link)
            for owner in [site, hub] where generator.below(2) == 0 {
                try clinics.network.append(
                    Self.entries(1 + generator.below(5), 300, &generator),
                    to: .records,
                    at: owner
                )
            }
            try clinics.network.run(milliseconds: UInt64(generator.below(6_000)))
            let reached = try Self.proven(link.ends[0].fetched, of: number, after: head)
            #expect(reached.position <= end.position + 5, "seed \(seed)")
            if generator.below(2) == 0 { try clinics.network.order(nil, at: 0, of: link) }
        }
        try clinics.network.order(nil, at: 0, of: link)
        try clinics.network.run(milliseconds: 300_000)
        #expect(clinics.areEqual, "seed \(seed)")
        Self.expectSound(clinics, link)
    }

    @Test("a peer that holds nothing behind a head says so at once")
    func nothing() throws {
        let clinics = try Clinics(2, seed: 83)
        let (hub, site) = (clinics.sites[0], clinics.sites[1])
        let feed = try site.append([[1], [2], [3]], to: .records)
        let link = try clinics.network.connect(site, hub, Self.lan)
        try clinics.network.run(milliseconds: 3_000)
        let end = try #require(site.feeds[feed]?.heads.last)
        try clinics.network.order(FetchOrder(number: 7, feed: feed, after: end), at: 0, of: link)
        try clinics.network.run(milliseconds: 1_000)
        #expect(link.ends[0].fetched.map(\.number) == [7])
        #expect(link.ends[0].fetched.allSatisfy { $0.blocks.isEmpty })
        Self.expectSound(clinics, link)
    }
}
