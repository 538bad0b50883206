/// The first 256 bytes of a segment file, raw or sealed; written and synced before anything else, never changed.
///
/// It says whose segment it is, names the predecessor's true end, so that a missing, shortened or extra segment is
/// noticed, and carries the salt that binds blocks to this file.
///
/// ## Layout (256 bytes, integers little-endian, identifiers as byte strings)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `AbscSeg1` |
/// | 8 | 2 | version: 1 raw, 0 sealed (as in format 0) |
/// | 10 | 2 | kind: 0 raw, 1 sealed |
/// | 12 | 4 | header length, 256 |
/// | 16 | 16 | site |
/// | 32 | 8 | epoch |
/// | 40 | 1 | lane |
/// | 41 | 7 | zero |
/// | 48 | 32 | the site's Ed25519 public key |
/// | 80 | 8 | salt |
/// | 88 | 8 | position of the first entry |
/// | 96 | 8 | predecessor: position of its first entry, 0 when there is none |
/// | 104 | 8 | predecessor: where its last block ends in its raw file, 0 when there is none |
/// | 112 | 32 | predecessor: chain digest after its last entry; `h(0)` when this segment begins at 1 |
/// | 144 | 8 | created, milliseconds since 1970-01-01T00:00:00Z, signed, as the machine believed |
/// | 152 | 100 | zero |
/// | 252 | 4 | CRC-32 of bytes 0 to 251 |
package struct SegmentHeader: Hashable, Sendable {
    /// How the blocks lie.
    package enum Kind: UInt16, Hashable, Sendable {
        /// Blocks with their ``BlockPlace``, in the order they were appended; more may come.
        case raw = 0
        /// Blocks, then a ``SealedIndex`` and a ``SealedFooter``; final.
        case sealed = 1

        /// Of the layout, in the header. Format 1 changed what a raw segment's places say, and nothing of a sealed one.
        var version: UInt16 { self == .raw ? 1 : 0 }
    }

    /// The segment before.
    package struct Predecessor: Hashable, Sendable {
        /// Position of its first entry, which is its name.
        package var firstPosition: UInt64
        /// Where its last block ends in its raw file. What lies beyond was never acknowledged.
        package var endOffsetBytes: UInt64

        package init(firstPosition: UInt64, endOffsetBytes: UInt64) {
            self.firstPosition = firstPosition
            self.endOffsetBytes = endOffsetBytes
        }
    }

    package var kind: Kind
    package var feed: FeedID
    /// The key whose hash is ``feed``'s site.
    package var key: SitePublicKey
    /// Random; binds blocks to this file.
    package var salt: UInt64
    /// The head before the first entry of this segment; ``FeedChain/start(key:epoch:lane:)`` for the first segment.
    package var previous: FeedHead
    /// nil for the first segment of a feed.
    package var predecessor: Predecessor?
    /// Milliseconds since 1970-01-01T00:00:00Z, as the machine believed.
    package var createdMilliseconds: Int64

    package static let lengthBytes = 256
    static let magic: [UInt8] = Array("AbscSeg1".utf8)

    package init(
        kind: Kind,
        feed: FeedID,
        key: SitePublicKey,
        salt: UInt64,
        previous: FeedHead,
        predecessor: Predecessor?,
        createdMilliseconds: Int64
    ) {
        self.kind = kind
        self.feed = feed
        self.key = key
        self.salt = salt
        self.previous = previous
        self.predecessor = predecessor
        self.createdMilliseconds = createdMilliseconds
    }

    /// Position of the first entry.
    package var firstPosition: UInt64 { previous.position + 1 }

    /// Reads a header at the start of `bytes`.
    ///
    /// - Throws: `.truncated`, `.magic`, `.unsupportedVersion`, `.checksum`, `.reservedNotZero`, `.unsupportedFeature`,
    ///   `.lane`, `.key` when the key is not the site's, `.position`, `.inconsistent`.
    package init(decoding bytes: RawSpan) throws(FormatError) {
        guard bytes.byteCount >= Self.lengthBytes else { throw .truncated }
        guard bytes.copied(0..<8) == Self.magic else { throw .magic }
        guard Checksum.of(bytes.extracting(0..<252)) == bytes.uint32(at: 252) else { throw .checksum }
        guard let kind = Kind(rawValue: bytes.uint16(at: 10)) else { throw .unsupportedFeature }
        guard bytes.uint16(at: 8) == kind.version, bytes.uint32(at: 12) == UInt32(Self.lengthBytes) else {
            throw .unsupportedVersion
        }
        guard bytes.isZero(41..<48), bytes.isZero(152..<252) else { throw .reservedNotZero }
        self.kind = kind
        feed = try bytes.feed(at: 16)
        guard let key = SitePublicKey(bytes.copied(48..<80)), key.siteID == feed.site else { throw .key }
        self.key = key
        salt = bytes.uint64(at: 80)
        let first = bytes.uint64(at: 88)
        guard (1...Limits.position).contains(first) else { throw .position }
        previous = FeedHead(position: first - 1, digest: bytes.digest(at: 112))
        switch (bytes.uint64(at: 96), bytes.uint64(at: 104)) {
        case (0, 0):
            predecessor = nil
        case (let name, let end):
            guard name >= 1, name <= first, end >= UInt64(Self.lengthBytes) else { throw .inconsistent }
            predecessor = Predecessor(firstPosition: name, endOffsetBytes: end)
        }
        createdMilliseconds = Int64(bitPattern: bytes.uint64(at: 144))
    }

    /// The 256 bytes.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.lengthBytes)
        bytes.append(contentsOf: Self.magic)
        bytes.append(littleEndian: kind.version)
        bytes.append(littleEndian: kind.rawValue)
        bytes.append(littleEndian: UInt32(Self.lengthBytes))
        bytes.append(feed)
        bytes.append(zeros: 7)
        bytes.append(contentsOf: key.bytes)
        bytes.append(littleEndian: salt)
        bytes.append(littleEndian: firstPosition)
        bytes.append(littleEndian: predecessor?.firstPosition ?? 0)
        bytes.append(littleEndian: predecessor?.endOffsetBytes ?? 0)
        bytes.append(previous.digest)
        bytes.append(littleEndian: createdMilliseconds)
        bytes.append(zeros: 100)
        bytes.append(littleEndian: Checksum.of(unsafe bytes.span.bytes))
        return bytes
    }
}
