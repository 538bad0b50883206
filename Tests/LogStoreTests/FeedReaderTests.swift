import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@Suite("Reading a feed")
struct FeedReaderTests {
    /// Segments, each a list of commits.
    static let layouts: [[[Int]]] = [
        [[1]],
        [[3]],
        [[1, 1, 1], [2]],
        [[2, 5], [1], [4, 1]],
        [[40, 1, 7], [30]],
    ]

    @Test(
        "Every position and every limit gives what was written, raw, sealed and half sealed",
        arguments: layouts,
        [false, true]
    )
    func differential(layout: [[Int]], isDeflated: Bool) throws {
        var feed = try FeedFixture(seed: 3)
        for commits in layout { try feed.addSegment(commits: commits, deflated: isDeflated) }
        try feed.check("raw")
        let result = try Sealer(feed.directory).sealClosedSegments()
        #expect(result.segments == layout.count - 1)
        try feed.check("sealed")
        try feed.addSegment(commits: [2, 2])
        try feed.check("a raw one behind sealed ones")
    }

    @Test("Nothing beyond the published end is given, also where that lies inside a block")
    func publishedEnd() throws {
        var feed = try FeedFixture()
        try feed.addSegment(commits: [4, 3])
        try feed.addSegment(commits: [5])
        for end in 1...UInt64(12) {
            try feed.check("raw, through \(end)", through: end)
        }
        _ = try Sealer(feed.directory).sealClosedSegments()
        for end in 1...UInt64(12) {
            try feed.check("sealed, through \(end)", through: end)
        }
    }

