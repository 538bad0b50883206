import LogFormat
import LogStore
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import SyncEngine

@Suite("A log as sessions see it")
struct LogStoreSessionsTests {
    private let here: StoreOnDisk
    private let there: StoreOnDisk

    init() throws {
        here = try StoreOnDisk("AA")
        there = try StoreOnDisk("BB")
        for node in [here, there] { try node.log.join(RegistryID(foundedBy: [1])) }
    }

    private func sessions(_ node: StoreOnDisk) -> LogStoreSessions {
        LogStoreSessions(node.log, clock: node.surroundings.clock) {
            Issue.record("\($0)")
        } discarded: {
            Issue.record("\($0)")
        }
    }

    private func run(
        _ blocks: [Block],
        of feed: FeedID,
        key: SitePublicKey,
        after head: FeedHead,
        from peer: SiteID? = nil,
        isCovered: Bool = false
    ) -> ReceivedRun {
        ReceivedRun(blocks, of: feed, key: key, after: head, from: peer ?? feed.site, isCovered: isCovered)
    }

    private func held(_ sessions: LogStoreSessions, _ feed: FeedID) throws -> HeldFeed? {
        try sessions.held().first { $0.feed == feed }
    }

    private static func entries(_ count: Int) -> [[UInt8]] {
        (0..<count).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1000) }
    }

    private func bytes(_ node: StoreOnDisk, after position: UInt64) throws -> UInt64 {
        let head = try node.log.head(of: node.records, at: position)
        return try node.log.blocks(of: node.records, after: head, limitBytes: .max)
            .reduce(0) { $0 + UInt64($1.header.encodedLengthBytes) }
    }

    @Test("A feed that did not exist is counted when it comes, and then by what is added, also by other processes")
    func ownFeed() throws {
        let sessions = sessions(here)
        #expect(try sessions.held().isEmpty)
        _ = try here.log.append(Self.entries(3), to: .records)
        let first = try #require(try held(sessions, here.records)).storedBytes
        #expect(first >= 3_000 && first < 4_000)
        _ = try here.reopened().append(Self.entries(2), to: .records)
        let second = try #require(try held(sessions, here.records)).storedBytes
        #expect(second - first == (try bytes(here, after: 3)))
        #expect(try held(sessions, here.records)?.storedBytes == second)
    }

    @Test("Sealing what both have does not hide what is new")
    func sealing() throws {
        _ = try here.log.append(Self.entries(100), to: .records)
        let sessions = sessions(here)
        let before = try #require(try held(sessions, here.records)).storedBytes
        #expect(try here.log.closeActiveSegments() == 1)
        let sealed = try #require(try here.log.seal())
        #expect(sealed.sealedBytes * 4 < before)
        _ = try here.log.append([[1]], to: .records)
        #expect(try #require(try held(sessions, here.records)).storedBytes > before)
    }

    @Test("More than is worth reading is counted from the files")
    func much() throws {
        _ = try here.log.append([[1]], to: .records)
        let sessions = sessions(here)
        let before = try #require(try held(sessions, here.records)).storedBytes
        _ = try here.log.append(Self.entries(3_000), to: .records)
        let size = try #require(try held(sessions, here.records)).storedBytes - before
        #expect(size > 3_000_000 && size < 3_200_000)
    }

    @Test("What continues an end that is gone is not taken, and the session hears that the feed begins anew")
    func gone() throws {
        _ = try there.log.append(Self.entries(2), to: .records)
        let (key, feed) = (there.log.identity.publicKey, there.records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let first = try there.log.head(of: feed, at: 1)
        let rest = try there.log.blocks(of: feed, after: first, limitBytes: .max)
        let now = try sessions(here).store(run(rest, of: feed, key: key, after: first))
        #expect(now == HeldFeed(feed: feed, stored: start, attested: start, storedBytes: 0))
        #expect(try here.log.feed(feed) == nil)
    }

    @Test("What arrives is counted, attested or not, the same at every reopening")
    func received() throws {
        _ = try there.log.append(Self.entries(5), to: .records)
        let (key, feed) = (there.log.identity.publicKey, there.records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let sessions = sessions(here)
        #expect(try sessions.held().isEmpty)
        let first = try there.log.blocks(of: feed, after: start, limitBytes: 1)
        let stored = try sessions.store(run(first, of: feed, key: key, after: start))
        #expect(stored.attested.position == 0)
        #expect(stored.storedBytes >= UInt64(first[0].header.encodedLengthBytes))
        _ = try there.log.append(Self.entries(4), to: .records)
        let more = try there.log.blocks(of: feed, after: stored.stored, limitBytes: .max)
        let after = try sessions.store(run(more, of: feed, key: key, after: stored.stored))
        let added = more.reduce(UInt64(0)) { $0 + UInt64($1.header.encodedLengthBytes) }
        #expect(after.storedBytes - stored.storedBytes == added)
        #expect(try held(sessions, feed) == after)
        #expect(try sessions.attest(try #require(try there.log.checkpoint(of: feed)), key: key).attested.position == 9)
        let reopened = try #require(try held(self.sessions(here), feed)).storedBytes
        // Each block in a file has a prefix that does not travel.
        #expect(reopened >= after.storedBytes && reopened - after.storedBytes <= 16 * UInt64(more.count + first.count))
    }

    @Test("A replica that was cut back is counted anew")
    func cutBack() throws {
        _ = try there.log.append(Self.entries(9), to: .records)
        let (key, feed) = (there.log.identity.publicKey, there.records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let sessions = sessions(here)
        let blocks = try there.log.blocks(of: feed, after: start, limitBytes: .max)
        let stored = try sessions.store(run(blocks, of: feed, key: key, after: start))
        #expect(stored.storedBytes > 9_000)
        #expect(try here.log.discardUnattested(of: feed)?.position == 0)
        #expect(try #require(try held(sessions, feed)).storedBytes < 1_000)
    }

    // MARK: - False ends

    @Test(
        "What the owner's signature contradicts is given up, who brought it is named, and is not believed for a while"
    )
    func contradicted() throws {
        let liar = try StoreOnDisk("CC").log.site
        let (key, feed) = (there.log.identity.publicKey, there.records)
        _ = try there.log.append(Self.entries(3), to: .records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let told = Recorded<DiscardedTail>()
        let clock = SimulatedClock()
        let sessions = LogStoreSessions(here.log, clock: clock) {
            Issue.record("\($0)")
        } discarded: { tail in
            told.append { tail }
        }
        let first = try there.log.blocks(of: feed, after: start, limitBytes: .max)
        _ = try sessions.store(run(first, of: feed, key: key, after: start))
        let shared = try sessions.attest(try #require(try there.log.checkpoint(of: feed)), key: key).attested
        let forged = try Block.plain([[7], [8]], after: shared).blocks
        let lie = run(forged, of: feed, key: key, after: shared, from: liar)
        let planted = try sessions.store(lie)
        #expect(planted.stored.position == 5 && planted.attested == shared)
        _ = try there.log.append(Self.entries(1), to: .records)
        let word = try #require(try there.log.checkpoint(of: feed))
        let now = HeldFeed(feed: feed, stored: shared, attested: shared, storedBytes: planted.storedBytes)
        let failure = #expect(throws: StoreFailure.self) { try sessions.attest(word, key: key) }
        guard case .contradicted(let after) = failure else { throw Hindrance("the store did not refuse") }
        #expect(after.stored == now.stored && after.attested == now.attested)
        let tails = try told.values()
        #expect(tails.map(\.falsifiers) == [[liar]])
        #expect(tails.map(\.position) == [4])
        // Not this, nor anything else of others; what it can sign itself is another matter.
        let until = clock.steadyNanoseconds() + ReceivedTails.doubtNanoseconds
        #expect(throws: StoreFailure.doubted(untilNanoseconds: until)) { try sessions.store(lie) }
        let honest = try there.log.blocks(of: feed, after: shared, limitBytes: .max)
        _ = try sessions.store(run(honest, of: feed, key: key, after: shared))
        #expect(try sessions.attest(word, key: key).attested == word.head)
        clock.advance(milliseconds: 600_000)
        // It is believed again, and what it says does not fit.
        #expect(try sessions.store(lie).stored == word.head)
    }

    @Test("An end that was given up on a word is judged by the next checkpoint")
    func judgedLater() throws {
        let (liar, other) = (try StoreOnDisk("CC").log.site, try StoreOnDisk("DD").log.site)
        let (key, feed) = (there.log.identity.publicKey, there.records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let told = Recorded<DiscardedTail>()
        let sessions = LogStoreSessions(here.log, clock: here.surroundings.clock) {
            Issue.record("\($0)")
        } discarded: { tail in
            told.append { tail }
        }
        _ = try sessions.store(
            run(try Block.plain([[7], [8]], after: start).blocks, of: feed, key: key, after: start, from: liar)
        )
        let now = try sessions.discardTail(of: feed, for: other, isProven: false)
        #expect(now.stored == start && now.attested == start)
        #expect(try told.values().map(\.falsifiers) == [[]])
        // Nothing is left to give up; a second word about a new end would not be taken.
        #expect(try sessions.discardTail(of: feed, for: other, isProven: false) == now)
        _ = try there.log.append(Self.entries(4), to: .records)
        let blocks = try there.log.blocks(of: feed, after: start, limitBytes: .max)
        _ = try sessions.store(run(blocks, of: feed, key: key, after: start, from: other))
        #expect(throws: StoreFailure.self) { try sessions.discardTail(of: feed, for: other, isProven: false) }
        #expect(try held(sessions, feed)?.stored.position == 4)
        _ = try sessions.attest(try #require(try there.log.checkpoint(of: feed)), key: key)
        #expect(try told.values().map(\.falsifiers) == [[], [liar]])
        #expect(try held(sessions, feed)?.attested.position == 4)
    }

    @Test("A statement about an end another session gave up is answered with where the feed stands")
    func tooLate() throws {
        let (key, feed) = (there.log.identity.publicKey, there.records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        _ = try there.log.append(Self.entries(4), to: .records)
        let sessions = sessions(here)
        let blocks = try there.log.blocks(of: feed, after: start, limitBytes: .max)
        _ = try sessions.store(run(blocks, of: feed, key: key, after: start))
        #expect(try here.log.discardUnattested(of: feed)?.position == 0)
        let word = try #require(try there.log.checkpoint(of: feed))
        #expect(try sessions.attest(word, key: key).stored == start)
        let wrong = FeedHead(position: 0, digest: word.head.digest)
        #expect(throws: StoreFailure.invalid) { try sessions.store(run(blocks, of: feed, key: key, after: wrong)) }
    }

    @Test("Nobody brings more feeds than fit, and what is refused makes nothing")
    func manyFeeds() throws {
        let liar = try StoreOnDisk("CC").log.site
        let key = there.log.identity.publicKey
        let log = try DiskSite.create(SimulatedDisk(seed: 1, machineID: "here"), alias: "AA")
        try log.join(RegistryID(foundedBy: [1]))
        let sessions = LogStoreSessions(log, clock: SimulatedClock()) {
            Issue.record("\($0)")
        } discarded: {
            Issue.record("\($0)")
        }
        func bring(_ number: Int, from peer: SiteID) throws {
            let epoch = try #require(EpochID((0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }))
            let feed = FeedID(site: there.log.site, epoch: epoch, lane: .records)
            let start = FeedChain.start(key: key, epoch: epoch, lane: .records)
            let blocks = try Block.plain([[1]], after: start).blocks
            _ = try sessions.store(run(blocks, of: feed, key: key, after: start, from: peer))
        }
        for number in 1...Limits.unattestedFeedsPerPeer { try bring(number, from: liar) }
        #expect(throws: StoreFailure.tooManyFeeds) { try bring(1_000, from: liar) }
        #expect(try log.feeds().count == Limits.unattestedFeedsPerPeer)
        try bring(1_000, from: there.log.site)
        #expect(try log.feeds().count == Limits.unattestedFeedsPerPeer + 1)
    }
}
