import CZlib

/// Writes raw deflate streams (RFC 1951), one after the other, with one piece of working memory (256 KiB).
///
/// No stream carries anything over from the one before. Not for two threads at once; keep one for each.
@safe
package struct Deflater: ~Copyable {
    /// What every stream starts with.
    package let dictionary: PresetDictionary

    private let stream: ZlibStream
    private var output: [UInt8]

    /// The level sealing uses: 6 keeps 89 % to 93 % of what level 9 saves, at twice its speed.
    package static let defaultLevel: Int32 = 6

    /// - Parameters:
    ///   - level: 1 (fast) to 9 (small).
    ///   - dictionary: What every stream starts with.
    /// - Precondition: `level` is one of them.
    package init(level: Int32 = Deflater.defaultLevel, dictionary: PresetDictionary = .records) {
        precondition((1...9).contains(level), "deflate levels are 1 to 9")
        self.dictionary = dictionary
        output = [UInt8](repeating: 0, count: Limits.blockRawBytes)
        unsafe stream = ZlibStream()
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let status = unsafe stream.call { state in
            unsafe deflateInit2_(state, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        }
        precondition(status == Z_OK, "zlib has no memory for its 256 KiB of state")
    }

    deinit {
        // Z_DATA_ERROR only says that a stream was left unfinished.
        _ = unsafe stream.call { unsafe deflateEnd($0) }
        unsafe stream.deallocate()
    }

    /// Compresses a block's raw bytes.
    ///
    /// - Returns: The stream, or nil when it would not be shorter than `raw` and the block is better left plain.
    /// - Precondition: `raw` is at most ``Limits/blockRawBytes`` long.
    package mutating func deflate(_ raw: RawSpan) -> [UInt8]? {
        precondition(raw.byteCount <= Limits.blockRawBytes, "a block is at most 32 KiB")
        let limit = raw.byteCount - 1
        guard limit > 0, unsafe stream.call({ unsafe deflateReset($0) }) == Z_OK else { return nil }
        if !dictionary.bytes.isEmpty {
            let status = unsafe dictionary.bytes.withUnsafeBufferPointer { bytes in
                unsafe stream.call { unsafe deflateSetDictionary($0, bytes.baseAddress, UInt32(bytes.count)) }
            }
            guard status == Z_OK else { return nil }
        }
        let result = unsafe raw.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.run(CZlib.deflate, from: input, to: output.baseAddress, limitBytes: limit)
            }
        }
        guard result.status == Z_STREAM_END else { return nil }
        return Array(output.prefix(limit - result.outputLeft))
    }
}
