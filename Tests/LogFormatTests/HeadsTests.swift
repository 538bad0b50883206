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
        let header = HeadsHeader(boot: BootMark(bootID: vector.boot), changeCounter: vector.changeCounter)
        #expect(header.encoded == vector.header.bytes)
        let pair = header.encoded + [UInt8](repeating: 0, count: 512)
        #expect(try HeadsHeader(decodingPair: pair) == header)
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

    @Test("Any flipped bit of a header pair leaves one of the two, or an error")
    func headerFlips() throws {
        let older = HeadsHeader(boot: BootMark(bootID: "a"), changeCounter: 8)
        let newer = HeadsHeader(boot: BootMark(bootID: "a"), changeCounter: 9)
        var pair = older.encoded + newer.encoded
        for bit in 0..<pair.count * 8 {
            pair[bit / 8] ^= 1 << UInt8(bit % 8)
            let read = try HeadsHeader(decodingPair: pair)
            #expect(read == (bit < 512 * 8 ? newer : older))
            pair[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        let none = [UInt8](repeating: 0, count: 1_024)
        #expect(throws: FormatError.magic) { try HeadsHeader(decodingPair: none) }
        #expect(throws: FormatError.truncated) {
            try HeadsHeader(decodingPair: Array(none.dropLast()))
        }
    }

    @Test("Of a pair the newer valid slot holds, whichever comes first; a destroyed one leaves the other")
    func pairs() throws {
        for (first, second) in [(4, 5), (6, 5)] as [(UInt64, UInt64)] {
            let left = try slot(generation: first)
            let right = try slot(generation: second)
            let bytes = left.encoded(index: 1) + right.encoded(index: 1)
            let newer = first > second ? left : right
            #expect(try HeadsSlot.decodePair(bytes, index: 1) == newer)
            for destroyed in 0..<2 {
                var damaged = bytes
                for index in destroyed * 512..<(destroyed + 1) * 512 { damaged[index] = 0xaa }
                let left = try HeadsSlot.decodePair(damaged, index: 1)
                #expect(left?.generation == (destroyed == 0 ? second : first))
            }
            let garbage = [UInt8](repeating: 0xaa, count: 1_024)
            #expect(throws: FormatError.magic) { try HeadsSlot.decodePair(garbage, index: 1) }
        }
        let empty = [UInt8](repeating: 0, count: 1_024)
        #expect(try HeadsSlot.decodePair(empty, index: 1) == nil)
    }

    @Test("Units of the file never overlap, and the size gives the number of feeds")
    func layout() {
        var offsets: Set<UInt64> = [0, 512]
        for index in 0..<50 {
            for generation in [UInt64(6), 7] {
                #expect(offsets.insert(HeadsSlot.offsetBytes(index: index, generation: generation)).inserted)
            }
            #expect(HeadsSlot.pairOffsetBytes(index: index) == HeadsSlot.offsetBytes(index: index, generation: 2))
            #expect(HeadsSlot.feedCount(fileLengthBytes: HeadsSlot.pairOffsetBytes(index: index)) == index)
        }
        #expect(HeadsSlot.feedCount(fileLengthBytes: 0) == 0)
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
