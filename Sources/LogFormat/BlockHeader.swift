/// What a block says of itself before its bytes.
///
/// ## Layout (64 bytes, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | position of the first entry, from 1 |
/// | 8 | 4 | number of entries, from 1 |
/// | 12 | 4 | raw length: entries with their length fields, 5 to 32768 |
/// | 16 | 4 | stored length, 1 to raw length |
/// | 20 | 1 | method: 0 plain, 1 deflate (RFC 1951) |
/// | 21 | 1 | preset dictionary, 0 none |
/// | 22 | 2 | zero |
/// | 24 | 4 | CRC-32 of the stored bytes |
/// | 28 | 32 | chain digest after the last entry |
/// | 60 | 4 | CRC-32 of bytes 0 to 59 |
package struct BlockHeader: Hashable, Sendable {
    /// Position of the first entry, from 1.
    package var firstPosition: UInt64
    /// Number of entries, from 1.
    package var count: UInt32
    /// Length of the entries with their length fields before compression.
    package var rawLengthBytes: UInt32
    /// Length of the bytes that follow the header.
    package var storedLengthBytes: UInt32
    /// How the entries are stored.
    package var method: Method
    /// CRC-32 of the stored bytes.
    package var storedChecksum: UInt32
    /// The chain digest after the last entry.
    package var digest: ChainDigest

    package static let lengthBytes = 64
    /// Where the digest lies in it.
    package static let digestOffsetBytes = 28

    /// How the entries of a block are stored.
    package enum Method: Hashable, Sendable {
        /// As they are.
        case plain
        /// As one raw deflate stream that begins with the numbered preset dictionary; 0 is none.
        case deflate(dictionary: UInt8)
    }

    package init(
        firstPosition: UInt64,
        count: UInt32,
        rawLengthBytes: UInt32,
        storedLengthBytes: UInt32,
        method: Method,
        storedChecksum: UInt32,
        digest: ChainDigest
    ) {
        self.firstPosition = firstPosition
        self.count = count
        self.rawLengthBytes = rawLengthBytes
        self.storedLengthBytes = storedLengthBytes
        self.method = method
        self.storedChecksum = storedChecksum
        self.digest = digest
    }

    /// Position of the last entry.
    package var lastPosition: UInt64 { firstPosition + UInt64(count) - 1 }

    /// The feed's head after this block, if its chain holds.
    package var head: FeedHead { FeedHead(position: lastPosition, digest: digest) }

    /// Header and stored bytes together.
    package var encodedLengthBytes: Int { Self.lengthBytes + Int(storedLengthBytes) }

    /// Reads a header at the start of `bytes` and checks all that can be checked without the stored bytes.
    ///
    /// - Throws: `.truncated`, `.checksum`, `.reservedNotZero`, `.unsupportedFeature`, `.position`, `.empty`, `.tooLarge`,
    ///   `.inconsistent`. After success every length is within ``Limits``.
    package init(decoding bytes: RawSpan) throws(FormatError) {
        guard bytes.byteCount >= Self.lengthBytes else { throw .truncated }
        guard Checksum.of(bytes.extracting(0..<60)) == bytes.uint32(at: 60) else { throw .checksum }
        guard bytes.uint16(at: 22) == 0 else { throw .reservedNotZero }
        switch (bytes.uint8(at: 20), bytes.uint8(at: 21)) {
        case (0, 0): method = .plain
        case (1, let dictionary): method = .deflate(dictionary: dictionary)
        default: throw .unsupportedFeature
        }
        firstPosition = bytes.uint64(at: 0)
        count = bytes.uint32(at: 8)
        rawLengthBytes = bytes.uint32(at: 12)
        storedLengthBytes = bytes.uint32(at: 16)
        storedChecksum = bytes.uint32(at: 24)
        digest = bytes.digest(at: Self.digestOffsetBytes)
        guard count > 0 else { throw .empty }
        guard rawLengthBytes <= Limits.blockRawBytes else { throw .tooLarge }
        guard (1...Limits.position).contains(firstPosition), UInt64(count) - 1 <= Limits.position - firstPosition
        else { throw .position }
        // An entry is a length field and at least one byte.
        guard UInt64(count) * 5 <= UInt64(rawLengthBytes) else { throw .inconsistent }
        switch method {
        case .plain: guard storedLengthBytes == rawLengthBytes else { throw .inconsistent }
        case .deflate: guard (1...rawLengthBytes).contains(storedLengthBytes) else { throw .inconsistent }
        }
    }

    /// Appends the 64 bytes.
    package func encode(into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(littleEndian: firstPosition)
        bytes.append(littleEndian: count)
        bytes.append(littleEndian: rawLengthBytes)
        bytes.append(littleEndian: storedLengthBytes)
        switch method {
        case .plain:
            bytes.append(0)
            bytes.append(0)
        case .deflate(let dictionary):
            bytes.append(1)
            bytes.append(dictionary)
        }
        bytes.append(zeros: 2)
        bytes.append(littleEndian: storedChecksum)
        bytes.append(digest)
        bytes.append(littleEndian: Checksum.of(unsafe bytes.span.bytes.extracting(start..<start + 60)))
    }
}
