import LogFormat
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("Where entries come in that are asked for again")
struct RepairDeskTests {
    private final class Carrier: Sendable {}

    private let desk = RepairDesk()
    private let carrier = Carrier()
    private var by: ObjectIdentifier { ObjectIdentifier(carrier) }

    /// A feed of one site and its blocks, each of one entry.
    private func feed(_ count: Int, of bytes: Int = 16_000) throws -> (FeedID, start: FeedHead, blocks: [Block]) {
        var random = SplitMix64(seed: 9)
        let key = try SimulatedKeys(&random).keys.signing
        let feed = FeedID(site: key.siteID, epoch: try #require(EpochID(random.bytes(8))), lane: .records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        var head = start
        var blocks: [Block] = []
        for _ in 0..<count {
            var builder = BlockBuilder(after: head)
            _ = try builder.append(random.bytes(bytes))
            let made = builder.finish()
            let block = try #require(made)
            head = block.header.head
            blocks.append(block)
        }
        return (feed, start, blocks)
    }

    @Test("What comes is handed out in order, in pieces that fit a reply, and more is asked for when little is left")
    func inOrder() throws {
        let (feed, start, blocks) = try feed(200)
        var (head, sent, given, asked) = (start, 0, [Block](), 0)
        while given.count < blocks.count {
            let (number, ask) = desk.order(feed, after: head, from: by, at: 0)
            #expect(number == 1)
            if let ask {
                #expect(ask.number == 1)
                asked += 1
                // A session brings a mebibyte for each.
                var bytes = 0
                while bytes < Limits.wantBytesMaximum, sent < blocks.count {
                    desk.take(1, [blocks[sent]])
                    bytes += blocks[sent].header.encodedLengthBytes
                    sent += 1
                }
            }
            guard case .blocks(let some) = desk.answer(to: number, waitingNanoseconds: 0) else {
                Issue.record("nothing after \(head.position)")
                return
            }
            #expect(some.reduce(0) { $0 + $1.header.encodedLengthBytes } <= ControlReply.blockBytesMaximum)
            #expect(sent - given.count < 120, "two mebibytes wait at most")
            given += some
            head = some[some.count - 1].header.head
        }
        #expect(given == blocks)
        #expect(asked == 4)
    }

    @Test("The end, a lost connection, silence and another order are told apart, after what had come")
    func ends() throws {
        let (feed, start, blocks) = try feed(3)
        let first = desk.order(feed, after: start, from: by, at: 0).number
        #expect(desk.answer(to: first, waitingNanoseconds: 0) == .late)
        desk.take(first, blocks)
        desk.take(first, [])
        #expect(desk.answer(to: first, waitingNanoseconds: 0) == .blocks(blocks))
        #expect(desk.answer(to: first, waitingNanoseconds: 0) == .nothing)
        let large = try self.feed(5)
        let zeroth = desk.order(large.0, after: large.start, from: by, at: 0).number
        desk.take(zeroth, large.blocks)
        desk.take(zeroth, [])
        #expect(desk.answer(to: zeroth, waitingNanoseconds: 0) == .blocks(Array(large.blocks[..<3])))
        let rest = desk.order(large.0, after: large.blocks[2].header.head, from: by, at: 0)
        #expect(rest.number == zeroth && rest.ask == nil, "what waits is not asked for again")
        #expect(desk.answer(to: zeroth, waitingNanoseconds: 0) == .blocks(Array(large.blocks[3...])))

        let second = desk.order(feed, after: start, from: by, at: 0).number
        desk.take(first, blocks)
        #expect(desk.answer(to: second, waitingNanoseconds: 0) == .late, "that was for somebody else")
        #expect(desk.answer(to: first, waitingNanoseconds: 0) == .replaced)
        desk.lost(ObjectIdentifier(Carrier()))
        desk.take(second, [blocks[0]])
        desk.lost(by)
        #expect(desk.answer(to: second, waitingNanoseconds: 0) == .blocks([blocks[0]]))
        #expect(desk.answer(to: second, waitingNanoseconds: 0) == .lost)

        // The same over another connection is another order.
        let third = desk.order(feed, after: blocks[0].header.head, from: by, at: 5)
        #expect(third.number == 4)
        #expect(third.ask == FetchOrder(number: 4, feed: feed, after: blocks[0].header.head))
        #expect(!desk.endUnused(since: 5))
        #expect(desk.endUnused(since: 6))
        #expect(desk.answer(to: 4, waitingNanoseconds: 0) == .replaced)
        #expect(!desk.endUnused(since: 6))
    }
}
