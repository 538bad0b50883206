package import Crypto

/// An origin's signed statement of where one of its feeds stands; covers durable entries only.
///
/// A replica shows, acknowledges and forwards what a checkpoint covers and nothing beyond.
///
/// ## Layout (176 bytes, integers little-endian, identifiers as byte strings)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 32 | registry |
/// | 32 | 16 | site |
/// | 48 | 8 | epoch |
/// | 56 | 1 | lane |
/// | 57 | 7 | zero |
/// | 64 | 8 | position |
/// | 72 | 32 | chain digest at the position |
/// | 104 | 64 | Ed25519 signature over context `abscope checkpoint 1`, registry, and bytes 32 to 103 |
/// | 168 | 4 | CRC-32 of bytes 0 to 167 |
/// | 172 | 4 | zero |
package struct Checkpoint: Hashable, Sendable {
    package let registry: RegistryID
    package let feed: FeedID
    /// Position and digest; the position is at least 1.
    package let head: FeedHead
    /// 64 bytes.
    package let signature: [UInt8]

    package static let lengthBytes = 176
    package static let signatureLengthBytes = 64

    /// A statement as received. Nothing is checked but lengths; see ``verify(key:)``.
    ///
    /// - Throws: `.signature` when the signature is not 64 bytes; `.position`.
    package init(
        registry: RegistryID,
        feed: FeedID,
        head: FeedHead,
        signature: [UInt8]
    ) throws(FormatError) {
        guard signature.count == Self.signatureLengthBytes else { throw .signature }
        guard (1...Limits.position).contains(head.position) else { throw .position }
        self.registry = registry
        self.feed = feed
        self.head = head
        self.signature = signature
    }

    /// Signs where a feed stands.
    ///
    /// - Throws: `.key` when the feed is not this key's, or the key can not sign; `.position`.
    package init(
        signing head: FeedHead,
        of feed: FeedID,
        registry: RegistryID,
        with key: Curve25519.Signing.PrivateKey
    ) throws(FormatError) {
        guard SitePublicKey(key.publicKey).siteID == feed.site else { throw .key }
        let signature: [UInt8]
        do {
            signature = [UInt8](try key.signature(for: Self.message(registry: registry, feed: feed, head: head)))
        } catch {
            throw .key
        }
        try self.init(registry: registry, feed: feed, head: head, signature: signature)
    }

    /// Proves that the site of the feed made this statement.
    ///
    /// - Throws: `.key` when `key` is not that of the feed's site; `.signature`.
    package func verify(key: SitePublicKey) throws(FormatError) {
        guard key.siteID == feed.site else { throw .key }
        let message = Self.message(registry: registry, feed: feed, head: head)
        guard key.isValidSignature(signature, for: message) else { throw .signature }
    }

    /// Reads a checkpoint at the start of `bytes`.
    ///
    /// - Throws: `.truncated`, `.checksum`, `.reservedNotZero`, `.lane`, `.position`.
    package init(decoding bytes: RawSpan) throws(FormatError) {
        guard bytes.byteCount >= Self.lengthBytes else { throw .truncated }
        guard Checksum.of(bytes.extracting(0..<168)) == bytes.uint32(at: 168) else { throw .checksum }
        guard bytes.isZero(57..<64), bytes.isZero(172..<176) else { throw .reservedNotZero }
        try self.init(
            registry: RegistryID(digest: bytes.digest(at: 0)),
            feed: try bytes.feed(at: 32),
            head: FeedHead(position: bytes.uint64(at: 64), digest: bytes.digest(at: 72)),
            signature: bytes.copied(104..<168)
        )
    }

    /// The 176 bytes.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.lengthBytes)
        bytes.append(registry.asDigest)
        bytes.append(contentsOf: Self.statement(feed: feed, head: head))
        bytes.append(contentsOf: signature)
        bytes.append(littleEndian: Checksum.of(unsafe bytes.span.bytes))
        bytes.append(zeros: 4)
        return bytes
    }

    /// Feed, position and digest in 72 bytes.
    private static func statement(feed: FeedID, head: FeedHead) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(feed)
        bytes.append(zeros: 7)
        bytes.append(littleEndian: head.position)
        bytes.append(head.digest)
        return bytes
    }

    private static func message(registry: RegistryID, feed: FeedID, head: FeedHead) -> [UInt8] {
        SignatureContext.checkpoint.message(registry: registry, content: statement(feed: feed, head: head))
    }
}
