import LogFormat
import TestSupport
import Testing

@Suite("Block")
struct BlockTests {
    private struct Vector: Decodable {
        var name: String
        var after: UInt64
        var afterDigest, encoded, digest: Hex
        var entries: [Hex]
    }

    private struct Refusal: Decodable {
        var name, error: String
        var encoded: Hex
    }

    private func entries(of block: Block, after head: FeedHead) throws -> [[UInt8]] {
        var inflater = Inflater()
        var entries: [[UInt8]] = []
        try block.forEachEntry(after: head, using: &inflater) { _, _, entry in
            entries.append(unsafe entry.withUnsafeBytes { unsafe [UInt8]($0) })
            return true
        }
        return entries
    }

    @Test("Published blocks decode to their entries, prove themselves, and plain ones encode to the same bytes")
    func vectorsAgree() throws {
        let all = try vectors("blocks.json", as: [Vector].self)
        #expect(all.count >= 6)
        for vector in all {
            let head = FeedHead(position: vector.after, digest: try #require(ChainDigest(vector.afterDigest.bytes)))
            let block = try Block(decoding: vector.encoded.bytes)
            #expect(block.encoded == vector.encoded.bytes, "\(vector.name)")
            #expect(try entries(of: block, after: head) == vector.entries.map(\.bytes), "\(vector.name)")
            var inflater = Inflater()
            let end = try block.verified(after: head, using: &inflater)
            #expect(end.digest.bytes == vector.digest.bytes)
            #expect(end.position == vector.after + UInt64(vector.entries.count))
            if block.header.method == .plain {
                let made = try Block.plain(vector.entries.map(\.bytes), after: head)
                #expect(made.blocks.map(\.encoded) == [vector.encoded.bytes], "\(vector.name)")
                #expect(made.digests.last == end.digest)
            }
        }
    }

    @Test("Published bad blocks are refused for the published reason")
    func refusalsAgree() throws {
        for refusal in try vectors("refused-blocks.json", as: [Refusal].self) {
            do {
                _ = try Block(decoding: refusal.encoded.bytes)
                Issue.record("\(refusal.name) was taken")
            } catch {
                #expect(
                    "\(error)" == FormatError.allCases.first { $0.name == refusal.error }?.description,
                    "\(refusal.name)"
                )
            }
        }
    }

