import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

/// Entries that come to two sites at once by way of others, while both have a session with each other.
@Suite("What a peer has said to hold before it is held here")
struct AnsweredBeforeTests {
    @Test("is not sent to it, and nothing is owed for it")
    func crossing() throws {
        let fixture = try RosterFixture(3, seed: 6)
        let lane0 = fixture.feed(0)
        var entries = [RosterEntry(feed: lane0, position: 1, bytes: fixture.founding)]
        for index in 1...2 {
            let entry = try fixture.admission(of: index, in: try fixture.roster(entries))
            entries.append(RosterEntry(feed: lane0, position: UInt64(1 + index), bytes: entry))
        }
        var session = SyncSession(
            SyncConfiguration(
                registry: RegistryID(foundedBy: fixture.founding),
                localSite: fixture.id(1),
                localEpoch: fixture.feed(1).epoch,
                peerKey: fixture.sites[2].keys.signing,
                roster: try fixture.roster(entries),
                rosterExtent: RosterExtent(of: entries),
                program: "test"
            )
        )
        // Of the administrator's records one is missing here and there.
        let records = FeedID(site: fixture.id(0), epoch: lane0.epoch, lane: .records)
        var heads = [try #require(try fixture.roster(entries).start(of: records))]
        var blocks: [Block] = []
        for number in UInt8(1)...5 {
            var builder = BlockBuilder(after: heads[heads.count - 1])
            _ = try builder.append([number])
            heads.append(builder.head)
            blocks.append(try #require(builder.finish()))
        }
        func head(_ feed: FeedID, _ position: UInt64) -> FeedHead {
            feed == records ? heads[Int(position)] : fixture.row(feed, position).head
        }
        var moment = SyncMoment(steadyNanoseconds: 1, wallMilliseconds: 1)
        // Takes what is sent at once, and reads what is asked for.
        func give(_ input: SyncInput) -> [SyncAction] {
            var inputs = [input]
            var all: [SyncAction] = []
            while let next = inputs.popLast() {
                for action in session.handle(next, at: moment) {
                    all.append(action)
                    switch action {
                    case .send: inputs.append(.writable)
                    case .readBlocks(records, let after, _, let id):
                        inputs.append(.blocksRead(id, .success([blocks[Int(after.position)]])))
                    case .readCheckpoint(_, _, let id): inputs.append(.checkpointRead(id, .success(nil)))
                    default: break
                    }
                }
            }
            return all
        }
        func held(_ feed: FeedID, stored: UInt64, attested: UInt64) -> HeldFeed {
            HeldFeed(
                feed: feed,
                stored: head(feed, stored),
                attested: head(feed, attested),
                storedBytes: 100
            )
        }
        func row(_ feed: FeedID, _ position: UInt64) -> HaveRow {
            HaveRow(position: position, digest: ShortDigest(head(feed, position).digest), bytes: 100)
        }
        let start = [held(lane0, stored: 3, attested: 3), held(records, stored: 4, attested: 4)]
        _ = give(.started(held: start))
        var vector = HaveVector()
        let hello = SyncMessage.hello(
            .init(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: RegistryID(foundedBy: fixture.founding),
                site: fixture.id(2),
                epoch: fixture.feed(2).epoch,
                wallMilliseconds: 0,
                program: "test"
            )
        )
        let rows = [lane0: UInt64(3), records: 3].sorted { $0.key < $1.key }.map {
            SyncMessage.Have.Row(feed: $0.key, row: row($0.key, $0.value))
        }
        let want = SyncMessage.want(
            .init(feed: records, after: head(records, 3), creditBytes: 100_000, restarts: false)
        )
        let words = [hello] + vector.saying(rows, from: nil) + [want]
        let asked = give(.received(words.flatMap(\.frame.encoded)))
        let reads = asked.contains { if case .readBlocks = $0 { true } else { false } }
        #expect(reads, "entry 4 was asked for and is sent")
        // Both get 4 and 5 from the administrator meanwhile. The peer says so first, and here nobody has signed 5 yet.
        _ = give(.heldChanged([held(records, stored: 5, attested: 4)]))
        _ = give(.received(SyncMessage.ack(feed: records, row: row(records, 5)).frame.encoded))
        let later = give(.heldChanged([held(records, stored: 5, attested: 5)]))
        #expect(!later.contains { if case .readBlocks = $0 { true } else { false } })
        #expect(session.status.word == .inSync)
        for second in UInt64(1)...200 {
            moment.steadyNanoseconds = second * 1_000_000_000
            _ = give(.tick)
        }
        #expect(!session.isClosed)
        #expect(!session.dependsOnTime)
    }
}
