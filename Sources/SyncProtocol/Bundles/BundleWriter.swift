package import Crypto
package import LogFormat

/// Makes a bundle: bytes for a file, chunk by chunk. Holds no more than one chunk.
package struct BundleWriter: Sendable {
    package let header: BundleHeader
    private let cipher: ChunkCipher
    /// The statement, until the bundle begins.
    private var opening: [SyncMessage]
    /// Of the chunk that is not full yet.
    private var frames: [UInt8] = []
    private var number: UInt64 = 0
    /// Of what was given out so far.
    package private(set) var writtenBytes: UInt64 = 0

    /// What a chunk is longer than its frames.
    package static let chunkOverheadBytes = 4 + ChunkCipher.tagBytes

    /// - Parameters:
    ///   - number: One more than that of the bundle before.
    ///   - secret: Never used for another bundle.
    ///   - recipients: Sites and their X25519 keys, as the roster has them.
    ///   - statement: Who makes it and what is held here.
    ///   - signingKey: The sender's, whose site the statement names.
    /// - Throws: `.tooLarge`, `.illFormed`, `.signature`.
    package init(
        number: UInt64,
        secret: BundleSecret,
        recipients: [(site: SiteID, agreementKey: [UInt8])],
        statement: BundleStatement,
        signingKey: Curve25519.Signing.PrivateKey
    ) throws(SyncError) {
        precondition(
            SitePublicKey(signingKey.publicKey).siteID == statement.hello.site,
            "a site signs what it says itself"
        )
        header = try BundleHeader(
            number: number,
            registry: statement.hello.registry,
            secret: secret,
            statementCode: secret.statementCode(statement.encoded),
            recipients: recipients,
            signingKey: signingKey
        )
        cipher = secret.cipher(of: header)
        opening = statement.messages
    }

    /// The first bytes: header and statement. Call it once, first.
    package mutating func begin() throws(SyncError) -> [UInt8] {
        precondition(writtenBytes == 0, "a bundle begins once")
        var bytes = header.encoded
        writtenBytes = UInt64(bytes.count)
        let messages = opening
        opening = []
        for message in messages { bytes += try add(message) }
        return bytes
    }

    /// Adds a message.
    ///
    /// - Parameter message: DATA, CHECKPOINT or KEYS.
    /// - Returns: What to write now; empty while a chunk is not full.
    /// - Throws: `.tooLarge` after 2^32 chunks.
    package mutating func add(_ message: SyncMessage) throws(SyncError) -> [UInt8] {
        precondition(opening.isEmpty, "a bundle begins with its statement")
        let frame = message.frame.encoded
        guard frames.count + frame.count > Limits.bundleChunkBytes else {
            frames += frame
            return []
        }
        let chunk = try seal(isLast: false)
        frames = frame
        return chunk
    }

    /// The length the whole file has if nothing more is added.
    package var lengthBytes: UInt64 { writtenBytes + UInt64(frames.count + Self.chunkOverheadBytes) }

    /// The length the whole file has if this is the last message.
    package func lengthBytes(with message: SyncMessage) -> UInt64 {
        let length = message.frame.payload.count + FrameHeader.lengthBytes
        let chunks = frames.count + length > Limits.bundleChunkBytes ? 2 : 1
        return writtenBytes + UInt64(frames.count + length + chunks * Self.chunkOverheadBytes)
    }

    /// The last bytes. Nothing can be added afterwards.
    ///
    /// - Throws: As ``add(_:)``.
    package mutating func finish() throws(SyncError) -> [UInt8] {
        precondition(!frames.isEmpty, "a bundle ends once, and after it began")
        defer { frames = [] }
        return try seal(isLast: true)
    }

    private mutating func seal(isLast: Bool) throws(SyncError) -> [UInt8] {
        let length = UInt32(frames.count) | (isLast ? BundleReader.lastFlag : 0)
        let prefix = length.littleEndianBytes
        let sealed: [UInt8]
        do throws(FormatError) {
            guard number < UInt32.max else { throw .tooLarge }
            sealed = try cipher.seal(frames[...], number: number, isLast: isLast, authenticating: prefix)
        } catch {
            throw SyncError(.tooLarge, "A part of the bundle can not be encrypted.", cause: error)
        }
        number += 1
        writtenBytes += UInt64(prefix.count + sealed.count)
        return prefix + sealed
    }
}
