import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Reading what is left of a damaged feed")
struct FeedPassageTests {
    /// Three segments of small commits; the last one is in use.
    private func feed(sealed: Bool) throws -> FeedFixture {
        var feed = try FeedFixture(seed: 5)
        try feed.addSegment(commits: [1, 2, 1, 1])
        try feed.addSegment(commits: [3, 1, 1])
        try feed.addSegment(commits: [2, 1, 1])
        if sealed { _ = try Sealer(feed.directory).sealClosedSegments() }
        return feed
    }

    /// Reads to the end, compares every entry with what was written, and gives back the positions left out.
    private func missing(
        from feed: FeedFixture,
        limitBytes: Int = 100,
        _ comment: @autoclosure () -> Comment
    ) throws -> [UInt64] {
        let reader = feed.reader()
        var position: UInt64 = 0
        var missing: [UInt64] = []
        while let passage = try reader.passage(after: position, limitBytes: limitBytes) {
            if let left = passage.missing {
                guard left.lowerBound == position + 1, passage.damage != nil else { throw Unexpected(what: comment()) }
                missing += Array(left)
                position = left.upperBound
            }
            for entry in passage.entries {
                position += 1
                guard entry.bytes == feed.entries[Int(position) - 1], entry.reference == feed.reference(Int(position))
                else { throw Unexpected(what: comment()) }
            }
            guard passage.head == feed.heads[Int(position)], passage.missing != nil || !passage.entries.isEmpty else {
                throw Unexpected(what: comment())
            }
        }
        guard position == feed.head.position else { throw Unexpected(what: comment()) }
        return missing
    }

    private struct Unexpected: Error { let what: Comment }

    /// A block with its place, as it lies in a file.
    private struct Unit {
        var bytes: Range<Int>
        var positions: ClosedRange<UInt64>
        /// Where it says where the chain stands behind it.
        var digest: Range<Int>
    }

    private func units(of name: SegmentName, through last: UInt64, in feed: FeedFixture) throws -> [Unit] {
        let segment = try SegmentReader(name, in: feed.directory)
        let rows = try segment.rowsLeft(endOffsetBytes: try segment.sizeBytes())
        let prefix = name.kind == .raw ? BlockPlace.lengthBytes : 0
        return rows.enumerated().map { index, row in
            let start = Int(row.offsetBytes)
            let digest = start + BlockHeader.digestOffsetBytes
            return Unit(
                bytes: start - prefix..<start + Int(row.lengthBytes),
                positions: row.firstPosition...(index + 1 < rows.count ? rows[index + 1].firstPosition - 1 : last),
                digest: digest..<digest + ChainDigest.lengthBytes
            )
        }
    }

    @Test(
        "Whatever byte of a feed is turned over, every entry but those of its block is given, and they are named",
        arguments: [false, true]
    )
    func everyByte(sealed: Bool) throws {
        let feed = try feed(sealed: sealed)
        let names = try feed.directory.segments()
        #expect(try missing(from: feed, "whole") == [])
        for (index, name) in names.enumerated() {
            let last = index + 1 < names.count ? names[index + 1].firstPosition - 1 : feed.head.position
            let path = feed.directory.path(of: name)
            let units = try units(of: name, through: last, in: feed)
            #expect(units.count == [4, 3, 3][index] || sealed)
            for byte in try feed.disk.contents(path).indices {
                try feed.disk.flipBit(path, byte: byte)
                let missing = try missing(from: feed, "\(name.fileName), byte \(byte)")
                let struck = units.firstIndex { $0.bytes.contains(byte) }
                var allowed = struck.map { units[$0].positions } ?? name.firstPosition...last
                // With the digest gone nothing proves the block behind.
                if let struck, name.kind == .raw, units[struck].digest.contains(byte), struck + 1 < units.count {
                    allowed = allowed.lowerBound...units[struck + 1].positions.upperBound
                }
                #expect(missing.allSatisfy(allowed.contains), "\(name.fileName), byte \(byte): \(missing)")
                if struck != nil { #expect(!missing.isEmpty, "\(name.fileName), byte \(byte)") }
                try feed.disk.flipBit(path, byte: byte)
            }
        }
        #expect(try missing(from: feed, "whole again") == [])
    }

    @Test(
        "Whatever segments are gone, all others are given whole, in steps of any size",
        arguments: [false, true],
        [1, 100, 100_000]
    )
    func goneSegments(sealed: Bool, limitBytes: Int) throws {
        for gone in 1..<UInt64(8) {
            let feed = try feed(sealed: sealed)
            let names = try feed.directory.segments()
            var expected: [UInt64] = []
            for (index, name) in names.enumerated() where gone & (1 << UInt64(index)) != 0 {
                try feed.disk.remove(feed.directory.path(of: name))
                let last = index + 1 < names.count ? names[index + 1].firstPosition - 1 : feed.head.position
                expected += Array(name.firstPosition...last)
            }
            #expect(try missing(from: feed, limitBytes: limitBytes, "gone: \(gone)") == expected)
        }
    }

    @Test("Two damaged blocks are two gaps, and what lies between them is given")
    func twoGaps() throws {
        let feed = try feed(sealed: false)
        let name = try #require(try feed.directory.segments().first)
        let units = try units(of: name, through: 5, in: feed)
        for unit in [units[0], units[2]] {
            try feed.disk.flipBit(feed.directory.path(of: name), byte: unit.bytes.lowerBound + 1)
        }
        #expect(try missing(from: feed, "two gaps") == Array(units[0].positions) + Array(units[2].positions))
    }

    @Test("An entry behind a damaged header is found by its position and by its reference")
    func singleEntries() throws {
        var fixture = try StoreFixture(seed: 3)
        let store = try fixture.open("writer")
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        for number in 1...4 { try fixture.append("entry \(number)", with: store) }
        try store.close()
        let written = try store.entries(of: feed, after: 0, limitBytes: 1_000_000)
        let path = store.paths.feed(feed) + "/" + SegmentName(firstPosition: 1, kind: .raw).fileName
        // In the header of the second block.
        let rows = try SegmentReader(SegmentName(firstPosition: 1, kind: .raw), in: store.directory(feed))
            .rowsLeft(endOffsetBytes: .max)
        try fixture.disk.flipBit(path, byte: Int(rows[1].offsetBytes) + 10)
        let judge = try fixture.open("judge")
        for entry in written {
            let isDamaged = entry.reference.position == 2
            let reads: [() throws -> [UInt8]] = [
                { try judge.entry(of: feed, at: entry.reference.position) }, { try judge.entry(entry.reference) },
            ]
            for read in reads {
                if isDamaged {
                    #expect(throws: StorageError.self) { try read() }
                } else {
                    #expect(try read() == entry.bytes)
                }
            }
        }
    }

    @Test("A folder that is gone leaves nothing, and that is said of every position")
    func noFolder() throws {
        let feed = try feed(sealed: false)
        for name in try feed.directory.segments() { try feed.disk.remove(feed.directory.path(of: name)) }
        try feed.directory.fileSystem.removeDirectory(feed.directory.path)
        #expect(try missing(from: feed, "no folder") == Array(1...feed.head.position))
    }
}