    @Test("Blocks with bad contents decode but never prove themselves")
    func contentsRefused() throws {
        for refusal in try vectors("refused-contents.json", as: [Refusal].self) {
            let block = try Block(decoding: refusal.encoded.bytes)
            var inflater = Inflater()
            do {
                _ = try block.verified(after: try Fixture.start(), using: &inflater)
                Issue.record("\(refusal.name) was taken")
            } catch {
                #expect(
                    "\(error)" == FormatError.allCases.first { $0.name == refusal.error }?.description,
                    "\(refusal.name)"
                )
            }
        }
    }

    @Test("Entries of every length near the limits come back", arguments: [1, 2, 3, 4, 5, 16_383, 16_384])
    func lengths(length: Int) throws {
        var numbers = SeededNumbers(seed: UInt64(length))
        let given = (0..<5).map { _ in numbers.bytes(length) }
        let packed = try Block.plain(given, after: Fixture.start())
        var head = try Fixture.start()
        var taken: [[UInt8]] = []
        var inflater = Inflater()
        for block in packed.blocks {
            #expect(block.header.rawLengthBytes <= Limits.blockRawBytes)
            taken += try entries(of: block, after: head)
            head = try block.verified(after: head, using: &inflater)
        }
        #expect(taken == given)
        #expect(packed.digests.last == head.digest)
    }

    @Test("An empty entry and one beyond the limit are refused, and the builder stays usable")
    func lengthsRefused() throws {
        #expect(throws: FormatError.empty) { try Block.plain([[]], after: Fixture.start()) }
        let large = [UInt8](repeating: 0, count: Limits.entryBytes + 1)
        #expect(throws: FormatError.tooLarge) { try Block.plain([large], after: Fixture.start()) }
        var builder = BlockBuilder(after: try Fixture.start())
        #expect(builder.finish() == nil)
        #expect(throws: FormatError.empty) { _ = try builder.append(unsafe [UInt8]().span.bytes) }
        #expect(builder.head == (try Fixture.start()))
    }

    @Test("There is no position after the last")
    func lastPosition() throws {
        let end = FeedHead(position: Limits.position - 1, digest: try Fixture.start().digest)
        let last = try Block.plain([[1]], after: end)
        #expect(last.blocks[0].header.lastPosition == Limits.position)
        #expect(try Block(decoding: last.blocks[0].encoded) == last.blocks[0])
        #expect(throws: FormatError.position) { try Block.plain([[1], [2]], after: end) }
        var inflater = Inflater()
        let head = FeedHead(position: UInt64.max, digest: end.digest)
        #expect(throws: FormatError.notNext) { _ = try last.blocks[0].verified(after: head, using: &inflater) }
    }

    @Test("Any single flipped bit of an encoded block is refused", arguments: [false, true])
    func bitFlips(isDeflated: Bool) throws {
        var deflater = Deflater()
        let plain = try Block.plain(Fixture.entries(12), after: Fixture.start()).blocks[0]
        let block = isDeflated ? plain.deflated(using: &deflater) : plain
        #expect((block.header.method != .plain) == isDeflated)
        let accepted = acceptedFlips(of: block.encoded, original: block) { bytes throws(FormatError) in
            try Block(decoding: bytes)
        }
        #expect(accepted == [])
    }

    @Test("A block cut at any byte is refused")
    func truncations() throws {
        let bytes = try Block.plain(Fixture.entries(9), after: Fixture.start()).blocks[0].encoded
        for length in 0..<bytes.count {
            #expect(throws: FormatError.truncated) { try Block(decoding: Array(bytes.prefix(length))) }
        }
        #expect(try Block(decoding: bytes + [1, 2, 3]).encoded == bytes)
        #expect(throws: FormatError.self) { try Block.decodeAll(bytes + [1, 2, 3]) }
    }

    @Test("Random bytes with a right header checksum never trap, whatever the lengths say", arguments: 0..<4)
    func randomHeaders(seed: Int) throws {
        var numbers = SeededNumbers(seed: UInt64(seed))
        var inflater = Inflater()
        var decoded = 0
        for _ in 0..<20_000 {
            var bytes = numbers.bytes(64 + Int.random(in: 0..<64, using: &numbers))
            // Small numbers most of the time, so that the later checks are reached as well.
            for range in [1..<8, 9..<12, 13..<16, 17..<20, 20..<24] where Bool.random(using: &numbers) {
                for index in range { bytes[index] = 0 }
            }
            if Bool.random(using: &numbers) { bytes[20] = 1 }
            if Bool.random(using: &numbers) { bytes.replaceSubrange(16..<20, with: little(UInt32(bytes.count - 64))) }
            bytes.replaceSubrange(24..<28, with: little(Checksum.of(Array(bytes[64...]))))
            bytes.replaceSubrange(60..<64, with: little(Checksum.of(Array(bytes[0..<60]))))
            do {
                let block = try Block(decoding: bytes)
                decoded += 1
                let before = FeedHead(position: block.header.firstPosition - 1, digest: try Fixture.start().digest)
                #expect(throws: FormatError.self) { _ = try block.verified(after: before, using: &inflater) }
            } catch let error as FormatError {
                #expect(error != .truncated || bytes.count < 64 + 32 * 1024)
            }
        }
        #expect(decoded > 0)
    }

    @Test("The bytes of one entry can not be exchanged without the chain telling")
    func exchanged() throws {
        let head = try Fixture.start()
        let block = try Block.plain([[1, 2, 3], [4, 5, 6]], after: head).blocks[0]
        let other = try Block.plain([[1, 2, 3], [4, 5, 7]], after: head).blocks[0]
        var bytes = other.encoded
        bytes.replaceSubrange(28..<60, with: block.header.digest.bytes)
        bytes.replaceSubrange(60..<64, with: little(Checksum.of(Array(bytes[0..<60]))))
        var inflater = Inflater()
        let forged = try Block(decoding: bytes)
        #expect(throws: FormatError.chain) { _ = try forged.verified(after: head, using: &inflater) }
        let elsewhere = FeedHead(position: 0, digest: block.header.digest)
        #expect(throws: FormatError.chain) { _ = try block.verified(after: elsewhere, using: &inflater) }
        let later = FeedHead(position: 1, digest: head.digest)
        #expect(throws: FormatError.notNext) { _ = try block.verified(after: later, using: &inflater) }
    }

    @Test("Cutting a block at every position leaves the rest provable", arguments: [false, true])
    func dropping(isDeflated: Bool) throws {
        var inflater = Inflater()
        var deflater = Deflater()
        let given = Fixture.entries(20)
        let head = FeedHead(position: 100, digest: try Fixture.start().digest)
        let (blocks, digests) = try Block.plain(given, after: head)
        let block = isDeflated ? blocks[0].deflated(using: &deflater) : blocks[0]
        #expect(try block.dropping(through: 3, using: &inflater) == block)
        #expect(try block.dropping(through: 100, using: &inflater) == block)
        for position in UInt64(101)..<120 {
            let cut = FeedHead(position: position, digest: digests[Int(position - 101)])
            let rest = try #require(try block.dropping(through: position, using: &inflater))
            #expect(try Block(decoding: rest.encoded) == rest)
            #expect(try rest.verified(after: cut, using: &inflater) == block.header.head)
            #expect(try entries(of: rest, after: cut) == Array(given[Int(position - 100)...]))
        }
        #expect(try block.dropping(through: 120, using: &inflater) == nil)
        #expect(try block.dropping(through: UInt64.max, using: &inflater) == nil)
    }

    @Test("A walk that is ended early gives the head there and proves nothing")
    func endedEarly() throws {
        let head = try Fixture.start()
        let (blocks, digests) = try Block.plain(Fixture.entries(9), after: head)
        var inflater = Inflater()
        var seen = 0
        let end = try blocks[0].forEachEntry(after: head, using: &inflater) { position, digest, _ in
            seen += 1
            #expect(digest == digests[Int(position) - 1])
            return position < 4
        }
        #expect(seen == 4)
        #expect(end == FeedHead(position: 4, digest: digests[3]))
    }

    @Test("Bytes that do not compress stay plain, and a stream knows nothing of the one before")
    func compression() throws {
        var numbers = SeededNumbers(seed: 5)
        var deflater = Deflater()
        let noise = try Block.plain([numbers.bytes(4_000)], after: Fixture.start()).blocks[0]
        #expect(noise.deflated(using: &deflater) == noise)
        let text = try Block.plain(Fixture.entries(300), after: Fixture.start()).blocks[0]
        let once = text.deflated(using: &deflater)
        _ = noise.deflated(using: &deflater)
        let again = text.deflated(using: &deflater)
        var other = Deflater()
        #expect(once == again)
        #expect(once == text.deflated(using: &other))
        #expect(once.header.storedLengthBytes < text.header.storedLengthBytes)
        #expect(once.header.head == text.header.head)
    }

    @Test("Not a byte beyond the declared raw length is inflated, and the inflater goes on after")
    func bomb() throws {
        let refusals = try vectors("refused-contents.json", as: [Refusal].self)
        let bomb = try #require(refusals.first { $0.name == "deflate bomb" })
        let good = try #require(try vectors("blocks.json", as: [Vector].self).first { $0.name == "deflated texts" })
        var inflater = Inflater()
        for _ in 0..<3 {
            let block = try Block(decoding: bomb.encoded.bytes)
            #expect(throws: FormatError.inflateBeyondDeclared) {
                _ = try block.verified(after: try Fixture.start(), using: &inflater)
            }
            let after = try Block(decoding: good.encoded.bytes).verified(after: Fixture.start(), using: &inflater)
            #expect(after.digest.bytes == good.digest.bytes)
        }
    }

    private func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
}

extension FormatError {
    /// The name a vector gives it.
    var name: String {
        switch self {
        case .truncated: "truncated"
        case .checksum: "checksum"
        case .reservedNotZero: "reservedNotZero"
        case .unsupportedFeature: "unsupportedFeature"
        case .unknownDictionary: "unknownDictionary"
        case .position: "position"
        case .empty: "empty"
        case .inconsistent: "inconsistent"
        case .tooLarge: "tooLarge"
        case .deflateBroken: "deflateBroken"
        case .inflateBeyondDeclared: "inflateBeyondDeclared"
        case .chain: "chain"
        default: "not used in vectors"
        }
    }
}
