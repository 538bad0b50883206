/// What binds a block to its place in a raw segment. Lies before the block there and never travels.
///
/// The checksum covers the magic, the segment's salt, the file offset, the durable offset and the block's header. A block
/// copied, misdirected or left over from elsewhere therefore fails here, whatever it was worth there. The durable offset
/// lets recovery tell a torn tail from damage: a valid block that knew bytes to be durable beyond a bad place proves
/// damage. The magic says whether the commit ends with the block, so that recovery takes a commit as a whole or not at
/// all.
///
/// ## Layout (16 bytes, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | magic: `AbB1` for the last block of a commit, `AbB+` for one that more of the same commit follow |
/// | 4 | 4 | CRC-32 over magic (4), salt (8), file offset of this prefix (8), durable offset (8), block header (64) |
/// | 8 | 8 | durable offset: the file was synced up to here when the block was written, which is where its commit begins |
package struct BlockPlace: Hashable, Sendable {
    /// File offset of the prefix.
    package var offsetBytes: UInt64
    /// The file was synced up to here when the block was encoded; at most ``offsetBytes``.
    package var durableOffsetBytes: UInt64
    /// False when more blocks of the same commit follow.
    package var endsCommit: Bool

    package static let lengthBytes = 16
    /// `AbB1`, `AbB+`.
    private static let magics: (last: UInt32, followed: UInt32) = (0x3142_6241, 0x2B42_6241)

    /// - Precondition: `durableOffsetBytes` is at most `offsetBytes`.
    package init(offsetBytes: UInt64, durableOffsetBytes: UInt64, endsCommit: Bool = true) {
        precondition(durableOffsetBytes <= offsetBytes, "what is not written yet can not be durable")
        self.offsetBytes = offsetBytes
        self.durableOffsetBytes = durableOffsetBytes
        self.endsCommit = endsCommit
    }

    var magic: UInt32 { endsCommit ? Self.magics.last : Self.magics.followed }

    /// Whether a placed block may begin with these four bytes.
    static func isMagic(_ value: UInt32) -> Bool { value == magics.last || value == magics.followed }

    /// Appends prefix and block as they lie in a segment.
    package func encode(_ block: Block, salt: UInt64, into bytes: inout [UInt8]) {
        encode(block.header, unsafe block.stored.span.bytes, salt: salt, into: &bytes)
    }

    /// Appends prefix, header and stored bytes as they lie in a segment.
    func encode(_ header: BlockHeader, _ stored: RawSpan, salt: UInt64, into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(littleEndian: magic)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: durableOffsetBytes)
        header.encode(into: &bytes)
        let checksum = checksum(of: unsafe bytes.span.bytes.extracting((start + Self.lengthBytes)...), salt: salt)
        for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
        bytes.append(contentsOf: stored)
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
        let magic = bytes.uint32(at: 0)
        guard isMagic(magic) else { throw .magic }
        let durable = bytes.uint64(at: 8)
        guard durable <= offsetBytes else { throw .inconsistent }
        let place = BlockPlace(
            offsetBytes: offsetBytes,
            durableOffsetBytes: durable,
            endsCommit: magic == magics.last
        )
        let header = bytes.extracting(lengthBytes..<lengthBytes + BlockHeader.lengthBytes)
        guard place.checksum(of: header, salt: salt) == bytes.uint32(at: 4) || SeededBug.placeIgnored.isPlanted
        else { throw .checksum }
        return (place, try BlockHeader(decoding: header))
    }

    /// All of it is brought together first: a checksum over few bytes costs more for its call than for them.
    func checksum(of header: RawSpan, salt: UInt64) -> UInt32 {
        let length = 28 + BlockHeader.lengthBytes
        precondition(header.byteCount == BlockHeader.lengthBytes, "a block's header has 64 bytes")
        return unsafe withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { bytes in
            unsafe bytes.storeBytes(of: magic.littleEndian, toByteOffset: 0, as: UInt32.self)
            unsafe bytes.storeBytes(of: salt.littleEndian, toByteOffset: 4, as: UInt64.self)
            unsafe bytes.storeBytes(of: offsetBytes.littleEndian, toByteOffset: 12, as: UInt64.self)
            unsafe bytes.storeBytes(of: durableOffsetBytes.littleEndian, toByteOffset: 20, as: UInt64.self)
            unsafe header.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[28...]).copyMemory(from: $0)
            }
            return Checksum.of(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)))
        }
    }
}
