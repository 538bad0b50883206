/// What format 0 wrote otherwise, for the upgrade of a store and for nothing else.
package enum FormatZero {
    /// The bytes of a raw segment as format 1 has them, at the same places.
    ///
    /// Header and block prefixes have the same lengths in both formats; the header's version changes, and each prefix's
    /// checksum, which now covers the magic. Only what is valid in format 0 becomes valid in format 1: torn or damaged
    /// bytes stay what they are, and a later block goes on to prove that a place before it was acknowledged.
    ///
    /// - Parameter bytes: The whole file.
    /// - Returns: As many bytes; nil when they do not begin with the header of a raw segment of format 0.
    /// - Complexity: Linear; one checksum for each block's header, none of stored bytes.
    package static func upgraded(rawSegment bytes: [UInt8]) -> [UInt8]? {
        guard let salt = salt(of: bytes) else { return nil }
        var result = bytes
        result[8] = 1
        store(Checksum.of(Array(result[..<252])), in: &result, at: 252)
        var index = SegmentHeader.lengthBytes
        while index + BlockPlace.lengthBytes + BlockHeader.lengthBytes <= bytes.count {
            guard let (checksum, lengthBytes) = place(in: bytes, at: index, salt: salt) else {
                index += 1
                continue
            }
            store(checksum, in: &result, at: index + 4)
            index += lengthBytes
        }
        return result
    }

    private static func salt(of bytes: [UInt8]) -> UInt64? {
        let span = unsafe bytes.span.bytes
        guard bytes.count >= SegmentHeader.lengthBytes, span.copied(0..<8) == SegmentHeader.magic,
            Checksum.of(span.extracting(0..<252)) == span.uint32(at: 252), span.uint16(at: 8) == 0,
            span.uint16(at: 10) == SegmentHeader.Kind.raw.rawValue
        else { return nil }
        return span.uint64(at: 80)
    }

    /// - Returns: The prefix's checksum in format 1 and the length to the next one; nil when there is no prefix valid in
    ///   format 0.
    private static func place(
        in bytes: [UInt8],
        at index: Int,
        salt: UInt64
    ) -> (checksum: UInt32, lengthBytes: Int)? {
        let span = unsafe bytes.span.bytes.extracting(index..<bytes.count)
        let place = BlockPlace(offsetBytes: UInt64(index), durableOffsetBytes: min(span.uint64(at: 8), UInt64(index)))
        guard span.uint32(at: 0) == place.magic, span.uint64(at: 8) <= UInt64(index) else { return nil }
        let header = span.extracting(BlockPlace.lengthBytes..<BlockPlace.lengthBytes + BlockHeader.lengthBytes)
        var checksum = Checksum()
        checksum.add(salt)
        checksum.add(place.offsetBytes)
        checksum.add(place.durableOffsetBytes)
        checksum.add(header)
        guard checksum.value == span.uint32(at: 4) else { return nil }
        do throws(FormatError) {
            let block = try BlockHeader(decoding: header)
            return (place.checksum(of: header, salt: salt), BlockPlace.lengthBytes + block.encodedLengthBytes)
        } catch {
            return nil
        }
    }

    private static func store(_ checksum: UInt32, in bytes: inout [UInt8], at offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
    }
}
