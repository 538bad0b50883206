import LogFormat
import TestSupport
import Testing

@Suite("Segments")
struct SegmentTests {
    private struct Vector: Decodable {
        var salt: String
        var created: Int64
        var raw, sealed, successor, digest: Hex
        var rawEnd: UInt64
        var blockOffsets: [UInt64]
        var entries: [Hex]
    }

    private func vector() throws -> Vector { try vectors("segment.json", as: Vector.self) }

    // MARK: - Header

    @Test("The published header reads as published and encodes to the same bytes")
    func header() throws {
        let vector = try vector()
        let header = try SegmentHeader(decoding: vector.raw.bytes)
        #expect(header.encoded == Array(vector.raw.bytes.prefix(256)))
        #expect(header.kind == .raw)
        #expect(header.feed == (try Fixture.feed()))
        #expect(header.key == (try Fixture.key()))
        #expect(header.salt == UInt64(vector.salt, radix: 16))
        #expect(header.previous == (try Fixture.start()))
        #expect(header.predecessor == nil)
        #expect(header.createdMilliseconds == vector.created)

        let next = try SegmentHeader(decoding: vector.successor.bytes)
        #expect(next.encoded == vector.successor.bytes)
        #expect(next.firstPosition == 41)
        #expect(next.previous.digest.bytes == vector.digest.bytes)
        #expect(next.predecessor == .init(firstPosition: 1, endOffsetBytes: vector.rawEnd))
        #expect(next.createdMilliseconds == -1)
    }

    @Test("Any flipped bit and any cut of a segment header is refused")
    func headerDamage() throws {
        let header = try Fixture.segmentHeader()
        let accepted = acceptedFlips(of: header.encoded, original: header) { bytes throws(FormatError) in
            try SegmentHeader(decoding: bytes)
        }
        #expect(accepted == [])
        for length in 0..<256 {
            #expect(throws: FormatError.truncated) { try SegmentHeader(decoding: Array(header.encoded.prefix(length))) }
        }
    }

    @Test("A header whose key is not the site's is refused")
    func foreignKey() throws {
        var header = try Fixture.segmentHeader()
        header.key = try #require(SitePublicKey([UInt8](repeating: 3, count: 32)))
        #expect(throws: FormatError.key) { try SegmentHeader(decoding: header.encoded) }
    }

    @Test("A predecessor may hold nothing, but not begin after its successor, and ends behind its own header")
    func predecessor() throws {
        var header = try Fixture.segmentHeader()
        header.previous.position = 9
        header.predecessor = .init(firstPosition: 10, endOffsetBytes: 256)
        #expect(try SegmentHeader(decoding: header.encoded) == header)
        header.predecessor = .init(firstPosition: 11, endOffsetBytes: 256)
        #expect(throws: FormatError.inconsistent) { try SegmentHeader(decoding: header.encoded) }
        header.predecessor = .init(firstPosition: 5, endOffsetBytes: 255)
        #expect(throws: FormatError.inconsistent) { try SegmentHeader(decoding: header.encoded) }
    }

    // MARK: - Raw

