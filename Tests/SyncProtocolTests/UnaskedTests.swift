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
