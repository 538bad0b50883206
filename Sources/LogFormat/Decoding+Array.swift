// Conveniences for callers that hold arrays. An array of bytes has no padding, so seeing it as raw memory is safe.

extension Block {
    /// As ``init(decoding:)-(RawSpan)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes)
    }

    /// Reads the block that begins at `start`; more may follow.
    ///
    /// - Precondition: `start` is at most the number of bytes.
    package init(decoding bytes: [UInt8], from start: Int) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes.extracting(start..<bytes.count))
    }

    /// As ``decodeAll(_:)-(RawSpan)``.
    package static func decodeAll(_ bytes: [UInt8]) throws(FormatError) -> [Block] {
        try decodeAll(unsafe bytes.span.bytes)
    }
}

extension Checkpoint {
    /// As ``init(decoding:)-(RawSpan)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes)
    }
}

extension SegmentHeader {
    /// As ``init(decoding:)-(RawSpan)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes)
    }
}

extension Checksum {
    /// The checksum of an array.
    package static func of(_ bytes: [UInt8]) -> UInt32 {
        of(unsafe bytes.span.bytes)
    }
}

extension BlockHeader {
    /// As ``init(decoding:)-(RawSpan)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes)
    }
}

extension SegmentScan {
    /// As ``block(in:at:bufferOffsetBytes:salt:)-(RawSpan,_,_,_)``.
    package static func block(
        in buffer: [UInt8],
        at index: Int,
        bufferOffsetBytes: UInt64,
        salt: UInt64
    ) throws(FormatError) -> Found {
        try block(in: unsafe buffer.span.bytes, at: index, bufferOffsetBytes: bufferOffsetBytes, salt: salt)
    }

    /// As ``nextBlock(in:from:bufferOffsetBytes:salt:)-(RawSpan,_,_,_)``.
    package static func nextBlock(
        in buffer: [UInt8],
        from index: Int,
        bufferOffsetBytes: UInt64,
        salt: UInt64
    ) -> Found? {
        nextBlock(in: unsafe buffer.span.bytes, from: index, bufferOffsetBytes: bufferOffsetBytes, salt: salt)
    }

    /// As ``lastNonZero(in:from:)-(RawSpan,_)``.
    package static func lastNonZero(in buffer: [UInt8], from index: Int) -> Int? {
        lastNonZero(in: unsafe buffer.span.bytes, from: index)
    }
}

extension HeadsSlot {
    /// As ``init(decoding:index:)-(RawSpan,_)``.
    package init(decoding bytes: [UInt8], index: Int) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes, index: index)
    }
}

extension SealedFooter {
    /// As ``init(decoding:header:fileLengthBytes:)-(RawSpan,_,_)``.
    package init(decoding bytes: [UInt8], header: SegmentHeader, fileLengthBytes: UInt64) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes, header: header, fileLengthBytes: fileLengthBytes)
    }
}

extension SealedIndex {
    /// As ``init(decoding:footer:header:)-(RawSpan,_,_)``.
    package init(decoding bytes: [UInt8], footer: SealedFooter, header: SegmentHeader) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes, footer: footer, header: header)
    }
}

extension BlockBuilder {
    /// As ``append(_:)-(RawSpan)``.
    package mutating func append(_ entry: [UInt8]) throws(FormatError) -> ChainDigest {
        try append(unsafe entry.span.bytes)
    }
}

extension BlockPlace {
    /// As ``decode(_:offsetBytes:salt:)``, beginning at `index` of an array.
    ///
    /// - Parameters:
    ///   - bytes: At least 80 bytes from `index` on.
    ///   - index: Where the prefix begins.
    ///   - offsetBytes: Where in the file that is.
    ///   - salt: The segment's.
    /// - Returns: What binds the block to its place, and the block's header.
    /// - Throws: as ``decode(_:offsetBytes:salt:)``.
    package static func decode(
        _ bytes: [UInt8],
        from index: Int,
        offsetBytes: UInt64,
        salt: UInt64
    ) throws(FormatError) -> (place: BlockPlace, header: BlockHeader) {
        guard (0...bytes.count).contains(index) else { throw .truncated }
        return try decode(unsafe bytes.span.bytes.extracting(index..<bytes.count), offsetBytes: offsetBytes, salt: salt)
    }
}
