import LogFormat
import Testing

@testable import SyncProtocol

/// A peer that goes on from a head which is not one of ours: one of the two stores was set back, or a disk was copied.
@Suite("A peer with another history")
struct OtherHistoryTests {
    /// Where the peer stands, in a history that nobody here knows.
    private static let other = FeedHead(position: 3, digest: ChainDigest(9, 8, 7, 6))

    private static let otherRow = HaveRow(position: other.position, digest: ShortDigest(other.digest), bytes: 100)

    private func want(_ feed: FeedID) -> SyncMessage {
        .want(.init(feed: feed, after: Self.other, creditBytes: 100_000, restarts: false))
    }

    private func incidents(_ actions: [SyncAction]) -> [SyncIncident] {
        actions.compactMap { if case .incident(let incident) = $0 { incident } else { nil } }
    }

    @Test("is found out also when it asks for more before it says what it holds", arguments: [true, false])
    func askedBefore(holds: Bool) throws {
        let alone = try LoneSession(seed: 13)
        let records = FeedID(site: alone.fixture.id(1), epoch: alone.fixture.feed(1).epoch, lane: .records)
        try alone.make(records, [1, 1, 1, 1, 1])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 5, attested: 5),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        let hello = try #require(alone.greeting(holding: [:]).first)
        let asked = alone.hear([hello, want(records)])
        #expect(incidents(asked).isEmpty, "what it has not attested may come from somebody else")
        var rows = [SyncMessage.Have.Row(feed: alone.lane0, row: alone.row(alone.lane0, 3))]
        // Without it the peer may have had that head from somebody else, and holds nothing of it.
        if holds { rows.append(.init(feed: records, row: Self.otherRow)) }
        var vector = HaveVector()
        let found = incidents(alone.hear(vector.saying(rows.sorted { $0.feed < $1.feed }, from: nil)))
        #expect(found.map(\.kind) == (holds ? [.ownEpochAhead] : []))
        #expect(found.allSatisfy { $0.feed == records && $0.position == 3 && !$0.isReportedByPeer })
    }

    /// In a mesh the peer has a feed from its owner a moment earlier than this site.
    @Test("is none where it only was further than this site when it asked", arguments: [3, 4, 5] as [UInt64])
    func earlier(attested: UInt64) throws {
        let alone = try LoneSession(seed: 16)
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        try alone.make(records, [1, 1, 1, 1, 1])
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 3, attested: 1),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        let hello = try #require(alone.greeting(holding: [:]).first)
        let ask = SyncMessage.want(
            .init(feed: records, after: alone.head(records, 3), creditBytes: 100_000, restarts: false)
        )
        #expect(incidents(alone.hear([hello, ask])).isEmpty)
        _ = alone.give(.heldChanged([alone.held(records, stored: 5, attested: attested)]))
        var vector = HaveVector()
        let rows = [
            SyncMessage.Have.Row(feed: alone.lane0, row: alone.row(alone.lane0, 3)),
            .init(feed: records, row: alone.row(records, 3)),
        ]
        let heard = alone.hear(vector.saying(rows.sorted { $0.feed < $1.feed }, from: nil))
        #expect(incidents(heard).isEmpty)
        let data = try LoneSession.pieces(heard).flatMap(\.self).compactMap { message in
            if case .data(let data) = message, data.feed == records { data } else { nil }
        }
        #expect(data.map(\.after) == Array(3..<attested), "what follows there goes out at once")
    }

    @Test("is answered when it asks from the head where it is remembered to be and this store is no more")
    func remembered() throws {
        let alone = try LoneSession(seed: 14) { fixture in
            let feed = FeedID(site: fixture.id(0), epoch: fixture.feed(0).epoch, lane: .records)
            var vector = HaveVector()
            vector[feed] = Self.otherRow
            return PeerMemory(vector: vector, acknowledged: [.init(feed: feed, head: Self.other)])
        }
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        try alone.make(records, [1, 1, 1, 1, 1])
        alone.isSlow = true
        let start = [
            alone.held(alone.lane0, stored: 3, attested: 3), alone.held(records, stored: 5, attested: 5),
        ]
        _ = alone.give(.started(held: HeldFeeds(start)))
        let hello = try #require(alone.greeting(holding: [:]).first)
        _ = alone.hear([hello, want(records)])
        let said = try LoneSession.pieces(alone.answerReads()).flatMap(\.self)
        #expect(said.contains { if case .incident(.diverged, records, 3) = $0 { true } else { false } })
    }

    @Test("is asked again from the beginning when what it sent contradicts itself and nothing of it is stored yet")
    func contradictingItself() throws {
        let alone = try LoneSession(seed: 15)
        let records = FeedID(site: alone.fixture.id(0), epoch: alone.lane0.epoch, lane: .records)
        let urgent = FeedID(site: records.site, epoch: records.epoch, lane: .urgent)
        try alone.make(records, [1, 1, 1])
        try alone.make(urgent, [1])
        _ = alone.give(.started(held: [alone.held(alone.lane0, stored: 3, attested: 3)]))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3, records: 3, urgent: 1]))
        // The store has this, and the next has to wait.
        let first = alone.hear([alone.data(urgent, after: 0, count: 1), alone.data(records, after: 0, count: 1)])
        #expect(first.count { if case .store = $0 { true } else { false } } == 1)
        guard case .data(var other) = alone.data(records, after: 1, count: 1) else {
            throw SyncError(.illFormed, "it is no DATA")
        }
        other.digest = ShortDigest(Self.other.digest)
        let said = try LoneSession.pieces(alone.hear([.data(other)])).flatMap(\.self)
        let wants = said.compactMap { if case .want(let want) = $0, want.feed == records { want } else { nil } }
        #expect(wants.map(\.after) == [alone.head(records, 0)])
        #expect(wants.allSatisfy { $0.restarts })
    }
}