    @Test("What lies behind the durable bytes of the active segment is never looked at")
    func garbageBehind() throws {
        var feed = try FeedFixture()
        try feed.addSegment(commits: [3, 2], padding: 0)
        let path = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw))
        let size = try feed.disk.contents(path).count
        try feed.disk.overwrite(path, at: size, with: [UInt8](repeating: 0xab, count: 5_000))
        try feed.check("garbage behind the end")
    }

    @Test("A reference with another digest resolves to nothing; so does one beyond the end or of another feed")
    func references() throws {
        var feed = try FeedFixture()
        try feed.addSegment(commits: [5])
        let reader = feed.reader()
        var wrong = feed.reference(3)
        wrong.digestPrefix ^= 1
        #expect(throws: StorageError(.notFound, "")) { try reader.entry(wrong) }
        var beyond = feed.reference(5)
        beyond.position = 6
        #expect(throws: StorageError(.notFound, "")) { try reader.entry(beyond) }
        beyond.position = 0
        #expect(throws: StorageError(.notFound, "")) { try reader.entry(beyond) }
        var foreign = feed.reference(3)
        foreign.feed.lane = .urgent
        #expect(throws: StorageError(.notFound, "")) { try reader.entry(foreign) }
        #expect(throws: StorageError(.notFound, "")) { try reader.head(at: 6) }
    }

    @Test("Blocks are refused to somebody with another history, and named as such")
    func otherHistory() throws {
        var feed = try FeedFixture()
        try feed.addSegment(commits: [5])
        let other = FeedHead(position: 3, digest: feed.heads[2].digest)
        #expect(throws: StorageError(.moved, "")) { try feed.reader().blocks(after: other, limitBytes: 1_000) }
    }

    @Test("Full sealed blocks travel as they lie")
    func asTheyLie() throws {
        var feed = try FeedFixture()
        try feed.addSegment(commits: [Int](repeating: 1, count: 900))
        try feed.addSegment(commits: [1])
        _ = try Sealer(feed.directory).sealClosedSegments()
        let blocks = try feed.reader().blocks(after: feed.heads[0], limitBytes: 10_000_000)
        #expect(blocks.count < 6)
        #expect(blocks[0].header.method != .plain)
        #expect(blocks[0].header.rawLengthBytes > 30_000)
        #expect(blocks.last?.header.lastPosition == 901)
    }

    @Test("A flipped bit is reported with file and place, and never gives other bytes", arguments: [false, true])
    func damage(isSealed: Bool) throws {
        var feed = try FeedFixture(seed: 11)
        try feed.addSegment(commits: [2, 3])
        try feed.addSegment(commits: [1])
        if isSealed { _ = try Sealer(feed.directory).sealClosedSegments() }
        let path = feed.directory.path(of: SegmentName(firstPosition: 1, kind: isSealed ? .sealed : .raw))
        let size = try feed.disk.contents(path).count - (isSealed ? 0 : 300)
        for byte in 0..<size {
            let bit = byte % 8
            try feed.disk.flipBit(path, byte: byte, bit: bit)
            do {
                let read = try feed.reader().entries(after: 0, limitBytes: 100_000)
                Issue.record("byte \(byte): \(read.count) entries were given")
            } catch {
                #expect(error.code == .corrupted, "byte \(byte): \(error)")
                #expect(error.location?.path == path, "byte \(byte): \(error)")
            }
            // What does not need the damaged segment is still read.
            #expect(
                try feed.reader().entries(after: 5, limitBytes: 1_000).map(\.bytes) == [feed.entries[5]]
            )
            try feed.disk.flipBit(path, byte: byte, bit: bit)
        }
        try feed.check("healed")
    }

    @Test("A segment cut at any byte is reported, never read as the end of the feed")
    func truncated() throws {
        for length in stride(from: 0, to: 700, by: 7) {
            var feed = try FeedFixture(seed: 2)
            try feed.addSegment(commits: [2, 3, 4, 1], padding: 0)
            let path = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw))
            guard try feed.disk.contents(path).count > length else { break }
            try feed.disk.truncate(path, to: length)
            #expect(throws: StorageError(.corrupted, "")) {
                var after: UInt64 = 0
                while after < feed.head.position {
                    after += UInt64(try feed.reader().entries(after: after, limitBytes: 100_000).count)
                }
            }
        }
    }

    @Test("A missing segment is reported")
    func missing() throws {
        var feed = try FeedFixture()
        for _ in 0..<3 { try feed.addSegment(commits: [2]) }
        try feed.disk.remove(feed.directory.path(of: SegmentName(firstPosition: 3, kind: .raw)))
        #expect(throws: StorageError(.corrupted, "")) { try feed.reader().entries(after: 0, limitBytes: 100_000) }
        #expect(try feed.reader().entries(after: 0, limitBytes: 1).count == 1)
        #expect(try feed.reader().entry(feed.reference(2)) == feed.entries[1])
        #expect(try feed.reader().entries(after: 4, limitBytes: 1_000).count == 2)
        try feed.disk.remove(feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw)))
        #expect(throws: StorageError(.corrupted, "")) { try feed.reader().entries(after: 0, limitBytes: 1_000) }
    }

    @Test("An error of the disk is an error, not the end of the feed")
    func inputOutput() throws {
        var feed = try FeedFixture()
        try feed.addSegment(commits: [2, 2])
        try feed.addSegment(commits: [2])
        _ = try Sealer(feed.directory).sealClosedSegments()
        var failures = 0
        for index in 0..<100 {
            let process = feed.disk.process("reader", faults: .at(index, .inputOutput))
            let directory = FeedDirectory(fileSystem: process, path: feed.directory.path, feed: feed.directory.feed)
            do {
                let read = try FeedReader(directory: directory, slot: feed.slot).entries(after: 0, limitBytes: 100_000)
                #expect(read.map(\.bytes) == feed.entries)
                break
            } catch {
                #expect(error.code == .inputOutput)
                failures += 1
            }
        }
        #expect((5..<90).contains(failures))
    }

    @Test("Sealing in the middle of reading goes unnoticed")
    func sealingMeanwhile() throws {
        for call in 0..<40 {
            var feed = try FeedFixture()
            for _ in 0..<3 { try feed.addSegment(commits: [2, 1]) }
            let process = feed.disk.process("reader")
            let sealer = Sealer(feed.directory)
            let sealing = Recorded<Sealer.Result>()
            let disk = feed.disk
            disk.observe { seen in
                guard seen.process == "reader", seen.index == call else { return }
                disk.observe(nil)
                sealing.append { try sealer.sealClosedSegments() }
            }
            let directory = FeedDirectory(fileSystem: process, path: feed.directory.path, feed: feed.directory.feed)
            let reader = FeedReader(directory: directory, slot: feed.slot)
            #expect(try reader.entries(after: 0, limitBytes: 100_000).map(\.bytes) == feed.entries, "call \(call)")
            _ = try sealing.values()
        }
    }

    @Test("Names of segments are read only as they are written")
    func names() throws {
        for position in [1, 16, UInt64(1) << 40, Limits.position] {
            for kind in [SegmentHeader.Kind.raw, .sealed] {
                let name = SegmentName(firstPosition: position, kind: kind)
                #expect(SegmentName(fileName: name.fileName) == name)
            }
        }
        let others = [
            "", ".seg", "1.seg", "0000000000000000.seg", "000000000000000A.seg", "+00000000000001.seg",
            "00000000000000001.seg", "0000000000000001.seg.new", "0000000000000001", "ffffffffffffffff.seg",
            "CHECKPOINTS",
        ]
        for other in others { #expect(SegmentName(fileName: other) == nil, "\(other)") }
    }
}
