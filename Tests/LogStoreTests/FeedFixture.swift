import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

/// A feed written to a simulated disk segment by segment, with everything it holds kept beside it in memory.
struct FeedFixture {
    let disk: SimulatedDisk
    let directory: FeedDirectory
    let key: SitePublicKey
    private(set) var entries: [[UInt8]] = []
    /// The head after each position, 0 included.
    private(set) var heads: [FeedHead]
    private var predecessor: SegmentHeader.Predecessor?
    private(set) var slot: HeadsSlot
    private var numbers: SplitMix64

    init(seed: UInt64 = 1, disk: SimulatedDisk = SimulatedDisk()) throws {
        self.disk = disk
        numbers = SplitMix64(seed: seed)
        key = try #require(SitePublicKey([UInt8](repeating: 7, count: 32)))
        let epoch = try #require(EpochID([1, 2, 3, 4, 5, 6, 7, 8]))
        let feed = FeedID(site: key.siteID, epoch: epoch, lane: .records)
        let start = FeedChain.start(key: key, epoch: epoch, lane: .records)
        heads = [start]
        let process = disk.process("writer")
        directory = FeedDirectory(fileSystem: process, path: "/srv/\(feed)", feed: feed)
        try process.makeDirectories(directory.path)
        slot = HeadsSlot(
            feed: feed,
            generation: 1,
            segment: 0,
            writtenBytes: 0,
            durableBytes: 0,
            stored: start,
            attested: start
        )
    }

    var head: FeedHead { heads[heads.count - 1] }

    /// Writes one whole segment and makes it the active one.
    ///
    /// - Parameters:
    ///   - commits: Number of entries of each commit; each commit is packed by itself.
    ///   - deflated: Whether blocks are written compressed, as a replica gets them.
    ///   - padding: Zero bytes reserved behind the blocks.
    /// - Throws: What the disk or the format refuse.
    mutating func addSegment(commits: [Int], deflated: Bool = false, padding: Int = 300) throws {
        let salt = numbers.next()
        let header = SegmentHeader(
            kind: .raw,
            feed: directory.feed,
            key: key,
            salt: salt,
            previous: head,
            predecessor: predecessor,
            createdMilliseconds: 1_000 + Int64(heads.count)
        )
        let name = SegmentName(firstPosition: header.firstPosition, kind: .raw)
        var bytes = header.encoded
        var deflater = Deflater()
        for count in commits {
            let fresh = (0..<count).map { _ in makeEntry() }
            let (blocks, digests) = try Block.plain(fresh, after: head)
            for block in blocks {
                let place = BlockPlace(
                    offsetBytes: UInt64(bytes.count),
                    durableOffsetBytes: UInt64(bytes.count)
                )
                place.encode(deflated ? block.deflated(using: &deflater) : block, salt: salt, into: &bytes)
            }
            for digest in digests { heads.append(FeedHead(position: head.position + 1, digest: digest)) }
            entries += fresh
        }
        let end = UInt64(bytes.count)
        bytes += [UInt8](repeating: 0, count: padding)
        let fileSystem = directory.fileSystem
        try fileSystem.createFile(directory.path(of: name), with: bytes)
        predecessor = .init(firstPosition: name.firstPosition, endOffsetBytes: end)
        slot.generation += 1
        slot.segment = name.firstPosition
        slot.durableBytes = end
        slot.writtenBytes = end
        slot.stored = head
        slot.attested = head
    }

    /// Gives up what lies behind a position, as a replica does whose origin signed something else: the segment it lies in,
    /// which is sealed, stays as it is, and the next one begins in the middle of it.
    mutating func cutBack(to position: Int) throws {
        heads.removeLast(heads.count - 1 - position)
        entries.removeLast(entries.count - position)
        let names = try directory.segments()
        let first = try #require(names.last { $0.firstPosition <= UInt64(position) }).firstPosition
        for name in names where name.firstPosition > first {
            try directory.fileSystem.unlink(directory.path(of: name))
        }
        let segment = try SegmentReader(.init(firstPosition: first, kind: .sealed), in: directory)
        predecessor = .init(firstPosition: first, endOffsetBytes: try #require(segment.footer).rawEndOffsetBytes)
    }

    /// Text that compresses, with noise in it.
    private mutating func makeEntry() -> [UInt8] {
        let text = Array("fraction \(entries.count) given, 2.0 Gy, course \(numbers.below(9)) ".utf8)
        return text + numbers.bytes(numbers.below(60))
    }

    func reader(through position: UInt64? = nil) -> FeedReader {
        var slot = slot
        if let position { slot.attested = heads[Int(position)] }
        return FeedReader(directory: directory, slot: slot)
    }

    func reference(_ position: Int) -> EntryReference {
        EntryReference(feed: directory.feed, head: heads[position])
    }

    /// Compares everything a reader can be asked with what was written.
    func check(_ comment: Comment, through position: UInt64? = nil) throws {
        let end = Int(position ?? head.position)
        let reader = reader(through: position)
        for after in 0...end {
            for limit in [1, 200, 100_000] {
                let read = try reader.entries(after: UInt64(after), limitBytes: limit)
                #expect(read.isEmpty == (after == end), comment)
                let expected = Array(entries[after..<after + read.count])
                #expect(read.map(\.bytes) == expected, comment)
                #expect(read.map(\.reference) == (after..<after + read.count).map { reference($0 + 1) }, comment)
                #expect(after + read.count <= end, comment)
                if limit == 100_000 { #expect(after + read.count == end, comment) }
                let blocks = try reader.blocks(after: heads[after], limitBytes: limit)
                #expect(blocks.isEmpty == (after == end), comment)
                try checkBlocks(blocks, after: after, through: end, comment)
            }
            #expect(try reader.head(at: UInt64(after)) == heads[after], comment)
            if after > 0 { #expect(try reader.entry(reference(after)) == entries[after - 1], comment) }
        }
    }

    private func checkBlocks(_ blocks: [Block], after: Int, through end: Int, _ comment: Comment) throws {
        var inflater = Inflater()
        var head = heads[after]
        for block in blocks { head = try block.verified(after: head, using: &inflater) }
        #expect(head == heads[Int(head.position)], comment)
        #expect(head.position <= UInt64(end), comment)
    }
}
