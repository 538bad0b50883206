import CZlib

/// Reads raw deflate streams (RFC 1951), one after the other, with one piece of working memory.
///
/// No stream knows of the one before. Not for two threads at once; keep one for each.
@safe
package struct Inflater: ~Copyable {
    private let stream: ZlibStream
    /// What the last stream gave.
    private(set) var raw: [UInt8] = []

    package init() {
        unsafe stream = ZlibStream()
        let status = unsafe stream.call { state in
            unsafe inflateInit2_(state, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        }
        precondition(status == Z_OK, "zlib has no memory for its 40 KiB of state")
    }

    deinit {
        _ = unsafe stream.call { unsafe inflateEnd($0) }
        unsafe stream.deallocate()
    }

    /// Inflates a whole stream into ``raw``.
    ///
    /// - Parameters:
    ///   - stored: The stream, all of it and nothing else.
    ///   - rawLengthBytes: What it must give; not a byte beyond is inflated, and nothing beyond
    ///     ``Limits/blockRawBytes`` is ever allocated.
    ///   - dictionary: What the stream starts with.
    /// - Throws: `.tooLarge`, `.deflateBroken`, `.inflateBeyondDeclared`, `.inconsistent` when it gives less or has bytes
    ///   left over. ``raw`` is then meaningless.
    package mutating func inflate(
        _ stored: RawSpan,
        rawLengthBytes: Int,
        dictionary: PresetDictionary
    ) throws(FormatError) {
        try begin(rawLengthBytes: rawLengthBytes, dictionary: dictionary)
        resizeRaw(to: rawLengthBytes)
        let stream = unsafe stream
        let result = unsafe raw.withUnsafeMutableBufferPointer { output in
            unsafe Self.run(stream, stored, to: output)
        }
        try Self.check(result)
    }

    /// Inflates a whole stream into an array of its own, for who keeps it.
    ///
    /// - Throws: as ``inflate(_:rawLengthBytes:dictionary:)``.
    package mutating func inflated(
        _ stored: RawSpan,
        rawLengthBytes: Int,
        dictionary: PresetDictionary
    ) throws(FormatError) -> [UInt8] {
        try begin(rawLengthBytes: rawLengthBytes, dictionary: dictionary)
        let stream = unsafe stream
        var result: (status: Int32, inputLeft: Int, outputLeft: Int) = (Z_OK, 0, 0)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: rawLengthBytes) { output, count in
            let room = unsafe UnsafeMutableBufferPointer(rebasing: output[..<rawLengthBytes])
            result = unsafe Self.run(stream, stored, to: room)
            count = rawLengthBytes - result.outputLeft
        }
        try Self.check(result)
        return bytes
    }

    private func begin(rawLengthBytes: Int, dictionary: PresetDictionary) throws(FormatError) {
        guard (0...Limits.blockRawBytes).contains(rawLengthBytes) else { throw .tooLarge }
        guard unsafe stream.call({ unsafe inflateReset($0) }) == Z_OK else { throw .deflateBroken }
        guard !dictionary.bytes.isEmpty else { return }
        let status = unsafe dictionary.bytes.withUnsafeBufferPointer { bytes in
            unsafe stream.call { unsafe inflateSetDictionary($0, bytes.baseAddress, UInt32(bytes.count)) }
        }
        guard status == Z_OK else { throw .deflateBroken }
    }

    /// Fills `output`, which is as long as the stream must be.
    private static func run(
        _ stream: ZlibStream,
        _ stored: RawSpan,
        to output: UnsafeMutableBufferPointer<UInt8>
    ) -> (status: Int32, inputLeft: Int, outputLeft: Int) {
        unsafe stored.withUnsafeBytes { input in
            unsafe stream.run(CZlib.inflate, from: input, to: output.baseAddress, limitBytes: output.count)
        }
    }

    private static func check(_ result: (status: Int32, inputLeft: Int, outputLeft: Int)) throws(FormatError) {
        switch result.status {
        case Z_STREAM_END:
            guard result.outputLeft == 0, result.inputLeft == 0 else { throw .inconsistent }
        case Z_BUF_ERROR, Z_OK:
            throw result.outputLeft == 0 && result.inputLeft > 0 ? .inflateBeyondDeclared : .deflateBroken
        default:
            throw .deflateBroken
        }
    }

    /// Keeps the memory: blocks of a feed are of much the same size.
    private mutating func resizeRaw(to count: Int) {
        if raw.count > count {
            raw.removeLast(raw.count - count)
        } else {
            raw.append(zeros: count - raw.count)
        }
    }
}
