import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@Suite("Verifying a feed")
struct FeedVerifierTests {
    private func feed() throws -> FeedFixture {
        var feed = try FeedFixture(seed: 9)
        try feed.addSegment(commits: [2, 1])
        try feed.addSegment(commits: [3])
        try feed.addSegment(commits: [1, 1])
        return feed
    }

    private func verify(_ feed: FeedFixture) throws -> FeedVerifier.Report {
        try FeedVerifier.verify(feed.directory, slot: feed.slot)
    }

    @Test("A sound feed is proven to its last entry, raw and sealed, with nothing to say")
    func sound() throws {
        let feed = try feed()
        for isSealed in [false, true] {
            if isSealed { _ = try Sealer(feed.directory).sealClosedSegments() }
            for readsAhead in [false, true] {
                var seen: UInt64 = 0
                let report = try FeedVerifier.verify(feed.directory, slot: feed.slot, readsAhead: readsAhead) {
                    seen += $0
                }
                #expect(report.findings == [])
                #expect(report.provenEntries == 8)
                #expect(report.provenHead == feed.head)
                #expect(report.segments == 3)
                #expect(report.bytesRead == seen)
                #expect(seen > 0)
            }
        }
    }

    @Test(
        "Any flipped bit that matters is found, and what is said covers every entry that can not be read",
        arguments: [false, true]
    )
    func flips(isSealed: Bool) throws {
        let feed = try feed()
        if isSealed { _ = try Sealer(feed.directory).sealClosedSegments() }
        for name in try feed.directory.segments() {
            let path = feed.directory.path(of: name)
            let size = try feed.disk.contents(path).count - (name.kind == .raw ? 300 : 0)
            for byte in 0..<size {
                try feed.disk.flipBit(path, byte: byte, bit: byte % 8)
                let report = try verify(feed)
                #expect(report.isDamaged, "\(name.fileName) byte \(byte)")
                let ahead = try FeedVerifier.verify(feed.directory, slot: feed.slot, readsAhead: true)
                #expect(ahead == report, "\(name.fileName) byte \(byte)")
                #expect(report.findings.contains { $0.location.path == path }, "\(name.fileName) byte \(byte)")
                #expect(report.findings.allSatisfy { !$0.cause.contains("log verify") }, "\(report.findings)")
                for position in 1...8 {
                    let isReadable = readable(feed, position)
                    let isNamed = report.lostPositions.contains { $0.contains(UInt64(position)) }
                    #expect(isReadable || isNamed, "\(name.fileName) byte \(byte): position \(position)")
                }
                try feed.disk.flipBit(path, byte: byte, bit: byte % 8)
            }
        }
        #expect(try verify(feed).findings == [])
    }

    private func readable(_ feed: FeedFixture, _ position: Int) -> Bool {
        do {
            return try feed.reader().entry(feed.reference(position)) == feed.entries[position - 1]
        } catch {
            return false
        }
    }

    @Test("A missing segment is named by its positions, wherever it was", arguments: [1, 4, 7] as [UInt64])
    func missing(first: UInt64) throws {
        let feed = try feed()
        try feed.disk.remove(feed.directory.path(of: SegmentName(firstPosition: first, kind: .raw)))
        let report = try verify(feed)
        let expected: ClosedRange<UInt64> = first == 1 ? 1...3 : first == 4 ? 4...6 : 7...8
        #expect(report.lostPositions.contains(expected))
        #expect(report.provenEntries == 8 - UInt64(expected.count))
    }

