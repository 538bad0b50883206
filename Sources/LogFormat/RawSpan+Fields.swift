// Integers on disk and on the wire are little-endian and unaligned. The loads below are the only unsafe reads of the
// decoders; `loadUnaligned` checks its bounds, and a fixed-width integer is valid for every bit pattern.
extension RawSpan {
    func uint8(at offset: Int) -> UInt8 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }

    func uint16(at offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    func uint32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    func uint64(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Eight bytes, most significant first: identifiers, which are byte strings and not numbers.
    func identifier(at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    func digest(at offset: Int) -> ChainDigest {
        ChainDigest(
            identifier(at: offset),
            identifier(at: offset + 8),
            identifier(at: offset + 16),
            identifier(at: offset + 24)
        )
    }

    /// Site, epoch and lane in 25 bytes.
    func feed(at offset: Int) throws(FormatError) -> FeedID {
        guard let lane = Lane(rawValue: uint8(at: offset + 24)) else { throw .lane }
        return FeedID(
            site: SiteID(high: identifier(at: offset), low: identifier(at: offset + 8)),
            epoch: EpochID(value: identifier(at: offset + 16)),
            lane: lane
        )
    }

    func copied(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// True when every byte of the range is zero.
    func isZero(_ range: Range<Int>) -> Bool {
        firstNonZero(from: range.lowerBound, to: range.upperBound) == nil
    }

    /// The offset of the first byte in `start..<end` that is not zero.
    func firstNonZero(from start: Int, to end: Int) -> Int? {
        var offset = start
        while offset + 8 <= end, uint64(at: offset) == 0 { offset += 8 }
        while offset < end {
            if uint8(at: offset) != 0 { return offset }
            offset += 1
        }
        return nil
    }
}

extension Array<UInt8> {
    package mutating func append(littleEndian number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }

    mutating func append(identifier: UInt64) {
        unsafe Swift.withUnsafeBytes(of: identifier.bigEndian) { unsafe append(contentsOf: $0) }
    }

    mutating func append(_ digest: ChainDigest) {
        digest.withBytes { bytes in append(contentsOf: bytes) }
    }

    mutating func append(_ feed: FeedID) {
        append(identifier: feed.site.high)
        append(identifier: feed.site.low)
        append(identifier: feed.epoch.value)
        append(feed.lane.rawValue)
    }

    mutating func append(contentsOf bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }

    mutating func append(zeros count: Int) {
        append(contentsOf: repeatElement(0, count: count))
    }
}
