import LogFormat
import Testing

@Suite("HEADS")
struct HeadsTests {
    private struct Vector: Decodable {
        struct Slot: Decodable {
            var index: Int
            var branch: UInt32
            var generation, segment, written, durable, stored, attested: UInt64
            var storedDigest, attestedDigest, encoded: Hex
            var poisoned, damaged: Bool
        }
        var boot: String
        var changeCounter: UInt64
        var feedCount: Int
        var header: Hex
        var slots: [Slot]
    }

    private func slot(generation: UInt64) throws -> HeadsSlot {
        let start = try Fixture.start()
        return HeadsSlot(
            feed: try Fixture.feed(),
            branch: 1,
            generation: generation,
            segment: 1,
            writtenBytes: 2_000,
            durableBytes: 1_000,
            stored: FeedHead(position: 12, digest: start.digest),
            attested: FeedHead(position: 3, digest: start.digest),
            isPoisoned: true
        )
    }

    @Test("Published header and slots read as published and encode to the same bytes")
    func vector() throws {
        let vector = try vectors("heads.json", as: Vector.self)
        let header = HeadsHeader(
            boot: BootMark(bootID: vector.boot),
            changeCounter: vector.changeCounter,
            feedCount: vector.feedCount
        )
        #expect(header.encoded == vector.header.bytes)
        let pair = [UInt8](repeating: 0, count: 512) + header.encoded
        #expect(try HeadsPair<HeadsHeader>(decoding: pair, index: 0).newest == header)
        for given in vector.slots {
            let expected = HeadsSlot(
                feed: try Fixture.feed(),
                branch: given.branch,
                generation: given.generation,
                segment: given.segment,
                writtenBytes: given.written,
                durableBytes: given.durable,
                stored: FeedHead(
                    position: given.stored,
                    digest: try #require(ChainDigest(given.storedDigest.bytes))
                ),
                attested: FeedHead(
                    position: given.attested,
                    digest: try #require(ChainDigest(given.attestedDigest.bytes))
                ),
                isPoisoned: given.poisoned,
                isDamaged: given.damaged
            )
            #expect(expected.encoded(index: given.index) == given.encoded.bytes)
            let read = try HeadsSlot(decoding: given.encoded.bytes, index: given.index)
            #expect(read == expected)
            #expect(throws: FormatError.checksum) {
                try HeadsSlot(decoding: given.encoded.bytes, index: given.index + 1)
            }
        }
    }

    @Test("Any flipped bit of a slot is refused")
    func slotFlips() throws {
        let slot = try slot(generation: 5)
        let flips = acceptedFlips(of: slot.encoded(index: 2), original: slot) { bytes throws(FormatError) in
            try HeadsSlot(decoding: bytes, index: 2)
        }
        #expect(flips == [])
    }

    @Test("Any flipped bit of a header pair leaves one of the two, and is noticed")
    func headerFlips() throws {
        let older = HeadsHeader(boot: BootMark(bootID: "a"), changeCounter: 8, feedCount: 3)
        let newer = HeadsHeader(boot: BootMark(bootID: "b"), changeCounter: 9, feedCount: 3)
        var pair = older.encoded + newer.encoded
        #expect(try HeadsPair<HeadsHeader>(decoding: pair, index: 0).isConsistent)
        for bit in 0..<pair.count * 8 {
            pair[bit / 8] ^= 1 << UInt8(bit % 8)
            let read = try HeadsPair<HeadsHeader>(decoding: pair, index: 0)
            #expect(read.newest == (bit < 512 * 8 ? newer : older))
            #expect(!read.isConsistent)
            pair[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test("A header of format 0 is none, and one of a later version is not guessed at", arguments: [UInt8(0), 2])
    func headerVersions(version: UInt8) throws {
        var bytes = HeadsHeader(boot: BootMark(bootID: "a"), changeCounter: 9, feedCount: 0).encoded
        bytes[8] = version
        let checksum = Checksum.of(Array(bytes[..<60]))
        for index in 0..<4 { bytes[60 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
        let pair = [UInt8](repeating: 0, count: 512) + bytes
        if version == 0 {
            let read = try HeadsPair<HeadsHeader>(decoding: pair, index: 0)
            #expect(read.newest == nil && !read.isConsistent)
        } else {
            #expect(throws: FormatError.unsupportedVersion) { try HeadsPair<HeadsHeader>(decoding: pair, index: 0) }
        }
    }

    /// What may lie in one of the two places of a pair.
    private enum Unit: CaseIterable { case empty, garbage, foreign, older, newer, first, next, skipped }

    @Test("Only what a writer leaves is a consistent pair, among everything that two places can hold")
    func pairs() throws {
        let generations: [Unit: UInt64] = [.older: 6, .newer: 7, .first: 1, .next: 2, .skipped: 9]
        func bytes(_ unit: Unit) throws -> [UInt8] {
            switch unit {
            case .empty: return [UInt8](repeating: 0, count: 512)
            case .garbage: return [UInt8](repeating: 0xAA, count: 512)
            case .foreign: return try slot(generation: 7).encoded(index: 2)
            default: return try slot(generation: generations[unit] ?? 0).encoded(index: 1)
            }
        }
        let consistent: [[Unit]] = [[.empty, .empty], [.empty, .first], [.older, .newer], [.next, .first]]
        for even in Unit.allCases {
            for odd in Unit.allCases {
                let read = try HeadsPair<HeadsSlot>(decoding: bytes(even) + bytes(odd), index: 1)
                #expect(read.isConsistent == consistent.contains([even, odd]), "\(even) \(odd)")
                // Whatever is valid is a lower bound, at the wrong place too.
                let newest = [even, odd].compactMap { generations[$0] }.max()
                #expect(read.newest?.generation == newest, "\(even) \(odd)")
                let cut = try HeadsPair<HeadsSlot>(decoding: bytes(even) + bytes(odd).dropLast(), index: 1)
                #expect(!cut.isConsistent, "\(even) \(odd)")
                #expect(cut.newest?.generation == generations[even], "\(even) \(odd)")
            }
        }
        var other = try slot(generation: 7)
        other.branch = 2
        let pair = try slot(generation: 6).encoded(index: 1) + other.encoded(index: 1)
        #expect(try !HeadsPair<HeadsSlot>(decoding: pair, index: 1).isConsistent)
    }

    @Test("Units of the file never overlap, and the size gives the number of feeds")
    func layout() {
        var offsets: Set<UInt64> = [0, 512]
        for index in 0..<50 {
            for generation in [UInt64(6), 7] {
                #expect(offsets.insert(HeadsSlot.offsetBytes(index: index, generation: generation)).inserted)
            }
            #expect(HeadsSlot.pairOffsetBytes(index: index) == HeadsSlot.offsetBytes(index: index, generation: 2))
            let start = HeadsSlot.pairOffsetBytes(index: index)
            #expect(HeadsSlot.pairCount(fileLengthBytes: start) == index)
            for inside in [UInt64(1), 511, 512, 1_023] {
                #expect(HeadsSlot.pairCount(fileLengthBytes: start + inside) == index + 1)
            }
        }
        #expect(HeadsSlot.pairCount(fileLengthBytes: 0) == 0)
    }

    @Test("Numbers that contradict each other are refused although the checksum is right")
    func contradictions() throws {
        var slot = try slot(generation: 1)
        slot.durableBytes = slot.writtenBytes + 1
        expectInconsistent(slot)
        slot = try self.slot(generation: 1)
        slot.attested.position = slot.stored.position + 1
        expectInconsistent(slot)
    }

    private func expectInconsistent(_ slot: HeadsSlot) {
        let bytes = slot.encoded(index: 0)
        #expect(throws: FormatError.inconsistent) { try HeadsSlot(decoding: bytes, index: 0) }
    }

    @Test("A slot whose offsets or generation leave no room to count on is no slot", arguments: [0, 1, 2])
    func extremes(field: Int) throws {
        var slot = try slot(generation: 5)
        slot.writtenBytes = UInt64(Int64.max)
        #expect(try HeadsSlot(decoding: slot.encoded(index: 0), index: 0) == slot)
        let beyond = UInt64(Int64.max) + 1
        switch field {
        case 0: slot.writtenBytes = beyond
        case 1: (slot.writtenBytes, slot.durableBytes) = (.max, .max)
        default: slot.generation = .max
        }
        #expect(throws: FormatError.inconsistent) { try HeadsSlot(decoding: slot.encoded(index: 0), index: 0) }
    }
}
