import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("Who brought what is not attested")
struct ReceivedTailsTests {
    private var generator = SplitMix64(seed: 5)
    private let sites: [SiteID]

    init() throws {
        var seeded = SplitMix64(seed: 6)
        sites = try (0..<4).map { _ in try #require(SiteID(seeded.bytes(16))) }
    }

    private mutating func bytes(_ count: Int) -> [UInt8] { generator.bytes(count) }

    private mutating func feed(of site: SiteID) throws -> FeedID {
        let epoch = bytes(8)
        return FeedID(site: site, epoch: try #require(EpochID(epoch)), lane: .records)
    }

    private mutating func head(_ position: UInt64) throws -> FeedHead {
        let digest = bytes(32)
        return FeedHead(position: position, digest: try #require(ChainDigest(digest)))
    }

    private func held(_ feed: FeedID, _ attested: FeedHead) -> HeldFeed {
        HeldFeed(feed: feed, stored: attested, attested: attested, storedBytes: 0)
    }

    @Test("a site has at most its share of feeds, also when it signs for each, and whoever brings them")
    mutating func feedsOfOneSite() throws {
        var tails = ReceivedTails()
        for site in sites[0...1] {
            for _ in 0..<Limits.feedsPerSite {
                let feed = try feed(of: site)
                try tails.admit(feed, from: site, isCovered: false, at: 0)
                let end = try head(1)
                tails.took(feed, through: end, from: site)
                let decided = tails.note(held(feed, end))
                #expect(decided.isEmpty)
            }
        }
        let known = try feed(of: sites[2])
        _ = tails.note(held(known, try head(1)))
        let next = try feed(of: sites[1])
        let full = StoreFailure.doubted(untilNanoseconds: 7 + ReceivedTails.doubtNanoseconds)
        #expect(throws: full) { try tails.admit(next, from: sites[1], isCovered: false, at: 7) }
        #expect(throws: full) { try tails.admit(next, from: sites[3], isCovered: true, at: 7) }
        #expect(throws: full) { try tails.admitFirst(next, at: 7) }
        try tails.admitFirst(known, at: 7)
        try tails.admit(try feed(of: sites[2]), from: sites[1], isCovered: false, at: 0)
    }

    @Test("blamed is who continued what is false at or beyond the statement, and nobody who stopped before it")
    mutating func blame() throws {
        var tails = ReceivedTails()
        let feed = try feed(of: sites[1])
        tails.took(feed, through: try head(5), from: sites[2])
        tails.took(feed, through: try head(9), from: sites[3])
        let blamed = tails.contradicted(feed, at: 6, now: 0)
        #expect(blamed == [sites[3]])
        let later = tails.contradicted(feed, at: 1, now: 0)
        #expect(later.isEmpty)
        let other = try self.feed(of: sites[1])
        try tails.admit(other, from: sites[2], isCovered: false, at: 1)
        #expect(throws: StoreFailure.doubted(untilNanoseconds: ReceivedTails.doubtNanoseconds)) {
            try tails.admit(other, from: sites[3], isCovered: false, at: 1)
        }
        // What is proven is taken from anybody, and a site's own feeds from itself.
        try tails.admit(other, from: sites[3], isCovered: true, at: 1)
        try tails.admit(try self.feed(of: sites[3]), from: sites[3], isCovered: false, at: 1)
        try tails.admit(other, from: sites[3], isCovered: false, at: ReceivedTails.doubtNanoseconds)
    }

    @Test("each word against a tail waits twice as long as the one before, until the feed grows")
    mutating func words() throws {
        var tails = ReceivedTails()
        let feed = try feed(of: sites[1])
        var now: UInt64 = 0
        for round in 0..<4 {
            let length = ReceivedTails.doubtNanoseconds << UInt64(round)
            tails.took(feed, through: try head(5), from: sites[2])
            try tails.yield(feed, to: sites[3], at: now)
            #expect(throws: StoreFailure.doubted(untilNanoseconds: now + length)) {
                try tails.admit(feed, from: sites[2], isCovered: false, at: now)
            }
            try tails.admit(feed, from: sites[2], isCovered: false, at: now + length)
            #expect(throws: StoreFailure.doubted(untilNanoseconds: now + 2 * length)) {
                try tails.yield(feed, to: sites[3], at: now + 2 * length - 1)
            }
            now += 2 * length
        }
        // The four ends that were given up are judged together.
        let decided = tails.note(held(feed, try head(6)))
        #expect(decided.map(\.peers) == [[sites[2]], [sites[2]], [sites[2]], [sites[2]]])
        tails.took(feed, through: try head(7), from: sites[2])
        try tails.yield(feed, to: sites[3], at: now)
    }
}
