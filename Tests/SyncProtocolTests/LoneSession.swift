import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

/// A session of the second site of three with the third, whose words a test makes up. What is sent is taken at once, and what
/// the store is asked for is read.
final class LoneSession {
    let fixture: RosterFixture
    let lane0: FeedID
    var moment = SyncMoment(steadyNanoseconds: 1, wallMilliseconds: 1)
    private var session: SyncSession
    private let entries: [RosterEntry]
    private var reads: [SyncInput] = []
    private var chains: [FeedID: (heads: [FeedHead], blocks: [Block])] = [:]

    // `sites` of the registry; the peer is the third, of which something may be remembered.
    init(seed: UInt64, sites: Int = 3, memory: (RosterFixture) throws -> PeerMemory? = { _ in nil }) throws {
        let fixture = try RosterFixture(sites, seed: seed)
        var entries = [RosterEntry(feed: fixture.feed(0), position: 1, bytes: fixture.founding)]
        for index in 1..<sites {
            let entry = try fixture.admission(of: index, in: try fixture.roster(entries))
            entries.append(RosterEntry(feed: fixture.feed(0), position: UInt64(1 + index), bytes: entry))
        }
        let configuration = SyncConfiguration(
            registry: RegistryID(foundedBy: fixture.founding),
            localSite: fixture.id(1),
            localEpoch: fixture.feed(1).epoch,
            peerKey: fixture.sites[2].keys.signing,
            roster: try fixture.roster(entries),
            rosterExtent: RosterExtent(of: entries),
            program: "test",
            memory: try memory(fixture)
        )
        self.fixture = fixture
        self.entries = entries
        lane0 = fixture.feed(0)
        session = SyncSession(configuration)
    }

    /// The store has a word of the owner for every feed.
    var signs = false
    /// The store can not read.
    var fails = false
    /// The store takes its time with what is to be read, until ``answerReads()``.
    var isSlow = false
    /// The peer takes what is sent.
    var takes = true

    /// The administrator revokes a site; its feeds count up to some places.
    func revoke(_ index: Int, _ cutOffs: [FeedID: UInt64]) throws -> [SyncAction] {
        let roster = try fixture.roster(entries)
        let rows = cutOffs.sorted { $0.key < $1.key }.map { Frontier.Row(feed: $0.key, head: head($0.key, $0.value)) }
        let entry = try fixture.draft.revocation(of: fixture.id(index), cutOffs: rows, reason: "", in: roster)
        let all = entries + [RosterEntry(feed: lane0, position: UInt64(entries.count + 1), bytes: entry)]
        return give(.rosterChanged(try fixture.roster(all), RosterExtent(of: all)))
    }

    private func checkpoint(_ feed: FeedID, _ position: UInt64) -> Checkpoint? {
        do throws(FormatError) {
            return try Checkpoint(
                registry: RegistryID(foundedBy: fixture.founding),
                feed: feed,
                head: head(feed, position),
                signature: [UInt8](repeating: 1, count: Checkpoint.signatureLengthBytes)
            )
        } catch {
            preconditionFailure("a checkpoint of a feed has the form of one: \(error)")
        }
    }

    var status: SyncStatus { session.status }
    var isClosed: Bool { session.isClosed }
    var dependsOnTime: Bool { session.dependsOnTime }

    /// Makes a feed of entries of this many bytes, each in a block of its own that does not get smaller.
    func make(_ feed: FeedID, _ sizes: [Int]) throws {
        var numbers = SplitMix64(seed: UInt64(sizes.count))
        var heads = [try #require(try fixture.roster(entries).start(of: feed))]
        var blocks: [Block] = []
        for size in sizes {
            var builder = BlockBuilder(after: heads[heads.count - 1])
            _ = try builder.append(numbers.bytes(size))
            heads.append(builder.head)
            let block = builder.finish()
            blocks.append(try #require(block))
        }
        chains[feed] = (heads, blocks)
    }

    /// Some entries of a feed, as the peer sends them when it was asked for them.
    func data(_ feed: FeedID, after position: UInt64, count: Int) -> SyncMessage {
        let blocks = (chains[feed]?.blocks ?? []).dropFirst(Int(position)).prefix(count)
        return .data(
            .init(
                feed: feed,
                after: position,
                digest: ShortDigest(head(feed, position).digest),
                isPushed: false,
                blocks: Array(blocks)
            )
        )
    }

    func head(_ feed: FeedID, _ position: UInt64) -> FeedHead {
        chains[feed]?.heads[Int(position)] ?? fixture.row(feed, position).head
    }

    func held(_ feed: FeedID, stored: UInt64, attested: UInt64, bytes: UInt64 = 100) -> HeldFeed {
        HeldFeed(feed: feed, stored: head(feed, stored), attested: head(feed, attested), storedBytes: bytes)
    }

    func row(_ feed: FeedID, _ position: UInt64) -> HaveRow {
        HaveRow(position: position, digest: ShortDigest(head(feed, position).digest), bytes: 100)
    }

    /// What the peer says first.
    func greeting(holding positions: [FeedID: UInt64]) -> [SyncMessage] {
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
        let rows = positions.sorted { $0.key < $1.key }.map {
            SyncMessage.Have.Row(feed: $0.key, row: row($0.key, $0.value))
        }
        var vector = HaveVector()
        return [hello] + vector.saying(rows, from: nil)
    }

    func hear(_ words: [SyncMessage]) -> [SyncAction] { give(.received(words.flatMap(\.frame.encoded))) }

    /// What the store was asked for while it was slow.
    func answerReads() -> [SyncAction] {
        isSlow = false
        defer { reads = [] }
        return give(reads)
    }

    func give(_ input: SyncInput) -> [SyncAction] { give([input]) }

    private func give(_ given: [SyncInput]) -> [SyncAction] {
        var inputs: [SyncInput] = given.reversed()
        var all: [SyncAction] = []
        while let next = inputs.popLast() {
            for action in session.handle(next, at: moment) {
                all.append(action)
                switch action {
                case .send: if takes { inputs.append(.writable) }
                case .readBlocks(let feed, let after, _, let id):
                    let answer = SyncInput.blocksRead(id, read(feed, after: after))
                    if isSlow { reads.append(answer) } else { inputs.append(answer) }
                case .readCheckpoint(let feed, let position, let id):
                    let found = signs ? checkpoint(feed, position) : nil
                    inputs.append(.checkpointRead(id, fails ? .failure(.unavailable) : .success(found)))
                default: break
                }
            }
        }
        return all
    }

    private func read(_ feed: FeedID, after head: FeedHead) -> Result<[Block], StoreFailure> {
        guard !fails else { return .failure(.unavailable) }
        guard let chain = chains[feed] else { return .success([]) }
        return chain.heads[Int(head.position)] == head
            ? .success([chain.blocks[Int(head.position)]]) : .failure(.diverged)
    }

    /// What was said, each piece by itself.
    static func pieces(_ actions: [SyncAction]) throws -> [[SyncMessage]] {
        var decoder = FrameDecoder()
        var pieces: [[SyncMessage]] = []
        for case .send(let bytes) in actions {
            decoder.append(bytes)
            var messages: [SyncMessage] = []
            while let frame = try decoder.next() { messages.append(try SyncMessage(frame)) }
            pieces.append(messages)
        }
        return pieces
    }

    /// The feeds of which something was read to be sent, in that order.
    static func reads(_ actions: [SyncAction]) -> [FeedID] {
        actions.compactMap { if case .readBlocks(let feed, _, _, _) = $0 { feed } else { nil } }
    }
}
