// Conveniences for callers that hold arrays. An array of bytes has no padding, so seeing it as raw memory is safe.

extension Block {
    /// As ``init(decoding:)-(RawSpan)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes)
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
