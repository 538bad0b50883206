/// Turns the blocks of a closed raw segment into the bytes of a sealed one, piece by piece.
///
/// Small plain blocks, one for each commit, become full deflate blocks; blocks that came compressed and full are kept
/// as they are. What the blocks say of the chain is believed: the file made proves itself, for its chain runs from the
/// first head to the last over what was written, and whoever seals reads it back and checks that.
package struct SealedSegmentBuilder: ~Copyable {
    /// The head after the last entry taken.
    package private(set) var head: FeedHead
    /// Bytes given out so far.
    package var lengthBytes: UInt64 { packed.lengthBytes }

    private let header: SegmentHeader
    private var inflater = Inflater()
    private var packed: Packed

    /// - Parameters:
    ///   - raw: Header of the raw segment.
    ///   - level: Of deflate, 1 to 9.
    package init(sealing raw: SegmentHeader, level: Int32 = Deflater.defaultLevel) {
        header = raw
        head = raw.previous
        packed = Packed(after: raw.previous, level: level)
    }

    /// The first bytes of the file.
    package var start: [UInt8] {
        var sealed = header
        sealed.kind = .sealed
        return sealed.encoded
    }

    /// Takes the next block of the raw segment.
    ///
    /// - Returns: Bytes to write next; often none.
    /// - Throws: `.notNext`; as ``Block/forEachEntry(using:_:)``. The builder is of no use then.
    /// - Complexity: One copy of the entries; those of a block that has to be cut are hashed up to the cut.
    package mutating func append(_ block: Block) throws(FormatError) -> [UInt8] {
        guard block.header.firstPosition == head.position + 1 else { throw .notNext }
        if block.isWorthKeeping {
            packed.keep(block, after: head)
        } else {
            try Self.pack(block, after: head, into: &packed, using: &inflater)
        }
        head = block.header.head
        return packed.takeBytes()
    }

    private static func pack(
        _ block: Block,
        after head: FeedHead,
        into packed: inout Packed,
        using inflater: inout Inflater
    ) throws(FormatError) {
        try block.withRaw(using: &inflater) { raw throws(FormatError) in
            try packed.append(raw, of: block.header, after: head)
        }
    }

    /// Ends the file.
    ///
    /// - Parameter rawEndOffsetBytes: Where the last block ended in the raw file.
    /// - Returns: The last bytes to write: what is left of the blocks, index and footer.
    /// - Throws: `.empty` when no block was taken.
    package mutating func finish(rawEndOffsetBytes: UInt64) throws(FormatError) -> [UInt8] {
        packed.emitPending()
        guard !packed.rows.isEmpty else { throw .empty }
        let indexOffset = packed.lengthBytes
        var bytes = packed.takeBytes()
        let indexStart = bytes.count
        SealedIndex(rows: packed.rows).encode(into: &bytes)
        let checksum = Checksum.of(unsafe bytes.span.bytes.extracting(indexStart..<bytes.count))
        let footer = SealedFooter(
            indexOffsetBytes: indexOffset,
            blockCount: UInt32(packed.rows.count),
            indexChecksum: checksum,
            rawBytes: packed.rawBytes,
            rawEndOffsetBytes: rawEndOffsetBytes,
            header: header,
            head: head
        )
        bytes.append(contentsOf: footer.encoded)
        packed.lengthBytes += UInt64(bytes.count - indexStart)
        return bytes
    }

    /// The sealed blocks made so far.
    private struct Packed: ~Copyable {
        var rows: [SealedIndex.Row] = []
        var rawBytes: UInt64 = 0
        /// Of the file, with what ``takeBytes()`` has not given out yet.
        var lengthBytes = UInt64(SegmentHeader.lengthBytes)

        private var bytes: [UInt8] = []
        private var builder: BlockBuilder
        private var pendingSince: FeedHead
        private var deflater: Deflater

        init(after head: FeedHead, level: Int32) {
            builder = BlockBuilder(after: head)
            pendingSince = head
            deflater = Deflater(level: level)
        }

        /// Takes the entries of a block, which are cut between two of them where the pending ones leave no more room.
        mutating func append(_ raw: RawSpan, of header: BlockHeader, after head: FeedHead) throws(FormatError) {
            let room = Limits.blockRawBytes - builder.rawLengthBytes
            var cut = 0
            if raw.byteCount > room {
                // Only here the digest in the middle of a block is needed, and nobody has written it down.
                var chain = FeedChain(continuing: head)
                try header.walk(raw) { _, framed in
                    guard cut + framed.byteCount <= room else { return false }
                    cut += framed.byteCount
                    _ = chain.append(framed: framed)
                    return true
                }
                if cut > 0 { builder.append(raw.extracting(0..<cut), reaching: chain.head) }
                emitPending()
            }
            builder.append(raw.extracting(cut..<raw.byteCount), reaching: header.head)
        }

        /// Takes a block as it is.
        mutating func keep(_ block: Block, after head: FeedHead) {
            emitPending()
            emit(block, after: head)
            builder = BlockBuilder(after: block.header.head)
            pendingSince = block.header.head
        }

        mutating func emitPending() {
            guard let block = builder.finish(using: &deflater) else { return }
            emit(block, after: pendingSince)
            pendingSince = block.header.head
        }

        mutating func takeBytes() -> [UInt8] {
            defer { bytes = [] }
            return bytes
        }

        private mutating func emit(_ block: Block, after previous: FeedHead) {
            rows.append(
                SealedIndex.Row(
                    offsetBytes: lengthBytes,
                    lengthBytes: UInt32(block.header.encodedLengthBytes),
                    rawLengthBytes: block.header.rawLengthBytes,
                    previous: previous
                )
            )
            rawBytes += UInt64(block.header.rawLengthBytes)
            lengthBytes += UInt64(block.header.encodedLengthBytes)
            block.encode(into: &bytes)
        }
    }
}

extension Block {
    /// Compressed and at least three quarters full: packing it anew would gain next to nothing.
    fileprivate var isWorthKeeping: Bool {
        guard case .deflate = header.method else { return false }
        return Int(header.rawLengthBytes) * 4 >= Limits.blockRawBytes * 3
    }
}
