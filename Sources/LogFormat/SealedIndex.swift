/// Where the blocks of a sealed segment lie, so that one entry costs one read and one inflate.
///
/// ## Layout (56 bytes for each block, in order, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | position of the block's first entry |
/// | 8 | 8 | file offset of the block |
/// | 16 | 4 | length of the block with its header |
/// | 20 | 4 | raw length |
/// | 24 | 32 | chain digest before the block's first entry |
///
/// The blocks lie one behind the other from offset 256 to the index. The digest before a block lets a reader prove an
/// entry against its reference without reading the block before.
package struct SealedIndex: Hashable, Sendable {
    /// One block.
    package struct Row: Hashable, Sendable {
        package var offsetBytes: UInt64
        /// With the header.
        package var lengthBytes: UInt32
        package var rawLengthBytes: UInt32
        /// The head before the block's first entry.
        package var previous: FeedHead

        package init(offsetBytes: UInt64, lengthBytes: UInt32, rawLengthBytes: UInt32, previous: FeedHead) {
            self.offsetBytes = offsetBytes
            self.lengthBytes = lengthBytes
            self.rawLengthBytes = rawLengthBytes
            self.previous = previous
        }

        package var firstPosition: UInt64 { previous.position + 1 }
    }

    /// In the order of positions, at least one.
    package let rows: [Row]

    package static let rowLengthBytes = 56

    init(rows: [Row]) {
        self.rows = rows
    }

    /// Reads an index.
    ///
    /// - Parameters:
    ///   - bytes: Exactly the index.
    ///   - footer: The footer of the same file, whose checksum and counts it must match.
    ///   - header: The header of the same file.
    /// - Throws: `.checksum`, `.inconsistent`, `.order`, `.position`, `.tooLarge`.
    package init(decoding bytes: RawSpan, footer: SealedFooter, header: SegmentHeader) throws(FormatError) {
        guard bytes.byteCount == Int(footer.blockCount) * Self.rowLengthBytes else { throw .inconsistent }
        let isTrusted = SeededBug.indexTrustedByLength.isPlanted
        guard isTrusted || Checksum.of(bytes) == footer.indexChecksum else { throw .checksum }
        var rows: [Row] = []
        rows.reserveCapacity(Int(footer.blockCount))
        var offset = UInt64(SegmentHeader.lengthBytes)
        var rawTotal: UInt64 = 0
        for start in stride(from: 0, to: bytes.byteCount, by: Self.rowLengthBytes) {
            let position = bytes.uint64(at: start)
            let row = Row(
                offsetBytes: bytes.uint64(at: start + 8),
                lengthBytes: bytes.uint32(at: start + 16),
                rawLengthBytes: bytes.uint32(at: start + 20),
                previous: FeedHead(position: position &- 1, digest: bytes.digest(at: start + 24))
            )
            guard (1...footer.head.position).contains(position) else { throw .position }
            guard row.offsetBytes == offset, Int(row.lengthBytes) > BlockHeader.lengthBytes else { throw .inconsistent }
            guard row.rawLengthBytes <= Limits.blockRawBytes,
                Int(row.lengthBytes) - BlockHeader.lengthBytes <= Int(row.rawLengthBytes)
            else { throw .tooLarge }
            if let last = rows.last {
                guard last.previous.position < row.previous.position else { throw .order }
            } else {
                guard row.previous == header.previous else { throw .inconsistent }
            }
            offset += UInt64(row.lengthBytes)
            rawTotal += UInt64(row.rawLengthBytes)
            rows.append(row)
        }
        guard offset == footer.indexOffsetBytes, isTrusted || rawTotal == footer.rawBytes else { throw .inconsistent }
        self.rows = rows
    }

    /// Appends the rows.
    package func encode(into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + rows.count * Self.rowLengthBytes)
        for row in rows {
            bytes.append(littleEndian: row.firstPosition)
            bytes.append(littleEndian: row.offsetBytes)
            bytes.append(littleEndian: row.lengthBytes)
            bytes.append(littleEndian: row.rawLengthBytes)
            bytes.append(row.previous.digest)
        }
    }
}
