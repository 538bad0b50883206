import Crypto
import LogFormat

/// Reads what follows the header of a bundle, however the bytes come. Holds one chunk and what came with it.
///
/// Total: any bytes give events, a wait for more, or an error, after which it gives the same error for ever. What it gave
/// before stays valid: every chunk vouches for itself.
///
/// ## Layout of a chunk (integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | length n of its frames, 1 to 131072; the top bit is set in the last chunk |
/// | 4 | n + 16 | the frames, as ``ChunkCipher`` encrypts them, bytes 0 to 3 authenticated with them |
package struct BundleReader: Sendable {
    /// What a bundle says.
    package enum Event: Hashable, Sendable {
        /// Who made it, and what is held there; first, and once. Signed with the header.
        case statement(BundleStatement)
        /// DATA, CHECKPOINT or KEYS.
        case message(SyncMessage)
    }

    static let lastFlag: UInt32 = 1 << 31
    /// What stands before each part in the clear.
    package static let prefixBytes = 4

    /// How many bytes a part takes with its prefix, and whether it is the last; nil for what is no prefix.
    package static func part(_ prefix: [UInt8]) -> (lengthBytes: Int, isLast: Bool)? {
        guard prefix.count == prefixBytes else { return nil }
        let word = UInt32(littleEndianBytes: prefix)
        let length = Int(word & ~lastFlag)
        guard (1...Limits.bundleChunkBytes).contains(length) else { return nil }
        return (prefixBytes + length + ChunkCipher.tagBytes, word & lastFlag != 0)
    }

    package let header: BundleHeader
    private let cipher: ChunkCipher
    private var statement: BundleStatementReading? = BundleStatementReading()
    private var statementCode: HMAC<SHA256>
    private var decoder = FrameDecoder()
    private var buffer: [UInt8] = []
    private var start = 0
    private var failure: SyncError?
    /// Whole chunks that were opened.
    package private(set) var chunks: UInt64 = 0
    /// The last chunk was opened; no more bytes are taken.
    package private(set) var hasEnded = false

    /// - Parameters:
    ///   - header: Verified, where that matters.
    ///   - secret: From it.
    package init(_ header: BundleHeader, secret: BundleSecret) {
        self.header = header
        cipher = secret.cipher(of: header)
        statementCode = secret.statementHasher
    }

    /// The bundle was read to its end and everything was there.
    package var isComplete: Bool { hasEnded && failure == nil && decoder.isBetweenFrames && statement == nil }

    /// How many bytes wait for the rest of their chunk.
    package var bufferedBytes: Int { buffer.count - start }

    /// Takes bytes as they came. Call ``next()`` until it has nothing before giving more, or they pile up.
    package mutating func append(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += bytes
    }

    /// What the bundle says next; nil when more bytes are needed, or it has ended.
    ///
    /// - Throws: `.illFormed` when a chunk was altered or does not hold what it must, `.tooLarge`, `.signature` when the
    ///   sender did not say what it holds, `.unknownCriticalFrame`, `.notForUs` when it speaks of another registry.
    package mutating func next() throws(SyncError) -> Event? {
        if let failure { throw failure }
        do throws(SyncError) {
            while true {
                while let frame = try decoder.next() {
                    if let event = try take(frame) { return event }
                }
                guard decoder.isBetweenFrames else {
                    throw SyncError(.illFormed, "A part of the bundle ends within a frame.")
                }
                guard try openChunk() else { return nil }
            }
        } catch {
            failure = error
            buffer = []
            start = 0
            throw error
        }
    }

    /// - Returns: False when more bytes are needed, or none can follow.
    private mutating func openChunk() throws(SyncError) -> Bool {
        if hasEnded {
            guard statement == nil else { throw SyncError(.illFormed, "The bundle says nothing.") }
            guard bufferedBytes == 0 else { throw SyncError(.illFormed, "Something follows the end of the bundle.") }
            return false
        }
        guard bufferedBytes >= Self.prefixBytes else { return false }
        let prefix = Array(buffer[start..<start + Self.prefixBytes])
        guard let (lengthBytes, isLast) = Self.part(prefix), chunks < UInt32.max else {
            throw SyncError(.tooLarge, "Part \(chunks + 1) of the bundle claims a length that no part has.")
        }
        let end = start + lengthBytes
        guard buffer.count >= end else { return false }
        do throws(FormatError) {
            decoder.append(
                try cipher.open(
                    buffer[start + Self.prefixBytes..<end],
                    number: chunks,
                    isLast: isLast,
                    authenticating: prefix
                )
            )
        } catch {
            throw SyncError(.illFormed, "Part \(chunks + 1) of the bundle is damaged or was altered.", cause: error)
        }
        start = end
        chunks += 1
        hasEnded = isLast
        return true
    }

    private mutating func take(_ frame: Frame) throws(SyncError) -> Event? {
        let message = try SyncMessage(frame)
        guard statement == nil else {
            statementCode.update(data: frame.encoded)
            guard let whole = try statement?.take(message) else { return nil }
            statement = nil
            guard Array(statementCode.finalize()) == header.statementCode else {
                throw SyncError(.signature, "What the bundle says of its sender is not what the sender signed.")
            }
            guard whole.hello.registry == header.registry, whole.hello.site == header.sender else {
                throw SyncError(.notForUs, "The bundle speaks of another site or registry than its header.")
            }
            return .statement(whole)
        }
        switch message {
        case .data, .checkpoint, .keys: return .message(message)
        case .incident, .report: return nil
        case .hello, .have, .want, .ack, .bye:
            throw SyncError(.illFormed, "The bundle holds a message that means nothing in it.")
        }
    }
}
