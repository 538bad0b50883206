import LogFormat
import LogStore
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import SyncService

@Suite("A log as sessions see it")
struct LogStoreSessionsTests {
    private let here: Node
    private let there: Node

    init() throws {
        here = try Node("AA")
        there = try Node("BB")
        for node in [here, there] { try node.log.join(RegistryID(foundedBy: [1])) }
    }

    private func sessions(_ node: Node) -> LogStoreSessions {
        LogStoreSessions(node.log) { Issue.record("\($0)") }
    }

    private func held(_ sessions: LogStoreSessions, _ feed: FeedID) throws -> HeldFeed? {
        try sessions.held().first { $0.feed == feed }
    }

    private static func entries(_ count: Int) -> [[UInt8]] {
        (0..<count).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1000) }
    }

    private func bytes(_ node: Node, after position: UInt64) throws -> UInt64 {
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
        _ = try LogStore.open(at: here.log.root, in: here.surroundings).append(Self.entries(2), to: .records)
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

    @Test("What arrives is counted, attested or not, the same at every reopening")
    func received() throws {
        _ = try there.log.append(Self.entries(5), to: .records)
        let (key, feed) = (there.log.identity.publicKey, there.records)
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let sessions = sessions(here)
        #expect(try sessions.held().isEmpty)
        let first = try there.log.blocks(of: feed, after: start, limitBytes: 1)
        let stored = try sessions.store(first, of: feed, key: key, after: start)
        #expect(stored.attested.position == 0)
        #expect(stored.storedBytes >= UInt64(first[0].header.encodedLengthBytes))
        _ = try there.log.append(Self.entries(4), to: .records)
        let more = try there.log.blocks(of: feed, after: stored.stored, limitBytes: .max)
        let after = try sessions.store(more, of: feed, key: key, after: stored.stored)
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
        let stored = try sessions.store(blocks, of: feed, key: key, after: start)
        #expect(stored.storedBytes > 9_000)
        #expect(try here.log.discardUnattested(of: feed)?.position == 0)
        #expect(try #require(try held(sessions, feed)).storedBytes < 1_000)
    }
}