    @Test("Missing first segments are named, also when the header of the first that is left can not be read")
    func missingBeforeUnreadable() throws {
        let feed = try feed()
        try feed.disk.remove(feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw)))
        let path = feed.directory.path(of: SegmentName(firstPosition: 4, kind: .raw))
        try feed.disk.overwrite(path, at: 0, with: [UInt8](repeating: 0xA5, count: 512))
        let report = try verify(feed)
        for position in 1...6 as ClosedRange<UInt64> {
            #expect(report.lostPositions.contains { $0.contains(position) }, "position \(position)")
        }
        #expect(report.provenEntries == 2)
    }

    @Test("A cut segment is named by its positions; segments behind are proven all the same")
    func cut() throws {
        let feed = try feed()
        let path = feed.directory.path(of: SegmentName(firstPosition: 4, kind: .raw))
        try feed.disk.truncate(path, to: 300)
        let report = try verify(feed)
        #expect(report.lostPositions == [4...6])
        #expect(report.provenHead == feed.heads[3])
        #expect(report.provenEntries == 5)
    }

    @Test("A segment of another history is found though it is sound by itself")
    func exchanged() throws {
        let feed = try feed()
        var other = try FeedFixture(seed: 10)
        try other.addSegment(commits: [2, 1])
        try other.addSegment(commits: [3])
        let path = feed.directory.path(of: SegmentName(firstPosition: 4, kind: .raw))
        let foreign = try other.disk.contents(path)
        try feed.disk.truncate(path, to: 0)
        try feed.disk.overwrite(path, at: 0, with: foreign)
        #expect(try verify(feed).isDamaged)
    }

    @Test("Entries that were acknowledged and are not there are missing, not absent")
    func lostEnd() throws {
        let feed = try feed()
        let path = feed.directory.path(of: SegmentName(firstPosition: 7, kind: .raw))
        try feed.disk.truncate(path, to: 256)
        #expect(try verify(feed).lostPositions.contains { $0.contains(7) && $0.contains(8) })
    }

    @Test("A feed whose folder is gone has lost everything that was acknowledged")
    func folderGone() throws {
        let feed = try feed()
        try feed.disk.remove(feed.directory.path)
        let report = try verify(feed)
        #expect(report.lostPositions == [1...8])
        #expect(report.provenEntries == 0)
        #expect(try FeedVerifier.verify(feed.directory, slot: nil).findings == [])
    }

    @Test("Bytes behind the acknowledged end are noted and are no damage")
    func tail() throws {
        let feed = try feed()
        let path = feed.directory.path(of: SegmentName(firstPosition: 7, kind: .raw))
        try feed.disk.overwrite(path, at: Int(feed.slot.durableBytes) + 3, with: [1])
        let report = try verify(feed)
        #expect(!report.isDamaged)
        #expect(report.findings.count == 1)
        #expect(report.findings[0].cause.hasPrefix("4 bytes"))
    }

    @Test("Sealing that was interrupted is noted")
    func bothKinds() throws {
        let feed = try feed()
        let raw = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw))
        let original = try feed.disk.contents(raw)
        _ = try Sealer(feed.directory).sealClosedSegments()
        try feed.directory.fileSystem.createFile(raw, with: original)
        let report = try verify(feed)
        #expect(!report.isDamaged)
        #expect(report.findings.map(\.weight) == [.note])
        try feed.check("both there")
    }

    @Test("Sealing in the middle of verifying is no damage, whatever the moment")
    func sealingMeanwhile() throws {
        var call = 0
        while true {
            let feed = try feed()
            let process = feed.disk.process("verifier")
            let directory = FeedDirectory(fileSystem: process, path: feed.directory.path, feed: feed.directory.feed)
            let sealer = Sealer(feed.directory)
            let sealing = Recorded<Sealer.Result>()
            let (disk, index) = (feed.disk, call)
            disk.observe { seen in
                guard seen.process == "verifier", seen.index == index else { return }
                disk.observe(nil)
                sealing.append { try sealer.sealClosedSegments() }
            }
            let report = try FeedVerifier.verify(directory, slot: feed.slot)
            #expect(!report.isDamaged, "at call \(call): \(report.findings)")
            #expect(report.provenHead == feed.head)
            if try sealing.values().isEmpty { break }
            call += 1
        }
        #expect(call > 10)
    }

    @Test("Growth is that of the last 30 days, or since the first segment, and needs a day to be told")
    func growth() throws {
        let day: Int64 = 86_400_000
        var feed = try FeedFixture(seed: 5)
        for _ in 0..<3 { try feed.addSegment(commits: [200], padding: 0) }
        // Made 100, 20 and 10 days before day 200.
        for (name, made) in zip(try feed.directory.segments(), [100, 180, 190]) {
            var header = try SegmentReader(name, in: feed.directory).header
            header.createdMilliseconds = Int64(made) * day
            try feed.disk.overwrite(feed.directory.path(of: name), at: 0, with: header.encoded)
        }
        let statistics = try FeedStatistics(feed.directory, slot: feed.slot)
        let each = try feed.directory.segments().map { try SegmentReader($0, in: feed.directory).sizeBytes() }
        #expect(statistics.storedBytesPerDay(at: 100 * day) == nil)
        #expect(statistics.storedBytesPerDay(at: 101 * day - 1) == nil)
        #expect(statistics.storedBytesPerDay(at: Int64.min) == nil)
        // Of the first segment, filled in 80 days, the last ten lie in the 30 before day 200.
        let expected = (Double(each[0]) / 8 + Double(each[1] + each[2])) / 30
        let found = Double(try #require(statistics.storedBytesPerDay(at: 200 * day)))
        #expect(abs(found - expected) <= 1, "\(found) instead of \(expected)")
        var total = FeedStatistics()
        total.add(statistics)
        total.add(FeedStatistics())
        #expect(total.storedBytesPerDay(at: 200 * day) == statistics.storedBytesPerDay(at: 200 * day))
        let young = Double(try #require(statistics.storedBytesPerDay(at: 110 * day)))
        #expect(
            abs(young - Double(each.reduce(0, +)) / 10) <= 1,
            "\(young): the clock went back, and all of it is there"
        )
        // Years without an entry: what the last segment holds is spread over them.
        #expect(try #require(statistics.storedBytesPerDay(at: 20_000 * day)) < each[2] / 10_000)
    }

    @Test("Statistics count no more than there is, whatever headers say")
    func forgedEnds() throws {
        var feed = try FeedFixture(seed: 4)
        for _ in 0..<4 { try feed.addSegment(commits: [2], padding: 0) }
        let before = try FeedStatistics(feed.directory, slot: feed.slot)
        for name in try feed.directory.segments().dropFirst() {
            var header = try SegmentReader(name, in: feed.directory).header
            header.predecessor?.endOffsetBytes = .max
            try feed.disk.overwrite(feed.directory.path(of: name), at: 0, with: header.encoded)
        }
        #expect(try FeedStatistics(feed.directory, slot: feed.slot) == before)
    }

    @Test("Statistics count what there is, before and after sealing")
    func statistics() throws {
        var feed = try FeedFixture(seed: 9)
        try feed.addSegment(commits: [Int](repeating: 1, count: 400))
        try feed.addSegment(commits: [2])
        let before = try FeedStatistics(feed.directory, slot: feed.slot)
        #expect(before.rawSegments == 2)
        #expect(before.entries == 402)
        #expect(before.oldestMilliseconds == 1_001)
        _ = try Sealer(feed.directory).sealClosedSegments()
        let after = try FeedStatistics(feed.directory, slot: feed.slot)
        #expect(after.rawSegments == 1)
        #expect(after.sealedSegments == 1)
        #expect(after.entries == 402)
        #expect(after.storedBytes * 2 < before.storedBytes)
        #expect(try #require(after.ratio) < 0.8)
    }
}
