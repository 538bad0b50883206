/// Finds blocks in a piece of a raw segment, whatever state the segment is in.
///
/// The caller reads; this only looks. Nothing here decides what a bad place means: recovery does, with ``nextBlock`` and
/// ``lastNonZero`` as its witnesses.
package enum SegmentScan {
    /// A block found at its place; header and stored bytes match their checksums, the chain is not checked.
    package struct Found: Hashable, Sendable {
        package var place: BlockPlace
        package var header: BlockHeader

        /// File offset of the block itself, behind its place prefix.
        package var blockOffsetBytes: UInt64 { place.offsetBytes + UInt64(BlockPlace.lengthBytes) }
        /// File offset right after the block.
        package var endOffsetBytes: UInt64 { blockOffsetBytes + UInt64(header.encodedLengthBytes) }

        /// Proves that the block holds the entries that follow `head`, where it lies.
        ///
        /// - Parameters:
        ///   - buffer: The one it was found in.
        ///   - index: Where in `buffer` its place prefix begins.
        ///   - head: The feed's head before it.
        ///   - inflater: Working memory.
        /// - Returns: The head after the block.
        /// - Throws: as ``Block/verified(after:using:)``; `.unknownDictionary`.
        package func verified(
            in buffer: [UInt8],
            at index: Int,
            after head: FeedHead,
            using inflater: inout Inflater
        ) throws(FormatError) -> FeedHead {
            let start = index + BlockPlace.lengthBytes + BlockHeader.lengthBytes
            let stored = unsafe buffer.span.bytes.extracting(start..<start + Int(header.storedLengthBytes))
            var reached = head
            try header.withRaw(of: stored, using: &inflater) { raw throws(FormatError) in
                reached = try header.prove(raw, after: head)
            }
            return reached
        }
    }

    /// Reads the block that must begin at `index`.
    ///
    /// - Parameters:
    ///   - buffer: A piece of the segment.
    ///   - index: Where in `buffer` the place prefix begins.
    ///   - bufferOffsetBytes: Where in the file `buffer` begins.
    ///   - salt: The segment's.
    /// - Returns: The block found.
    /// - Throws: as ``BlockPlace/decode(_:offsetBytes:salt:)``; `.truncated` when the block reaches beyond `buffer`;
    ///   `.checksum` when its stored bytes are not what they were.
    package static func block(
        in buffer: RawSpan,
        at index: Int,
        bufferOffsetBytes: UInt64,
        salt: UInt64
    ) throws(FormatError) -> Found {
        guard (0...buffer.byteCount).contains(index) else { throw .truncated }
        let rest = buffer.extracting(index..<buffer.byteCount)
        let (place, header) = try BlockPlace.decode(
            rest,
            offsetBytes: bufferOffsetBytes + UInt64(index),
            salt: salt
        )
        let start = BlockPlace.lengthBytes + BlockHeader.lengthBytes
        let end = start + Int(header.storedLengthBytes)
        guard rest.byteCount >= end else { throw .truncated }
        guard
            Checksum.of(rest.extracting(start..<end)) == header.storedChecksum
                || SeededBug.blockChecksumIgnored.isPlanted
        else { throw .checksum }
        return Found(place: place, header: header)
    }

    /// The first valid block that begins at or after `index`.
    ///
    /// - Returns: nil when there is none in `buffer`.
    /// - Complexity: Linear; a checksum only where the magic stands.
    package static func nextBlock(
        in buffer: RawSpan,
        from index: Int,
        bufferOffsetBytes: UInt64,
        salt: UInt64
    ) -> Found? {
        var index = index
        while let candidate = nextMagic(in: buffer, from: index) {
            do {
                return try block(in: buffer, at: candidate, bufferOffsetBytes: bufferOffsetBytes, salt: salt)
            } catch {
                // Only looks like one: the search goes on behind it.
                index = candidate + 1
            }
        }
        return nil
    }

    /// The last byte at or after `index` that is not zero; nil means that only zeros follow.
    package static func lastNonZero(in buffer: RawSpan, from index: Int) -> Int? {
        var end = buffer.byteCount
        while end - 8 >= index, buffer.uint64(at: end - 8) == 0 { end -= 8 }
        while end > index {
            if buffer.uint8(at: end - 1) != 0 { return end - 1 }
            end -= 1
        }
        return nil
    }

    private static func nextMagic(in buffer: RawSpan, from index: Int) -> Int? {
        var index = index
        let last = buffer.byteCount - BlockPlace.lengthBytes - BlockHeader.lengthBytes
        while index <= last {
            // A segment's end is mostly zeros, eight of which hold no beginning of a magic.
            if buffer.uint64(at: index) == 0 {
                index += 8
            } else if BlockPlace.isMagic(buffer.uint32(at: index)) {
                return index
            } else {
                index += 1
            }
        }
        return nil
    }
}
