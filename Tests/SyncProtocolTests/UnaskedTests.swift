import LogFormat
import Testing

@testable import SyncProtocol

@Suite("What a site sends without being asked")
struct UnaskedTests {
    @Test("is nothing that the peer said to hold before it was held here, and nothing is owed for that")
    func crossing() throws {
        let alone = try LoneSession(seed: 6)
        // Of the administrator's records one is missing here and there.
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        try alone.make(records, [1, 1, 1, 1, 1])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 4, attested: 4),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        let want = SyncMessage.want(
            .init(feed: records, after: alone.head(records, 3), creditBytes: 100_000, restarts: false)
        )
        let asked = alone.hear(alone.greeting(holding: [alone.lane0: 3, records: 3]) + [want])
        #expect(LoneSession.reads(asked) == [records], "entry 4 was asked for and is sent")
        // Both get 4 and 5 from the administrator meanwhile. The peer says so first, and here nobody has signed 5 yet.
        _ = alone.give(.heldChanged([alone.held(records, stored: 5, attested: 4)]))
        _ = alone.hear([.ack(feed: records, row: alone.row(records, 5))])
        let later = alone.give(.heldChanged([alone.held(records, stored: 5, attested: 5)]))
        #expect(LoneSession.reads(later) == [])
        #expect(alone.status.word == .inSync)
        for second in UInt64(1)...200 {
            alone.moment.steadyNanoseconds = second * 1_000_000_000
            _ = alone.give(.tick)
        }
        #expect(!alone.isClosed && !alone.dependsOnTime)
    }

    @Test(
        "goes out in one piece with its checkpoint and the feed's row: an entry as it is recorded",
        arguments: [true, false]
    )
    func onePiece(signs: Bool) throws {
        let alone = try LoneSession(seed: 8)
        alone.signs = signs
        let urgent = FeedID(site: alone.fixture.id(1), epoch: alone.fixture.feed(1).epoch, lane: .urgent)
        try alone.make(urgent, [300])
        _ = alone.give(.started(held: [alone.held(alone.lane0, stored: 3, attested: 3)]))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3]))
        let said = alone.give(.heldChanged([alone.held(urgent, stored: 1, attested: 1)]))
        let kinds = try LoneSession.pieces(said).map { $0.map(\.frame.type) }
        #expect(kinds == [signs ? [.data, .checkpoint, .have] : [.data, .have]])
    }

    @Test("is what is urgent also while as much bulk as may be is on its way and not acknowledged")
    func urgentBesideBulk() throws {
        let alone = try LoneSession(seed: 7)
        let records = FeedID(site: alone.fixture.id(1), epoch: alone.fixture.feed(1).epoch, lane: .records)
        let urgent = FeedID(site: records.site, epoch: records.epoch, lane: .urgent)
        try alone.make(records, [Int](repeating: 4_000, count: 30))
        try alone.make(urgent, [300])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 1, attested: 1),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3, records: 1]))
        let bulk = alone.give(.heldChanged([alone.held(records, stored: 30, attested: 30)]))
        let pushed = LoneSession.reads(bulk).count
        #expect(pushed > 4 && pushed < 14, "more has to be asked for")
        let next = alone.give(.heldChanged([alone.held(urgent, stored: 1, attested: 1)]))
        #expect(LoneSession.reads(next) == [urgent])
    }
}

@Suite("What is urgent on a full line")
struct OvertakingTests {
    @Test("goes out when the transport takes more and bulk has to wait, a piece each time it is said")
    func urgentAlone() throws {
        let alone = try LoneSession(seed: 11)
        alone.signs = true
        let records = FeedID(site: alone.fixture.id(1), epoch: alone.fixture.feed(1).epoch, lane: .records)
        let urgent = FeedID(site: records.site, epoch: records.epoch, lane: .urgent)
        try alone.make(records, Array(repeating: 1_000, count: 30))
        try alone.make(urgent, [300, 300])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 1, attested: 1),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3, records: 1]))
        alone.takes = false
        func data(_ actions: [SyncAction]) throws -> [FeedID] {
            try LoneSession.pieces(actions).flatMap(\.self)
                .compactMap { if case .data(let data) = $0 { data.feed } else { nil } }
        }
        #expect(try data(alone.give(.heldChanged([alone.held(records, stored: 30, attested: 30)]))) == [records])
        #expect(try data(alone.give(.overtaking)) == [], "there is nothing urgent")
        let first = alone.give(.heldChanged([alone.held(urgent, stored: 1, attested: 1)]))
        #expect(try data(first) == [urgent])
        let said = try LoneSession.pieces(first).flatMap(\.self)
        #expect(said.contains { if case .checkpoint(urgent, _, _) = $0 { true } else { false } }, "it is shown at once")
        #expect(try data(alone.give(.heldChanged([alone.held(urgent, stored: 2, attested: 2)]))) == [])
        #expect(try data(alone.give(.overtaking)) == [urgent])
        #expect(try data(alone.give(.writable)) == [records], "what had to wait goes on")
    }
}

