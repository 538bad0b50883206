/// The published head of one feed: what a reader, a peer or the next writer may believe without looking at the segment.
///
/// A writer sets ``writtenBytes`` before it writes, and ``durableBytes`` with ``stored`` after the sync has returned.
/// ``writtenBytes`` beyond ``durableBytes`` therefore means: the last writer died inside a commit, or is in one.
///
/// ## Layout (first 192 of 512 bytes, the rest zero, integers little-endian, identifiers as byte strings)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | magic `AbSl` |
/// | 4 | 4 | flags: 1 the segment is poisoned, 2 the feed is damaged |
/// | 8 | 16 | site |
/// | 24 | 8 | epoch |
/// | 32 | 1 | lane |
/// | 33 | 3 | zero |
/// | 36 | 4 | branch, 0 for the feed itself |
/// | 40 | 8 | generation |
/// | 48 | 8 | segment: position of its first entry, 0 when there is none yet |
/// | 56 | 8 | written: bytes of the segment that may hold something |
/// | 64 | 8 | durable: bytes of the segment known to be synced |
/// | 72 | 8 | stored position |
/// | 80 | 32 | digest at the stored position |
/// | 112 | 8 | attested position, at most the stored one |
/// | 120 | 32 | digest at the attested position |
/// | 152 | 36 | zero |
/// | 188 | 4 | CRC-32 of bytes 0 to 187, preceded by the feed's number in the file (8) |
package struct HeadsSlot: HeadsUnit {
    package var feed: FeedID
    /// 0 for the feed itself; others are later branches of a forked feed.
    package var branch: UInt32
    /// Grows by one with every write of the pair; 0 before the first.
    package var generation: UInt64
    /// Position of the first entry of the segment that is appended to; 0 when there is none yet.
    package var segment: UInt64
    /// Bytes of the segment that may hold something.
    package var writtenBytes: UInt64
    /// Bytes of the segment known to be synced.
    package var durableBytes: UInt64
    /// The end of what is stored and durable, chain checked.
    package var stored: FeedHead
    /// The end of what is covered by a checkpoint; for a site's own feeds equal to ``stored``.
    package var attested: FeedHead
    /// An input/output error closed the segment for ever.
    package var isPoisoned: Bool
    /// The feed has damage that is not repaired; it is not appended to.
    package var isDamaged: Bool

    package static let lengthBytes = HeadsHeader.unitLengthBytes
    static let magic: UInt32 = 0x6c53_6241

    package init(
        feed: FeedID,
        branch: UInt32 = 0,
        generation: UInt64,
        segment: UInt64,
        writtenBytes: UInt64,
        durableBytes: UInt64,
        stored: FeedHead,
        attested: FeedHead,
        isPoisoned: Bool = false,
        isDamaged: Bool = false
    ) {
        self.feed = feed
        self.branch = branch
        self.generation = generation
        self.segment = segment
        self.writtenBytes = writtenBytes
        self.durableBytes = durableBytes
        self.stored = stored
        self.attested = attested
        self.isPoisoned = isPoisoned
        self.isDamaged = isDamaged
    }

    /// Where the slot of feed number `index` with this generation is written.
    package static func offsetBytes(index: Int, generation: UInt64) -> UInt64 {
        (2 + 2 * UInt64(index) + generation % 2) * UInt64(lengthBytes)
    }

    /// Where the pair of feed number `index` begins.
    package static func pairOffsetBytes(index: Int) -> UInt64 {
        (2 + 2 * UInt64(index)) * UInt64(lengthBytes)
    }

    /// How many pairs a HEADS file of this size has, one that it ends inside of included.
    package static func pairCount(fileLengthBytes: UInt64) -> Int {
        let pair = UInt64(2 * lengthBytes)
        return fileLengthBytes <= pair ? 0 : Int((fileLengthBytes - 1) / pair)
    }

    package func isSameSubject(as other: HeadsSlot) -> Bool { feed == other.feed && branch == other.branch }

    /// Reads one slot.
    ///
    /// - Throws: `.truncated`, `.magic`, `.checksum`, `.unsupportedFeature`, `.reservedNotZero`, `.lane`, `.inconsistent`.
    package init(decoding bytes: RawSpan, index: Int) throws(FormatError) {
        guard bytes.byteCount >= Self.lengthBytes else { throw .truncated }
        guard bytes.uint32(at: 0) == Self.magic else { throw .magic }
        guard Self.checksum(of: bytes.extracting(0..<188), index: index) == bytes.uint32(at: 188) else {
            throw .checksum
        }
        let flags = bytes.uint32(at: 4)
        guard flags < 4 else { throw .unsupportedFeature }
        guard bytes.isZero(33..<36), bytes.isZero(152..<188), bytes.isZero(192..<512) else { throw .reservedNotZero }
        feed = try bytes.feed(at: 8)
        branch = bytes.uint32(at: 36)
        generation = bytes.uint64(at: 40)
        segment = bytes.uint64(at: 48)
        writtenBytes = bytes.uint64(at: 56)
        durableBytes = bytes.uint64(at: 64)
        stored = FeedHead(position: bytes.uint64(at: 72), digest: bytes.digest(at: 80))
        attested = FeedHead(position: bytes.uint64(at: 112), digest: bytes.digest(at: 120))
        isPoisoned = flags & 1 != 0
        isDamaged = flags & 2 != 0
        // No file is larger and no pair is written more often, so what is added to these does not overflow.
        guard max(writtenBytes, generation) <= UInt64(Int64.max), writtenBytes >= durableBytes,
            attested.position <= stored.position,
            stored.position <= Limits.position, segment <= Limits.position
        else { throw .inconsistent }
    }

    /// Writes the slot.
    ///
    /// - Parameter index: The feed's number in the file.
    /// - Returns: The 512 bytes.
    package func encoded(index: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.lengthBytes)
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: UInt32(isPoisoned ? 1 : 0) | (isDamaged ? 2 : 0))
        bytes.append(feed)
        bytes.append(zeros: 3)
        bytes.append(littleEndian: branch)
        for field in [generation, segment, writtenBytes, durableBytes, stored.position] {
            bytes.append(littleEndian: field)
        }
        bytes.append(stored.digest)
        bytes.append(littleEndian: attested.position)
        bytes.append(attested.digest)
        bytes.append(zeros: 36)
        bytes.append(littleEndian: Self.checksum(of: unsafe bytes.span.bytes, index: index))
        bytes.append(zeros: Self.lengthBytes - bytes.count)
        return bytes
    }

    private static func checksum(of bytes: RawSpan, index: Int) -> UInt32 {
        var checksum = Checksum()
        checksum.add(UInt64(index))
        checksum.add(bytes)
        return checksum.value
    }
}
