import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

/// What a store's blocks become on the wire.
@Suite("Blocks on the wire")
struct WireBlocksTests {
    private static let start = FeedHead(position: 0, digest: ChainDigest(1, 2, 3, 4))

    /// Plain blocks of eight entries of 1 KiB each.
    private func blocks(_ count: Int, ofNoise isNoise: Bool) throws -> [Block] {
        var random = SplitMix64(seed: 7)
        var builder = BlockBuilder(after: Self.start)
        return try (0..<count).compactMap { number in
            for _ in 0..<8 {
                let entry = (0..<1_024).map { index in
                    isNoise ? UInt8(truncatingIfNeeded: random.next()) : UInt8(truncatingIfNeeded: index % 64 + number)
                }
                _ = try unsafe builder.append(entry.span.bytes)
            }
            return builder.finish()
        }
    }

    /// Everything as it would go out, piece by piece.
    private func pieces(_ blocks: [Block], limitBytes: Int, blockBytes: Int) throws -> [[Block]] {
        var pieces: [[Block]] = []
        var head = Self.start
        var compressor = PieceCompressor()
        let last = try #require(blocks.last).header.lastPosition
        while head.position < last {
            var inflater = Inflater()
            let left = try blocks.compactMap { try $0.dropping(through: head.position, using: &inflater) }
            let piece = try WireBlocks.fitted(
                left,
                after: head,
                through: last,
                limitBytes: limitBytes,
                blockBytes: blockBytes,
                using: &compressor
            )
            for block in piece { head = try block.verified(after: head, using: &inflater) }
            try #require(!piece.isEmpty)
            pieces.append(piece)
        }
        #expect(head == blocks.last?.header.head)
        return pieces
    }

    @Test("Plain blocks are joined until one block is full, when they become short enough")
    func joined() throws {
        let plain = try blocks(8, ofNoise: false)
        let pieces = try pieces(plain, limitBytes: 16_384, blockBytes: 65_536)
        #expect(pieces.allSatisfy { $0.count == 1 })
        #expect(pieces.count == 3, "three times 8 KiB and their length fields go into 32 KiB, and not four times")
        #expect(pieces.allSatisfy { $0[0].header.encodedLengthBytes < 2_048 })
    }

    @Test("What does not become shorter goes in pieces as long as was asked for", arguments: [1_500, 4_096, 16_384])
    func noise(limitBytes: Int) throws {
        let plain = try blocks(8, ofNoise: true)
        for piece in try pieces(plain, limitBytes: limitBytes, blockBytes: limitBytes) {
            #expect(piece.reduce(0) { $0 + $1.header.encodedLengthBytes } <= limitBytes)
        }
    }

    @Test("As much more is read for a piece as the last one became shorter, and never more than a block holds")
    func reading() {
        var stream = SenderHalf.Stream(at: Self.start)
        #expect(stream.readBytes(for: 4_096) == 4_096)
        stream.shrinkage = 4
        #expect(stream.readBytes(for: 4_096) == 12_288)
        #expect(stream.readBytes(for: 16_384) == Limits.blockRawBytes)
        #expect(stream.readBytes(for: 65_536) == 65_536)
        stream.shrinkage = 0.9
        #expect(stream.readBytes(for: 4_096) == 4_096)
    }
}
