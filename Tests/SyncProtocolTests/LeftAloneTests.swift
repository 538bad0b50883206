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
        #expect(alone.status.word == .differing, "the two do not hold the same")
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

    private func wants(_ actions: [SyncAction], _ feed: FeedID) throws -> Int {
        try LoneSession.pieces(actions).joined().count {
            if case .want(let want) = $0 { want.feed == feed } else { false }
        }
    }

    @Test("What a peer sends up to a cut-off that names another entry is proven by nobody: no incident")
    func unprovenCutOff() throws {
        let alone = try LoneSession(seed: 11, sites: 4)
        let records = FeedID(site: alone.fixture.id(3), epoch: alone.lane0.epoch, lane: .records)
        _ = alone.give(.started(held: [alone.held(alone.lane0, stored: 4, attested: 4)]))
        // The roster names another digest than what is made here.
        _ = try alone.revoke(3, [records: 2])
        try alone.make(records, [1, 1, 1])
        let said = alone.hear(alone.greeting(holding: [alone.lane0: 4, records: 3]))
        #expect(try wants(said, records) == 1)
        let answer = alone.hear([alone.data(records, after: 0, count: 3)])
        let incidents = answer.count { if case .incident = $0 { true } else { false } }
        #expect(incidents == 0)
        #expect(try !LoneSession.pieces(answer).joined().contains { $0.frame.type == .incident })
        #expect(try wants(answer, records) == 0)
        #expect(alone.status.toReceive.entries == 0)
        for second in UInt64(1)...590 {
            alone.moment.steadyNanoseconds = second * 1_000_000_000
            #expect(try wants(alone.give(.tick), records) == 0)
        }
        #expect(!alone.isClosed)
        alone.moment.steadyNanoseconds = 601_000_000_000
        #expect(try wants(alone.give(.tick), records) == 1, "its site may have got the true one meanwhile")
    }

    @Test("Of what was pushed beyond a cut-off nothing is waited for: there is room for what comes next")
    func pushedBeyondCutOff() throws {
        let alone = try LoneSession(seed: 12, sites: 4)
        let cut = FeedID(site: alone.fixture.id(3), epoch: alone.lane0.epoch, lane: .records)
        let own = FeedID(site: alone.fixture.id(1), epoch: alone.fixture.feed(1).epoch, lane: .records)
        try alone.make(cut, [8_000, 8_000, 8_000, 8_000, 8_000])
        try alone.make(own, [8_000])
        let start = [
            alone.held(alone.lane0, stored: 4, attested: 4),
            alone.held(cut, stored: 5, attested: 5, bytes: 40_000),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        let pushed = LoneSession.reads(alone.hear(alone.greeting(holding: [alone.lane0: 4])))
        #expect(pushed.count { $0 == cut } == 5)
        let before = alone.give(.heldChanged([alone.held(own, stored: 1, attested: 1, bytes: 8_000)]))
        #expect(LoneSession.reads(before) == [], "no room")
        #expect(LoneSession.reads(try alone.revoke(3, [:])) == [own])
    }
}
