/// The head of the HEADS file: which start of the machine its slots belong to, and a counter that moves with each change.
///
/// ## Layout of the file
///
/// Units of 512 bytes, each written by one write, so that the two slots of a pair never share a sector: units 0 and 1
/// are the header twice, units `2 + 2i` and `3 + 2i` the two slots of feed `i`. ``HeadsPair`` says what of a pair holds.
///
/// ## Layout of the header (first 64 of 512 bytes, the rest zero, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `AbscHds1` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | pairs of slots that name a feed; a kill may leave one more |
/// | 16 | 16 | boot: first 16 bytes of the SHA-256 of the boot id's text |
/// | 32 | 8 | change counter, which is also the header's generation |
/// | 40 | 20 | zero |
/// | 60 | 4 | CRC-32 of bytes 0 to 59 |
package struct HeadsHeader: HeadsUnit {
    /// Which start of the machine the slots belong to; with any other they are only lower bounds.
    package var boot: BootMark
    /// Grows with every change of any slot.
    package var changeCounter: UInt64
    /// How many pairs name a feed: pairs of which nothing is left are missed by it.
    package var feedCount: Int

    /// Bytes a header or a slot occupies.
    package static let unitLengthBytes = 512
    static let magic: [UInt8] = Array("AbscHds1".utf8)

    /// - Precondition: `feedCount` is 0 to 2^32 - 1.
    package init(boot: BootMark, changeCounter: UInt64, feedCount: Int) {
        self.boot = boot
        self.changeCounter = changeCounter
        self.feedCount = feedCount
    }

    package var generation: UInt64 { changeCounter }

    /// A header of the start before is the older one of a pair, too.
    package func isSameSubject(as other: HeadsHeader) -> Bool { true }

    /// Where the header of this change counter is written.
    package var offsetBytes: UInt64 { changeCounter % 2 * UInt64(Self.unitLengthBytes) }

    /// Reads one of the two units.
    ///
    /// - Parameters:
    ///   - bytes: 512 bytes.
    ///   - index: Of no meaning for the header.
    /// - Throws: `.truncated`, `.magic`, `.checksum`, `.unsupportedVersion`, `.reservedNotZero`, `.inconsistent`, which is
    ///   also what a header of format 0 is.
    package init(decoding bytes: RawSpan, index: Int) throws(FormatError) {
        guard bytes.byteCount >= Self.unitLengthBytes else { throw .truncated }
        guard bytes.copied(0..<8) == Self.magic else { throw .magic }
        guard Checksum.of(bytes.extracting(0..<60)) == bytes.uint32(at: 60) else { throw .checksum }
        // A header of format 0 counts no feeds: what follows it is read as lower bounds, and written anew.
        guard bytes.uint32(at: 8) != 0 else { throw .inconsistent }
        guard bytes.uint32(at: 8) == 1 else { throw .unsupportedVersion }
        guard bytes.isZero(40..<60), bytes.isZero(64..<512) else { throw .reservedNotZero }
        feedCount = Int(bytes.uint32(at: 12))
        boot = BootMark(high: bytes.identifier(at: 16), low: bytes.identifier(at: 24))
        changeCounter = bytes.uint64(at: 32)
        // Nothing changes that often, so what is added to it does not overflow.
        guard changeCounter <= UInt64(Int64.max) else { throw .inconsistent }
    }

    /// The 512 bytes.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.unitLengthBytes)
        bytes.append(contentsOf: Self.magic)
        bytes.append(littleEndian: UInt32(1))
        bytes.append(littleEndian: UInt32(feedCount))
        bytes.append(identifier: boot.high)
        bytes.append(identifier: boot.low)
        bytes.append(littleEndian: changeCounter)
        bytes.append(zeros: 20)
        bytes.append(littleEndian: Checksum.of(unsafe bytes.span.bytes))
        bytes.append(zeros: Self.unitLengthBytes - bytes.count)
        return bytes
    }
}

/// One start of a machine.
package struct BootMark: Hashable, Sendable {
    let high, low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter bootID: The text of `/proc/sys/kernel/random/boot_id`, or whatever else names a start.
    package init(bootID: String) {
        let text = Array(bootID.utf8)
        (high, low) = ChainDigest(hashing: unsafe text.span.bytes).words
    }
}
