import LogFormat

/// Cuts a stream of bytes into frames, however the bytes are divided.
///
/// Total: any bytes give frames, a wait for more, or an error, after which the decoder gives the same error for ever.
/// It holds at most one frame and what came with it; a length is compared with its limit before a byte of the payload
/// is kept, and an unknown ancillary frame is passed over without being kept.
package struct FrameDecoder: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0
    private var bytesToSkip = 0
    private var failure: SyncError?

    private static let keptBytes = 4 * 1024

    package init() {}

    /// How many bytes wait for the rest of their frame.
    package var bufferedBytes: Int { buffer.count - start }

    /// Nothing waits for the rest of its frame.
    var isBetweenFrames: Bool { bufferedBytes == 0 && bytesToSkip == 0 }

    /// Takes bytes as they came.
    package mutating func append(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame; nil when more bytes are needed.
    ///
    /// - Throws: `.tooLarge`, `.unknownCriticalFrame`.
    package mutating func next() throws(SyncError) -> Frame? {
        if let failure { throw failure }
        while true {
            if bytesToSkip > 0 {
                let count = min(bytesToSkip, bufferedBytes)
                start += count
                bytesToSkip -= count
                if bytesToSkip > 0 { return nil }
            }
            guard bufferedBytes >= FrameHeader.lengthBytes else {
                // A session that falls silent keeps no room for the large frames it had.
                if bufferedBytes == 0, buffer.capacity > Self.keptBytes { (buffer, start) = ([], 0) }
                return nil
            }
            let length = UInt32(littleEndianBytes: buffer[start..<start + 4])
            let byte = buffer[start + 4]
            guard length <= UInt32(FrameHeader.payloadBytesMaximum(type: byte)) else {
                throw fail(SyncError(.tooLarge, "A frame of type \(byte) claims \(length) bytes, more than its limit."))
            }
            guard let type = FrameType(rawValue: byte) else {
                guard !FrameType.isCritical(byte) else {
                    throw fail(SyncError(.unknownCriticalFrame, "Frame type \(byte) is not known to this program."))
                }
                start += FrameHeader.lengthBytes
                bytesToSkip = Int(length)
                continue
            }
            let end = start + FrameHeader.lengthBytes + Int(length)
            guard buffer.count >= end else { return nil }
            let payload = Array(buffer[start + FrameHeader.lengthBytes..<end])
            start = end
            return Frame(type: type, payload: payload)
        }
    }

    private mutating func fail(_ error: SyncError) -> SyncError {
        failure = error
        buffer = []
        start = 0
        return error
    }
}
