import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Segments that are open")
struct OpenSegmentTests {
    @Test("What a sealed segment holds behind a cut is never given, although the segment is open", arguments: 1...5)
    func cut(end: Int) throws {
        var feed = try FeedFixture(seed: 8)
        try feed.addSegment(commits: [3, 3])
        try feed.addSegment(commits: [2])
        _ = try Sealer(feed.directory).sealClosedSegments()
        let cache = SegmentCache()
        func reader(_ feed: FeedFixture, attested: Int) -> FeedReader {
            var slot = feed.slot
            slot.attested = feed.heads[attested]
            return FeedReader(directory: feed.directory, slot: slot, end: slot.attested, cache: cache)
        }
        let before = reader(feed, attested: end)
        for position in 1...end {
            let block = try before.inflatedBlock(holding: UInt64(position))
            #expect(block.entry(at: UInt64(position)) == feed.entries[position - 1])
            #expect(block.entry(at: UInt64(end + 1)) == nil)
        }
        try feed.cutBack(to: end)
        try feed.addSegment(commits: [4, 1])
        let after = reader(feed, attested: end + 5)
        for position in 1...end + 5 {
            let entry = try after.inflatedBlock(holding: UInt64(position)).entry(at: UInt64(position))
            #expect(entry == feed.entries[position - 1], "\(position)")
        }
    }

    @Test("A sealed segment that is open is read without a look at the folder, up to what was attested")
    func withoutTheFolder() throws {
        var feed = try FeedFixture(seed: 9)
        try feed.addSegment(commits: [3, 3])
        try feed.addSegment(commits: [2])
        _ = try Sealer(feed.directory).sealClosedSegments()
        let reader = FeedReader(directory: feed.directory, slot: feed.slot, end: feed.heads[4], cache: SegmentCache())
        #expect(try reader.inflatedOpenBlock(holding: 1) == nil)
        _ = try reader.inflatedBlock(holding: 1)
        for name in try feed.directory.segments() {
            try feed.directory.fileSystem.unlink(feed.directory.path(of: name))
        }
        for position in 1...4 {
            let block = try reader.inflatedOpenBlock(holding: UInt64(position))
            #expect(block?.entry(at: UInt64(position)) == feed.entries[position - 1])
        }
        #expect(try reader.inflatedOpenBlock(holding: 0) == nil)
        #expect(try reader.inflatedOpenBlock(holding: 5) == nil)
        #expect(throws: StorageError(.notFound, "")) { try reader.inflatedBlock(holding: 5) }
    }
}
