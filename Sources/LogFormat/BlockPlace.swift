/// What binds a block to its place in a raw segment. Lies before the block there and never travels.
///
/// The checksum covers the segment's salt, the file offset, the durable offset and the block's header. A block copied,
/// misdirected or left over from elsewhere therefore fails here, whatever it was worth there. The durable offset lets
/// recovery tell a torn tail from damage: a valid block that knew bytes to be durable beyond a bad place proves damage.
///
/// ## Layout (16 bytes, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | magic `AbB1` |
/// | 4 | 4 | CRC-32 over salt (8), file offset of this prefix (8), durable offset (8), block header (64) |
/// | 8 | 8 | durable offset: the file was synced up to here when the block was written |
package struct BlockPlace: Hashable, Sendable {
    /// File offset of the prefix.
    package var offsetBytes: UInt64
    /// The file was synced up to here when the block was encoded; at most ``offsetBytes``.
    package var durableOffsetBytes: UInt64

    package static let lengthBytes = 16
    static let magic: UInt32 = 0x3142_6241

    /// - Precondition: `durableOffsetBytes` is at most `offsetBytes`.
    package init(offsetBytes: UInt64, durableOffsetBytes: UInt64) {
        precondition(durableOffsetBytes <= offsetBytes, "what is not written yet can not be durable")
        self.offsetBytes = offsetBytes
        self.durableOffsetBytes = durableOffsetBytes
    }

    /// Appends prefix and block as they lie in a segment.
    package func encode(_ block: Block, salt: UInt64, into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + Self.lengthBytes + block.header.encodedLengthBytes)
        let start = bytes.count
        bytes.append(littleEndian: Self.magic)
        bytes.append(zeros: 4)
        bytes.append(littleEndian: durableOffsetBytes)
        block.encode(into: &bytes)
        let header = start + Self.lengthBytes..<start + Self.lengthBytes + BlockHeader.lengthBytes
        let checksum = checksum(of: unsafe bytes.span.bytes.extracting(header), salt: salt)
        for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
    }

    /// Reads prefix and block header at the start of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: From the prefix on; at least 80 bytes.
    ///   - offsetBytes: Where in the file `bytes` begin.
    ///   - salt: The segment's.
    /// - Returns: What binds the block to its place, and the block's header.
    /// - Throws: `.truncated`, `.magic`, `.checksum`, `.inconsistent`, and what ``BlockHeader/init(decoding:)`` throws.
    package static func decode(
        _ bytes: RawSpan,
        offsetBytes: UInt64,
        salt: UInt64
    ) throws(FormatError) -> (place: BlockPlace, header: BlockHeader) {
        guard bytes.byteCount >= lengthBytes + BlockHeader.lengthBytes else { throw .truncated }
        guard bytes.uint32(at: 0) == magic else { throw .magic }
        let durable = bytes.uint64(at: 8)
        guard durable <= offsetBytes else { throw .inconsistent }
        let place = BlockPlace(offsetBytes: offsetBytes, durableOffsetBytes: durable)
        let header = bytes.extracting(lengthBytes..<lengthBytes + BlockHeader.lengthBytes)
        guard place.checksum(of: header, salt: salt) == bytes.uint32(at: 4) else { throw .checksum }
        return (place, try BlockHeader(decoding: header))
    }

    private func checksum(of header: RawSpan, salt: UInt64) -> UInt32 {
        var checksum = Checksum()
        checksum.add(salt)
        checksum.add(offsetBytes)
        checksum.add(durableOffsetBytes)
        checksum.add(header)
        return checksum.value
    }
}
