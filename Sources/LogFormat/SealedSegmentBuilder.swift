/// Turns the blocks of a closed raw segment into the bytes of a sealed one, piece by piece.
///
/// Small plain blocks, one for each commit, become full deflate blocks; blocks that came compressed and full are kept
/// as they are. The chain is checked on the way, so that nothing is sealed that is not the feed.
package struct SealedSegmentBuilder: ~Copyable {
    /// The head after the last entry taken.
    package private(set) var head: FeedHead
    /// Bytes given out so far.
    package private(set) var lengthBytes: UInt64

    private let header: SegmentHeader
    private var builder: BlockBuilder
    private var pendingSince: FeedHead
    private var deflater: Deflater
    private var inflater = Inflater()
    private var rows: [SealedIndex.Row] = []
    private var rawBytes: UInt64 = 0

    /// - Parameters:
    ///   - raw: Header of the raw segment.
    ///   - level: Of deflate, 1 to 9.
    package init(sealing raw: SegmentHeader, level: Int32 = Deflater.defaultLevel) {
        header = raw
        head = raw.previous
        pendingSince = raw.previous
        builder = BlockBuilder(after: raw.previous)
        deflater = Deflater(level: level)
        lengthBytes = UInt64(SegmentHeader.lengthBytes)
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
    /// - Throws: as ``Block/verified(after:using:)``. The builder is of no use then.
    package mutating func append(_ block: Block) throws(FormatError) -> [UInt8] {
        var bytes: [UInt8] = []
        if block.isWorthKeeping {
            let next = try block.verified(after: head, using: &inflater)
            emitPending(into: &bytes)
            emit(block, after: head, into: &bytes)
            head = next
            builder = BlockBuilder(after: next)
            pendingSince = next
            return bytes
        }
        var entries: [[UInt8]] = []
        entries.reserveCapacity(Int(block.header.count))
        let next = try block.forEachEntry(after: head, using: &inflater) { _, _, entry in
            entries.append(entry.copied(0..<entry.byteCount))
            return true
        }
        for entry in entries {
            if builder.isFull(for: entry.count) { emitPending(into: &bytes) }
            _ = try builder.append(unsafe entry.span.bytes)
        }
        head = next
        return bytes
    }

    /// Ends the file.
    ///
    /// - Parameter rawEndOffsetBytes: Where the last block ended in the raw file.
    /// - Returns: The last bytes to write: what is left of the blocks, index and footer.
    /// - Throws: `.empty` when no block was taken.
    package mutating func finish(rawEndOffsetBytes: UInt64) throws(FormatError) -> [UInt8] {
        var bytes: [UInt8] = []
        emitPending(into: &bytes)
        guard !rows.isEmpty else { throw .empty }
        let indexStart = bytes.count
        SealedIndex(rows: rows).encode(into: &bytes)
        let checksum = Checksum.of(unsafe bytes.span.bytes.extracting(indexStart..<bytes.count))
        let footer = SealedFooter(
            indexOffsetBytes: lengthBytes,
            blockCount: UInt32(rows.count),
            indexChecksum: checksum,
            rawBytes: rawBytes,
            rawEndOffsetBytes: rawEndOffsetBytes,
            header: header,
            head: head
        )
        bytes.append(contentsOf: footer.encoded)
        lengthBytes += UInt64(bytes.count - indexStart)
        return bytes
    }

    private mutating func emitPending(into bytes: inout [UInt8]) {
        guard let block = builder.finish(using: &deflater) else { return }
        emit(block, after: pendingSince, into: &bytes)
        pendingSince = block.header.head
    }

    private mutating func emit(_ block: Block, after previous: FeedHead, into bytes: inout [UInt8]) {
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

extension Block {
    /// Compressed and at least three quarters full: packing it anew would gain next to nothing.
    fileprivate var isWorthKeeping: Bool {
        guard case .deflate = header.method else { return false }
        return Int(header.rawLengthBytes) * 4 >= Limits.blockRawBytes * 3
    }
}
