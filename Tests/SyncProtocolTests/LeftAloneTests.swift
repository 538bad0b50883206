import LogFormat
import Testing

@testable import SyncProtocol

@Suite("Of a feed that is left alone")
struct LeftAloneTests {
    /// Many seconds pass in which nobody says anything.
    private func wait(_ alone: LoneSession) {
        for second in UInt64(1)...200 {
            alone.moment.steadyNanoseconds = second * 1_000_000_000
            _ = alone.give(.tick)
        }
    }

    @Test("nothing is owed that was asked for, and nothing is to be received")
    func askedFor() throws {
        let alone = try LoneSession(seed: 9)
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 3, attested: 3),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        let said = alone.hear(alone.greeting(holding: [alone.lane0: 3, records: 5]))
        let asked = try LoneSession.pieces(said).joined().contains {
            if case .want(let want) = $0 { want.feed == records } else { false }
        }
        #expect(asked && alone.status.toReceive.entries == 2)
        // The peer does not know that head: the feed has forked.
        _ = alone.hear([.incident(kind: .diverged, feed: records, position: 3)])
        #expect(alone.status.toReceive.entries == 0)
        wait(alone)
        #expect(!alone.isClosed && !alone.dependsOnTime)
        #expect(alone.status.word == .sending, "the two do not hold the same")
    }

    @Test("no acknowledgement is owed for what was sent, asked for or not", arguments: [true, false])
    func sent(isAsked: Bool) throws {
        let alone = try LoneSession(seed: 10)
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        try alone.make(records, [1, 1, 1, 1, 1])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 3, attested: 3),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3, records: 3]))
        var said = alone.give(.heldChanged([alone.held(records, stored: 5, attested: 5)]))
        if isAsked {
            said += alone.hear([
                .want(.init(feed: records, after: alone.head(records, 3), creditBytes: 100_000, restarts: true))
            ])
        }
        #expect(LoneSession.reads(said).count == (isAsked ? 4 : 2))
        // Its store found out that it holds another history.
        _ = alone.hear([.incident(kind: .diverged, feed: records, position: 3)])
        #expect(alone.status.toSend.entries == 0)
        wait(alone)
        #expect(!alone.isClosed && !alone.dependsOnTime)
    }
}