@Suite("What a sender keeps for a peer")
struct SenderKeepsTests {
    private func wanting(_ alone: LoneSession, _ feed: FeedID, after position: UInt64, _ digest: UInt8) throws
        -> SyncMessage
    {
        let digest = try #require(ChainDigest([UInt8](repeating: digest, count: 32)))
        let head = FeedHead(position: position, digest: digest)
        return .want(.init(feed: feed, after: head, creditBytes: 100_000, restarts: false))
    }

    @Test("is little, however often it asks for what is not there and takes nothing")
    func asking() throws {
        let alone = try LoneSession(seed: 9)
        alone.signs = true
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        try alone.make(records, [1, 1, 1, 1, 1])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 5, attested: 5),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3]))
        alone.takes = false
        var actions: [SyncAction] = []
        for number in 0..<1_000 {
            actions += alone.hear([try wanting(alone, records, after: 5, UInt8(number % 200 + 1))])
        }
        alone.takes = true
        actions += alone.give(.writable)
        let said = try LoneSession.pieces(actions).flatMap(\.self)
        #expect(said.count { if case .incident = $0 { true } else { false } } <= 2)
        #expect(said.count { if case .checkpoint = $0 { true } else { false } } <= 40)
        #expect(!alone.isClosed)
    }

    @Test("and could not be read is read again: without its checkpoint an entry would be shown to nobody")
    func unread() throws {
        let alone = try LoneSession(seed: 10)
        let urgent = FeedID(site: alone.fixture.id(1), epoch: alone.fixture.feed(1).epoch, lane: .urgent)
        try alone.make(urgent, [300])
        alone.signs = true
        _ = alone.give(.started(held: [alone.held(alone.lane0, stored: 3, attested: 3)]))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3]))
        alone.fails = true
        let before = alone.give(.heldChanged([alone.held(urgent, stored: 1, attested: 1)]))
        #expect(
            try LoneSession.pieces(before).flatMap(\.self).allSatisfy {
                if case .checkpoint = $0 { false } else { true }
            }
        )
        #expect(alone.dependsOnTime)
        alone.fails = false
        alone.moment.steadyNanoseconds += 4_000_000_000
        #expect(LoneSession.reads(alone.give(.tick)) == [])
        alone.moment.steadyNanoseconds += 2_000_000_000
        let after = try LoneSession.pieces(alone.give(.tick)).flatMap(\.self)
        #expect(after.contains { if case .data = $0 { true } else { false } })
        #expect(after.contains { if case .checkpoint = $0 { true } else { false } })
    }

    @Test("of a feed that was cut off while it was on its way is owed no answer")
    func cutOff() throws {
        let alone = try LoneSession(seed: 11, sites: 4)
        let records = FeedID(site: alone.fixture.id(3), epoch: alone.fixture.feed(3).epoch, lane: .records)
        try alone.make(records, [Int](repeating: 4_000, count: 30))
        let start = [
            alone.held(alone.lane0, stored: 4, attested: 4),
            alone.held(records, stored: 30, attested: 30, bytes: 120_000),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 4]))
        let want = SyncMessage.want(
            .init(feed: records, after: alone.head(records, 0), creditBytes: 100_000, restarts: false)
        )
        #expect(!LoneSession.reads(alone.hear([want])).isEmpty)
        _ = try alone.revoke(3, [records: 2])
        _ = alone.hear([.ack(feed: records, row: alone.row(records, 2))])
        for second in UInt64(1)...200 {
            alone.moment.steadyNanoseconds = second * 1_000_000_000
            _ = alone.give(.tick)
        }
        #expect(!alone.isClosed)
    }

    @Test("and tells of others fits into a frame, whatever a peer calls its program")
    func longNames() throws {
        let fixture = try RosterFixture(3, seed: 12)
        let name = "a" + String(repeating: "\u{0301}", count: 30_000)
        #expect(name.count == 1)
        let reports = (0..<40).map { number in
            SiteReport(site: fixture.id(number % 3), ageSeconds: 1, program: name)
        }
        for message in SiteReport.messages(reports) {
            #expect(message.frame.encoded.count <= Limits.controlFrameBytes)
        }
        let hello = SyncMessage.Hello(
            versions: SyncMessage.Hello.supportedVersions,
            features: 0,
            registry: RegistryID(foundedBy: fixture.founding),
            site: fixture.id(1),
            epoch: fixture.feed(1).epoch,
            wallMilliseconds: 0,
            program: name
        )
        var decoder = FrameDecoder()
        decoder.append(SyncMessage.hello(hello).frame.encoded)
        let frame = try #require(try decoder.next())
        guard case .hello(let heard) = try SyncMessage(frame) else { throw SyncError(.illFormed, "it is no HELLO") }
        #expect(heard.program.utf8.count <= 256)
    }
}
