/// The last 128 bytes of a sealed segment: where its index is, and what it holds.
///
/// ## Layout (128 bytes, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `AbscEnd1` |
/// | 8 | 8 | file offset of the index |
/// | 16 | 4 | number of blocks, rows of the index |
/// | 20 | 4 | CRC-32 of the index |
/// | 24 | 8 | position of the first entry |
/// | 32 | 8 | number of entries |
/// | 40 | 8 | sum of the raw lengths |
/// | 48 | 8 | where the last block ended in the raw file this was made of |
/// | 56 | 8 | salt of the segment, as in the header |
/// | 64 | 32 | chain digest after the last entry |
/// | 96 | 28 | zero |
/// | 124 | 4 | CRC-32 of bytes 0 to 123 |
///
/// A sealed segment is header (256), blocks, index, footer, and nothing between or behind.
package struct SealedFooter: Hashable, Sendable {
    package var indexOffsetBytes: UInt64
    package var blockCount: UInt32
    package var indexChecksum: UInt32
    package var firstPosition: UInt64
    package var entryCount: UInt64
    /// Entries with their length fields.
    package var rawBytes: UInt64
    /// Where the last block ended in the raw file; what the next segment's header names.
    package var rawEndOffsetBytes: UInt64
    package var salt: UInt64
    /// The head after the last entry.
    package var head: FeedHead

    package static let lengthBytes = 128
    static let magic: [UInt8] = Array("AbscEnd1".utf8)

    /// Reads the footer of a sealed segment.
    ///
    /// - Parameters:
    ///   - bytes: The last 128 bytes of the file.
    ///   - header: The file's header.
    ///   - fileLengthBytes: The file's length, which must be what header, blocks, index and footer come to.
    /// - Throws: `.truncated`, `.magic`, `.checksum`, `.reservedNotZero`, `.position`, `.empty`, `.inconsistent`.
    package init(decoding bytes: RawSpan, header: SegmentHeader, fileLengthBytes: UInt64) throws(FormatError) {
        guard bytes.byteCount >= Self.lengthBytes else { throw .truncated }
        guard bytes.copied(0..<8) == Self.magic else { throw .magic }
        guard Checksum.of(bytes.extracting(0..<124)) == bytes.uint32(at: 124) else { throw .checksum }
        guard bytes.isZero(96..<124) else { throw .reservedNotZero }
        indexOffsetBytes = bytes.uint64(at: 8)
        blockCount = bytes.uint32(at: 16)
        indexChecksum = bytes.uint32(at: 20)
        firstPosition = bytes.uint64(at: 24)
        entryCount = bytes.uint64(at: 32)
        rawBytes = bytes.uint64(at: 40)
        rawEndOffsetBytes = bytes.uint64(at: 48)
        salt = bytes.uint64(at: 56)
        guard blockCount > 0, entryCount > 0 else { throw .empty }
        guard (1...Limits.position).contains(firstPosition), entryCount - 1 <= Limits.position - firstPosition
        else { throw .position }
        head = FeedHead(position: firstPosition + (entryCount - 1), digest: bytes.digest(at: 64))
        let indexLength = UInt64(blockCount) * UInt64(SealedIndex.rowLengthBytes)
        let (end, overflow) = indexOffsetBytes.addingReportingOverflow(indexLength + UInt64(Self.lengthBytes))
        guard !overflow, end == fileLengthBytes, salt == header.salt, header.kind == .sealed,
            firstPosition == header.firstPosition
        else { throw .inconsistent }
    }

    init(
        indexOffsetBytes: UInt64,
        blockCount: UInt32,
        indexChecksum: UInt32,
        rawBytes: UInt64,
        rawEndOffsetBytes: UInt64,
        header: SegmentHeader,
        head: FeedHead
    ) {
        self.indexOffsetBytes = indexOffsetBytes
        self.blockCount = blockCount
        self.indexChecksum = indexChecksum
        self.rawBytes = rawBytes
        self.rawEndOffsetBytes = rawEndOffsetBytes
        self.head = head
        firstPosition = header.firstPosition
        entryCount = head.position - header.previous.position
        salt = header.salt
    }

    /// Where the index lies.
    package var indexRange: Range<UInt64> {
        indexOffsetBytes..<indexOffsetBytes + UInt64(blockCount) * UInt64(SealedIndex.rowLengthBytes)
    }

    /// The 128 bytes.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.lengthBytes)
        bytes.append(contentsOf: Self.magic)
        bytes.append(littleEndian: indexOffsetBytes)
        bytes.append(littleEndian: blockCount)
        bytes.append(littleEndian: indexChecksum)
        for field in [firstPosition, entryCount, rawBytes, rawEndOffsetBytes, salt] {
            bytes.append(littleEndian: field)
        }
        bytes.append(head.digest)
        bytes.append(zeros: 28)
        bytes.append(littleEndian: Checksum.of(bytes))
        return bytes
    }
}
