import Crypto

/// The head of the HEADS file: which start of the machine its slots belong to, and a counter that moves with each change.
///
/// ## Layout of the file
///
/// Units of 512 bytes, each written by one write, so that the two slots of a pair never share a sector: units 0 and 1
/// are the header twice, units `2 + 2i` and `3 + 2i` the two slots of feed `i`. Of a pair the valid one with the higher
/// generation holds; the other is written next.
///
/// ## Layout of the header (first 64 of 512 bytes, the rest zero, integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `AbscHds1` |
/// | 8 | 4 | version, 0 |
/// | 12 | 4 | zero |
/// | 16 | 16 | boot: first 16 bytes of the SHA-256 of the boot id's text |
/// | 32 | 8 | change counter, which is also the header's generation |
/// | 40 | 20 | zero |
/// | 60 | 4 | CRC-32 of bytes 0 to 59 |
package struct HeadsHeader: Hashable, Sendable {
    /// Which start of the machine the slots belong to; with any other they are only lower bounds.
    package var boot: BootMark
    /// Grows with every change of any slot.
    package var changeCounter: UInt64

    /// Bytes a header or a slot occupies.
    package static let unitLengthBytes = 512
    static let magic: [UInt8] = Array("AbscHds1".utf8)

    package init(boot: BootMark, changeCounter: UInt64) {
        self.boot = boot
        self.changeCounter = changeCounter
    }

    /// Where the header of this change counter is written.
    package var offsetBytes: UInt64 { changeCounter % 2 * UInt64(Self.unitLengthBytes) }

    /// Reads the header out of the first two units: the valid one with the higher counter.
    ///
    /// - Throws: What is wrong with the second when neither is valid: `.truncated`, `.magic`, `.checksum`,
    ///   `.unsupportedVersion`, `.reservedNotZero`, `.inconsistent`.
    package init(decodingPair bytes: RawSpan) throws(FormatError) {
        let unit = Self.unitLengthBytes
        guard bytes.byteCount >= 2 * unit else { throw .truncated }
        var best: HeadsHeader?
        do {
            best = try HeadsHeader(decoding: bytes.extracting(0..<unit))
        } catch .unsupportedVersion {
            throw .unsupportedVersion
        } catch {
            // The other one decides.
            best = nil
        }
        do {
            let second = try HeadsHeader(decoding: bytes.extracting(unit..<2 * unit))
            if let first = best, first.changeCounter > second.changeCounter { self = first } else { self = second }
        } catch {
            guard let first = best, error != .unsupportedVersion else { throw error }
            self = first
        }
    }

    init(decoding bytes: RawSpan) throws(FormatError) {
        guard bytes.byteCount >= Self.unitLengthBytes else { throw .truncated }
        guard bytes.copied(0..<8) == Self.magic else { throw .magic }
        guard Checksum.of(bytes.extracting(0..<60)) == bytes.uint32(at: 60) else { throw .checksum }
        guard bytes.uint32(at: 8) == 0 else { throw .unsupportedVersion }
        guard bytes.isZero(12..<16), bytes.isZero(40..<60), bytes.isZero(64..<512) else { throw .reservedNotZero }
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
        bytes.append(zeros: 8)
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
        var hasher = SHA256()
        let text = Array(bootID.utf8)
        unsafe text.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        (high, low) = ChainDigest(hasher.finalize()).words
    }
}
