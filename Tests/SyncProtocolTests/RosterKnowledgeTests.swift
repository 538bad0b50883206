import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

@Suite("In sync is said of a roster that is known")
struct RosterKnowledgeTests {
    private let fixture: RosterFixture
    private let local = 1
    private let peer = 0
    private let lane0: FeedID
    private let entries: [RosterEntry]

    init() throws {
        fixture = try RosterFixture(3, seed: 5)
        lane0 = fixture.feed(0)
        var entries = [RosterEntry(feed: lane0, position: 1, bytes: fixture.founding)]
        for index in 1...2 {
            let entry = try fixture.admission(of: index, in: try fixture.roster(entries))
            entries.append(RosterEntry(feed: lane0, position: UInt64(1 + index), bytes: entry))
        }
        self.entries = entries
    }

    /// The peer has said so many rows of feeds, and the session all it has to say.
    private func session(rosterOf count: Int, holding held: HeldFeed, peerHolds rows: [Frontier.Row]) throws
        -> SyncSession
    {
        let known = Array(entries.prefix(count))
        var session = SyncSession(
            SyncConfiguration(
                registry: RegistryID(foundedBy: fixture.founding),
                localSite: fixture.id(local),
                localEpoch: fixture.feed(local).epoch,
                peerKey: fixture.sites[peer].keys.signing,
                roster: try fixture.roster(known),
                rosterExtent: RosterExtent(of: known),
                program: "test"
            )
        )
        _ = give(.started(held: [held]), to: &session)
        let hello = SyncMessage.hello(
            .init(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: RegistryID(foundedBy: fixture.founding),
                site: fixture.id(peer),
                epoch: lane0.epoch,
                wallMilliseconds: 0,
                program: "test"
            )
        )
        var vector = HaveVector()
        let said = rows.sorted { $0.feed < $1.feed }.map {
            SyncMessage.Have.Row(feed: $0.feed, row: row($0.head))
        }
        let bytes = ([hello] + vector.saying(said, from: nil)).flatMap(\.frame.encoded)
        _ = give(.received(bytes), to: &session)
        return session
    }

    private func row(_ head: FeedHead) -> HaveRow {
        HaveRow(position: head.position, digest: ShortDigest(head.digest), bytes: 100)
    }

    /// Takes what is sent at once.
    private func give(_ input: SyncInput, to session: inout SyncSession) -> SyncStatus.Word {
        let moment = SyncMoment(steadyNanoseconds: 1, wallMilliseconds: 1)
        var inputs = [input]
        while let next = inputs.popLast() {
            for case .send in session.handle(next, at: moment) { inputs.append(.writable) }
        }
        return session.status.word
    }

    private func held(through position: UInt64) -> HeldFeed {
        let head = fixture.row(lane0, position).head
        return HeldFeed(feed: lane0, stored: head, attested: head, storedBytes: 100)
    }

    @Test("Not while more of lane 0 is held than the roster was folded from")
    func behind() throws {
        let row = fixture.row(lane0, 3)
        var session = try session(rosterOf: 2, holding: held(through: 3), peerHolds: [row])
        var word = session.status.word
        #expect(word == .sending)
        // A roster that was folded before says nothing of it either.
        let older = Array(entries.prefix(2))
        word = give(.rosterChanged(try fixture.roster(older), RosterExtent(of: older)), to: &session)
        #expect(word == .sending)
        word = give(.rosterChanged(try fixture.roster(entries), RosterExtent(of: entries)), to: &session)
        #expect(word == .inSync)
        let status = session.status
        #expect(status.toSend.entries == 0 && status.toReceive.entries == 0)
    }

    @Test("Not while the peer speaks of feeds of a site nobody here has heard of")
    func unheardOf() throws {
        let records = FeedID(site: fixture.id(2), epoch: fixture.feed(2).epoch, lane: .records)
        let rows = [fixture.row(lane0, 2), fixture.row(records, 7)]
        var session = try session(rosterOf: 2, holding: held(through: 2), peerHolds: rows)
        var word = session.status.word
        #expect(word == .sending)
        _ = give(.heldChanged([held(through: 3)]), to: &session)
        word = give(.rosterChanged(try fixture.roster(entries), RosterExtent(of: entries)), to: &session)
        #expect(word == .sending)
        let missing = session.status.toReceive.entries
        #expect(missing == 7)
    }

    @Test("A site that a later roster does not list any more is not waited for")
    func struckOff() throws {
        let records = FeedID(site: fixture.id(2), epoch: fixture.feed(2).epoch, lane: .records)
        let rows = [fixture.row(lane0, 3), fixture.row(records, 7)]
        var session = try session(rosterOf: 3, holding: held(through: 3), peerHolds: rows)
        let missing = session.status.toReceive.entries
        #expect(missing == 7)
        let without = try fixture.roster(Array(entries.prefix(2)))
        let word = give(.rosterChanged(without, RosterExtent(of: entries)), to: &session)
        #expect(word == .inSync)
    }
}
