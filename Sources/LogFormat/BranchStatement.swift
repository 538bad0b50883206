/// A site's word that it holds a history of a feed, proven by the signature of the feed's site, and where in its own lane 3
/// the entries of it can be found.
///
/// Of a feed that forked every site holds one history as the feed itself. Those of whom others hold another one say so, and
/// carry theirs in their own feed, where it reaches everybody like any entry.
///
/// ## Layout (integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 32 | signing key of the feed's site |
/// | 32 | 176 | ``Checkpoint`` of the end of the history |
/// | 208 | 4 | number of heads, 0 to 64 |
/// | 212 | 4 | number of stretches, 0 to 256 |
/// | 216 | 8 | position after which the carried entries begin; 0 also where none are carried |
/// | 224 | 32 | chain digest there; zero where none are carried |
/// | 256 | 40 each | heads: position and chain digest, positions ascending, all before the end |
/// | … | 16 each | stretches of lane 3 of whoever says it, ascending: first and last position |
///
/// The carried entries are ``Block``s one after the other, cut into entries of lane 3 that each begin with ``magic``.
package struct BranchStatement: Hashable, Sendable {
    /// How each entry of lane 3 begins that holds a part.
    package static let magic = Array("AbscBrn1".utf8)
    package static let headsMaximum = 64
    package static let stretchesMaximum = 256
    private static let fixedBytes = 256

    /// Of the feed's site, whose id is made from it.
    package let key: SitePublicKey
    /// Where the history ends.
    package let end: Checkpoint
    /// Earlier positions of the history, ascending, by which others see where theirs leaves it. Proven by nothing.
    package let heads: [FeedHead]
    /// After which entry the carried ones begin; nil where none are carried.
    package let start: FeedHead?
    /// Where they lie, ascending; empty where none are carried.
    package let stretches: [ClosedRange<UInt64>]

    package var feed: FeedID { end.feed }

    /// The feed of the parts that a statement names: lane 3 of the epoch of `carrier`, in which it was said.
    package static func parts(saidIn carrier: FeedID) -> FeedID {
        FeedID(site: carrier.site, epoch: carrier.epoch, lane: .attachments)
    }

    /// - Throws: `.key` when the key is not that of the feed's site; `.tooLarge`, `.order`, `.inconsistent`.
    package init(
        of end: Checkpoint,
        key: SitePublicKey,
        heads: [FeedHead],
        start: FeedHead?,
        stretches: [ClosedRange<UInt64>]
    ) throws(FormatError) {
        guard key.siteID == end.feed.site else { throw .key }
        guard heads.count <= Self.headsMaximum, stretches.count <= Self.stretchesMaximum else { throw .tooLarge }
        guard zip(heads, heads.dropFirst()).allSatisfy({ $0.position < $1.position }),
            heads.last.map({ $0.position < end.head.position }) ?? true
        else { throw .order }
        guard (start == nil) == stretches.isEmpty, start.map({ $0.position < end.head.position }) ?? true else {
            throw .inconsistent
        }
        guard stretches.allSatisfy({ $0.lowerBound > 0 && $0.upperBound <= Limits.position }) else { throw .position }
        guard zip(stretches, stretches.dropFirst()).allSatisfy({ $0.upperBound < $1.lowerBound }) else { throw .order }
        self.key = key
        self.end = end
        self.heads = heads
        self.start = start
        self.stretches = stretches
    }

    /// Reads a statement. The signature is not checked: see ``Checkpoint/verify(key:)``.
    ///
    /// - Throws: `.truncated`, `.trailingBytes`, `.key`, `.tooLarge`, `.order`, `.inconsistent`, `.position`; as
    ///   ``Checkpoint/init(decoding:)``.
    package init(decoding bytes: RawSpan) throws(FormatError) {
        guard bytes.byteCount >= Self.fixedBytes else { throw .truncated }
        guard let key = SitePublicKey(bytes.copied(0..<32)) else { throw .key }
        let end = try Checkpoint(decoding: bytes.extracting(32..<208))
        let headCount = Int(bytes.uint32(at: 208))
        let stretchCount = Int(bytes.uint32(at: 212))
        guard headCount <= Self.headsMaximum, stretchCount <= Self.stretchesMaximum else { throw .tooLarge }
        let length = Self.fixedBytes + 40 * headCount + 16 * stretchCount
        guard bytes.byteCount >= length else { throw .truncated }
        guard bytes.byteCount == length else { throw .trailingBytes }
        var heads: [FeedHead] = []
        for index in 0..<headCount { heads.append(try Self.head(bytes, at: Self.fixedBytes + 40 * index)) }
        var stretches: [ClosedRange<UInt64>] = []
        for index in 0..<stretchCount {
            let offset = Self.fixedBytes + 40 * headCount + 16 * index
            let (first, last) = (bytes.uint64(at: offset), bytes.uint64(at: offset + 8))
            guard first > 0, first <= last else { throw .position }
            stretches.append(first...last)
        }
        let start = stretches.isEmpty ? nil : try Self.head(bytes, at: 216)
        if start == nil, !bytes.isZero(216..<256) { throw .reservedNotZero }
        try self.init(of: end, key: key, heads: heads, start: start, stretches: stretches)
    }

    private static func head(_ bytes: RawSpan, at offset: Int) throws(FormatError) -> FeedHead {
        let position = bytes.uint64(at: offset)
        guard position <= Limits.position else { throw .position }
        return FeedHead(position: position, digest: bytes.digest(at: offset + 8))
    }

    /// As ``init(decoding:)-(RawSpan)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) { try self.init(decoding: unsafe bytes.span.bytes) }

    package var encoded: [UInt8] {
        var bytes = key.bytes
        bytes.append(contentsOf: end.encoded)
        bytes.append(littleEndian: UInt32(heads.count))
        bytes.append(littleEndian: UInt32(stretches.count))
        if let start {
            bytes.append(littleEndian: start.position)
            bytes.append(start.digest)
        } else {
            bytes.append(zeros: 40)
        }
        for head in heads {
            bytes.append(littleEndian: head.position)
            bytes.append(head.digest)
        }
        for stretch in stretches {
            bytes.append(littleEndian: stretch.lowerBound)
            bytes.append(littleEndian: stretch.upperBound)
        }
        return bytes
    }
}