    @Test("The published raw segment is read block by block to its end")
    func raw() throws {
        let vector = try vector()
        let header = try SegmentHeader(decoding: vector.raw.bytes)
        let file = vector.raw.bytes
        var inflater = Inflater()
        var head = header.previous
        var offset = 256
        for expected in vector.blockOffsets {
            #expect(offset == Int(expected))
            let found = try SegmentScan.block(in: file, at: offset, bufferOffsetBytes: 0, salt: header.salt)
            #expect(found.place.durableOffsetBytes == expected)
            let range = Int(found.blockOffsetBytes)..<Int(found.endOffsetBytes)
            let block = try Block(decoding: Array(file[range]))
            head = try block.verified(after: head, using: &inflater)
            var again: [UInt8] = []
            found.place.encode(block, salt: header.salt, into: &again)
            #expect(again == Array(vector.raw.bytes[offset..<range.upperBound]))
            offset = range.upperBound
        }
        #expect(offset == Int(vector.rawEnd))
        #expect(head == FeedHead(position: 40, digest: try #require(ChainDigest(vector.digest.bytes))))
        #expect(SegmentScan.lastNonZero(in: file, from: offset) == nil)
        #expect(
            SegmentScan.nextBlock(in: file, from: offset, bufferOffsetBytes: 0, salt: header.salt) == nil
        )
    }

    @Test(
        "A block is valid at its own place only: not elsewhere, not under another salt, not with any bit changed",
        arguments: [true, false]
    )
    func place(endsCommit: Bool) throws {
        let block = try Block.plain(Fixture.entries(3), after: Fixture.start()).blocks[0]
        var bytes: [UInt8] = []
        BlockPlace(offsetBytes: 4_096, durableOffsetBytes: 256, endsCommit: endsCommit)
            .encode(block, salt: 99, into: &bytes)
        #expect(Array(bytes[..<4]) == Array((endsCommit ? "AbB1" : "AbB+").utf8))
        let decode = { (bytes: [UInt8], offset: UInt64, salt: UInt64) throws(FormatError) in
            try SegmentScan.block(in: bytes, at: 0, bufferOffsetBytes: offset, salt: salt)
        }
        let found = try decode(bytes, 4_096, 99)
        #expect(found.header == block.header)
        #expect(found.place.endsCommit == endsCommit)
        #expect(found.endOffsetBytes == 4_096 + UInt64(bytes.count))
        for offset in [0, 255, 4_095, 4_097, 8_192, UInt64.max - 5_000] {
            #expect(throws: FormatError.self) { _ = try decode(bytes, offset, 99) }
        }
        for bit in 0..<64 {
            #expect(throws: FormatError.checksum) { _ = try decode(bytes, 4_096, 99 ^ (1 << UInt64(bit))) }
        }
        let accepted = acceptedFlips(of: bytes, original: found) { flipped throws(FormatError) in
            try decode(flipped, 4_096, 99)
        }
        #expect(accepted == [])
        for length in 0..<bytes.count {
            #expect(throws: FormatError.truncated) { _ = try decode(Array(bytes.prefix(length)), 4_096, 99) }
        }
    }

    @Test("The next valid block is found behind damage of any length, and never one of another file")
    func nextBlock() throws {
        let (first, second) = try twoBlocks()
        for gap in [0, 1, 7, 8, 9, 63, 500] {
            var numbers = SeededNumbers(seed: UInt64(gap))
            var file = [UInt8](repeating: 0, count: 256) + place(first, at: 256, durable: 256)
            // Damage full of half magics, then a copy of the first block where it does not belong.
            for _ in 0..<gap { file.append(Bool.random(using: &numbers) ? 0x41 : 0x62) }
            file += place(first, at: 256, durable: 256)
            let offset = file.count
            file += place(second, at: UInt64(offset), durable: 300) + [0, 0, 0]
            let end = try SegmentScan.block(in: file, at: 256, bufferOffsetBytes: 0, salt: 1).endOffsetBytes
            let found = try #require(
                SegmentScan.nextBlock(in: file, from: Int(end), bufferOffsetBytes: 0, salt: 1)
            )
            #expect(found.place == BlockPlace(offsetBytes: UInt64(offset), durableOffsetBytes: 300))
            #expect(found.header == second.header)
            #expect(SegmentScan.nextBlock(in: file, from: Int(end), bufferOffsetBytes: 0, salt: 2) == nil)
            #expect(SegmentScan.lastNonZero(in: file, from: Int(end)).map { $0 < file.count - 3 } == true)
        }
    }

    @Test("The last byte that is not zero is found wherever it is")
    func lastNonZero() {
        for length in 0..<40 {
            var bytes = [UInt8](repeating: 0, count: length)
            for start in 0...length {
                #expect(SegmentScan.lastNonZero(in: bytes, from: start) == nil)
                for place in 0..<length {
                    bytes[place] = 1
                    let found = SegmentScan.lastNonZero(in: bytes, from: start)
                    #expect(found == (place >= start ? place : nil))
                    bytes[place] = 0
                }
            }
        }
    }

    // MARK: - Sealed

    @Test("The published sealed segment reads entry by entry through its index")
    func sealedVector() throws {
        let vector = try vector()
        try check(vector.sealed.bytes, entries: vector.entries.map(\.bytes), rawEnd: vector.rawEnd, blocks: 2)
    }

    @Test("Sealing keeps every entry and the digest, and packs small blocks together", arguments: [1, 2, 60, 3_000])
    func sealing(count: Int) throws {
        let entries = Fixture.entries(count, seed: UInt64(count))
        var head = try Fixture.start()
        var builder = SealedSegmentBuilder(sealing: try Fixture.segmentHeader())
        var file = builder.start
        for chunk in stride(from: 0, to: count, by: 3) {
            let (blocks, _) = try Block.plain(Array(entries[chunk..<min(chunk + 3, count)]), after: head)
            for block in blocks {
                file += try builder.append(block)
                head = block.header.head
            }
        }
        file += try builder.finish(rawEndOffsetBytes: 77_777)
        #expect(builder.head == head)
        #expect(UInt64(file.count) == builder.lengthBytes)
        let rawBytes = entries.reduce(0) { $0 + $1.count + 4 }
        try check(file, entries: entries, rawEnd: 77_777, blocks: rawBytes / Limits.blockRawBytes + 1)
        if count > 1_000 { #expect(file.count * 2 < rawBytes) }
    }

    @Test("Full compressed blocks are kept byte for byte between others")
    func sealingKeeps() throws {
        let entries = Fixture.entries(1_200)
        var deflater = Deflater()
        let packed = try Block.plain(entries, after: Fixture.start()).blocks
        var builder = SealedSegmentBuilder(sealing: try Fixture.segmentHeader())
        var file = builder.start
        var kept: [Block] = []
        for (number, block) in packed.enumerated() {
            let given = number == 1 ? block : block.deflated(using: &deflater)
            if number == 0 { kept.append(given) }
            file += try builder.append(given)
        }
        file += try builder.finish(rawEndOffsetBytes: 256)
        #expect(try Block(decoding: Array(file[256...])) == kept[0])
        try check(file, entries: entries, rawEnd: 256, blocks: packed.count)
    }

    @Test("What is not the feed is not sealed, nor is nothing")
    func sealingRefuses() throws {
        let (first, second) = try twoBlocks()
        var gap = SealedSegmentBuilder(sealing: try Fixture.segmentHeader())
        #expect(throws: FormatError.notNext) { _ = try gap.append(second) }
        var twice = SealedSegmentBuilder(sealing: try Fixture.segmentHeader())
        _ = try twice.append(first)
        #expect(throws: FormatError.notNext) { _ = try twice.append(first) }
        var none = SealedSegmentBuilder(sealing: try Fixture.segmentHeader())
        #expect(throws: FormatError.empty) { _ = try none.finish(rawEndOffsetBytes: 256) }
    }

    @Test("Any flipped bit of footer or index is refused")
    func sealedDamage() throws {
        let vector = try vector()
        let file = vector.sealed.bytes
        let header = try SegmentHeader(decoding: file)
        let length = UInt64(file.count)
        let footerBytes = Array(file.suffix(SealedFooter.lengthBytes))
        let footer = try SealedFooter(decoding: footerBytes, header: header, fileLengthBytes: length)
        let flips = acceptedFlips(of: footerBytes, original: footer) { bytes throws(FormatError) in
            try SealedFooter(decoding: bytes, header: header, fileLengthBytes: length)
        }
        #expect(flips == [])
        let indexBytes = Array(file[Int(footer.indexRange.lowerBound)..<Int(footer.indexRange.upperBound)])
        let index = try SealedIndex(decoding: indexBytes, footer: footer, header: header)
        let indexFlips = acceptedFlips(of: indexBytes, original: index) { bytes throws(FormatError) in
            try SealedIndex(decoding: bytes, footer: footer, header: header)
        }
        #expect(indexFlips == [])
        for other in [length - 1, length + 1, 0, UInt64.max] {
            #expect(throws: FormatError.inconsistent) {
                try SealedFooter(decoding: footerBytes, header: header, fileLengthBytes: other)
            }
        }
    }

    /// Reads a sealed file as a reader does: footer, index, then single entries through the index.
    private func check(_ file: [UInt8], entries: [[UInt8]], rawEnd: UInt64, blocks: Int) throws {
        let header = try SegmentHeader(decoding: file)
        #expect(header.kind == .sealed)
        let footer = try SealedFooter(
            decoding: Array(file.suffix(SealedFooter.lengthBytes)),
            header: header,
            fileLengthBytes: UInt64(file.count)
        )
        #expect(footer.entryCount == UInt64(entries.count))
        #expect(footer.rawEndOffsetBytes == rawEnd)
        #expect(footer.rawBytes == UInt64(entries.reduce(0) { $0 + $1.count + 4 }))
        let range = Int(footer.indexRange.lowerBound)..<Int(footer.indexRange.upperBound)
        let index = try SealedIndex(decoding: Array(file[range]), footer: footer, header: header)
        #expect(index.rows.count <= blocks + 1)
        var inflater = Inflater()
        var chain = FeedChain(continuing: header.previous)
        for (offset, expected) in entries.enumerated() {
            let position = UInt64(offset + 1)
            let digest = chain.append(expected)
            let row = try #require(index.rows.last { $0.firstPosition <= position })
            let block = try Block(
                decoding: Array(file[Int(row.offsetBytes)..<Int(row.offsetBytes) + Int(row.lengthBytes)])
            )
            var found: [UInt8]?
            var foundDigest: ChainDigest?
            try block.forEachEntry(after: row.previous, using: &inflater) { current, digest, entry in
                if current == position {
                    found = unsafe entry.withUnsafeBytes { unsafe [UInt8]($0) }
                    foundDigest = digest
                }
                return current < position
            }
            #expect(found == expected)
            #expect(foundDigest == digest)
        }
        #expect(footer.head == chain.head)
    }

    private func twoBlocks() throws -> (Block, Block) {
        let first = try Block.plain(Fixture.entries(2), after: Fixture.start()).blocks[0]
        return (first, try Block.plain(Fixture.entries(2, seed: 2), after: first.header.head).blocks[0])
    }

    private func place(_ block: Block, at offset: UInt64, durable: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        BlockPlace(offsetBytes: offset, durableOffsetBytes: durable).encode(block, salt: 1, into: &bytes)
        return bytes
    }
}
