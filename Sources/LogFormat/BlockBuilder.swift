/// Gathers entries of one feed into blocks and carries the chain along.
///
/// ```swift
/// var builder = BlockBuilder(after: head)
/// let digest = try builder.append(entry)     // the entry's reference
/// let block = builder.finish()
/// ```
package struct BlockBuilder: Sendable {
    /// Position and digest after the last entry added.
    package var head: FeedHead { chain.head }
    /// Bytes gathered since the last block, with length fields.
    package var rawLengthBytes: Int { raw.count }

    private var chain: FeedChain
    private var raw: [UInt8] = []
    private var firstPosition: UInt64

    /// Begins after `head`, the end of the feed so far.
    package init(after head: FeedHead) {
        chain = FeedChain(continuing: head)
        firstPosition = head.position + 1
    }

    /// True when an entry of this length needs a new block.
    package func isFull(for entryLengthBytes: Int) -> Bool {
        raw.count + 4 + entryLengthBytes > Limits.blockRawBytes
    }

    /// Adds an entry.
    ///
    /// - Returns: The digest after it.
    /// - Throws: `.empty`; `.tooLarge` when the entry is beyond its limit or the block ``isFull(for:)``; `.position` at the
    ///   end of all positions. Nothing is added then.
    package mutating func append(_ entry: RawSpan) throws(FormatError) -> ChainDigest {
        guard entry.byteCount > 0 else { throw .empty }
        guard entry.byteCount <= Limits.entryBytes, !isFull(for: entry.byteCount) else { throw .tooLarge }
        guard chain.head.position < Limits.position else { throw .position }
        let start = raw.count
        raw.append(littleEndian: UInt32(entry.byteCount))
        raw.append(contentsOf: entry)
        var chain = self.chain
        let digest = chain.append(framed: unsafe raw.span.bytes.extracting(start..<raw.count))
        self.chain = chain
        return digest
    }

    /// Adds entries with their length fields, of which the head behind the last is known.
    ///
    /// - Precondition: There is room for them.
    mutating func append(_ framed: RawSpan, reaching head: FeedHead) {
        precondition(raw.count + framed.byteCount <= Limits.blockRawBytes, "the block is full")
        raw.append(contentsOf: framed)
        chain = FeedChain(continuing: head)
    }

    /// Closes the block as a plain one and begins the next.
    ///
    /// - Returns: nil when nothing was added since the last.
    package mutating func finish() -> Block? {
        guard let header = nextHeader(checksum: Checksum.of(unsafe raw.span.bytes)) else { return nil }
        let block = Block(header: header, stored: raw)
        firstPosition = chain.head.position + 1
        raw = []
        return block
    }

    /// Closes the block compressed, or plain where that is not shorter, and begins the next.
    ///
    /// - Returns: nil when nothing was added since the last.
    package mutating func finish(using deflater: inout Deflater) -> Block? {
        guard let header = nextHeader(checksum: 0) else { return nil }
        let block = Block.compressed(header, raw: raw, using: &deflater)
        firstPosition = chain.head.position + 1
        raw.removeAll(keepingCapacity: true)
        return block
    }

    /// Closes the block as a plain one, appends it with its place as both lie in a raw segment, and begins the next.
    ///
    /// - Parameters:
    ///   - place: Where it is going to lie.
    ///   - salt: The segment's.
    ///   - bytes: What is going to be written.
    package mutating func finish(at place: BlockPlace, salt: UInt64, into bytes: inout [UInt8]) {
        guard let header = nextHeader(checksum: Checksum.of(unsafe raw.span.bytes)) else { return }
        place.encode(header, unsafe raw.span.bytes, salt: salt, into: &bytes)
        firstPosition = chain.head.position + 1
        raw.removeAll(keepingCapacity: true)
    }

    private func nextHeader(checksum: UInt32) -> BlockHeader? {
        guard chain.head.position >= firstPosition else { return nil }
        return BlockHeader(
            firstPosition: firstPosition,
            count: UInt32(chain.head.position - firstPosition + 1),
            rawLengthBytes: UInt32(raw.count),
            storedLengthBytes: UInt32(raw.count),
            method: .plain,
            storedChecksum: checksum,
            digest: chain.head.digest
        )
    }
}

extension Block {
    /// Packs entries into as few plain blocks as their order allows.
    ///
    /// - Parameters:
    ///   - entries: In order, each 1 to ``Limits/entryBytes`` bytes.
    ///   - head: The end of the feed so far.
    /// - Returns: The blocks, and for every entry the digest after it.
    /// - Throws: `.empty`, `.tooLarge`, `.position`.
    package static func plain(
        _ entries: [[UInt8]],
        after head: FeedHead
    ) throws(FormatError) -> (blocks: [Block], digests: [ChainDigest]) {
        var builder = BlockBuilder(after: head)
        var blocks: [Block] = []
        var digests: [ChainDigest] = []
        digests.reserveCapacity(entries.count)
        for entry in entries {
            if builder.isFull(for: entry.count), let block = builder.finish() { blocks.append(block) }
            digests.append(try builder.append(unsafe entry.span.bytes))
        }
        if let block = builder.finish() { blocks.append(block) }
        return (blocks, digests)
    }

    /// A block of these entries, compressed; plain when it would not become shorter.
    ///
    /// - Parameters:
    ///   - header: Of the plain block; its checksum is not looked at.
    ///   - raw: Its entries with their length fields.
    ///   - deflater: Compresses.
    /// - Returns: The block.
    package static func compressed(_ header: BlockHeader, raw: [UInt8], using deflater: inout Deflater) -> Block {
        var header = header
        guard let stream = deflater.deflate(unsafe raw.span.bytes) else {
            header.storedChecksum = Checksum.of(unsafe raw.span.bytes)
            return Block(header: header, stored: raw)
        }
        header.method = .deflate(dictionary: deflater.dictionary.id)
        header.storedLengthBytes = UInt32(stream.count)
        header.storedChecksum = Checksum.of(unsafe stream.span.bytes)
        return Block(header: header, stored: stream)
    }
}

/// How many bytes entries occupy in a segment as blocks of one commit, each with its place: what ``BlockBuilder`` makes of
/// them, without their bytes.
package struct PlacedLength: Sendable {
    package private(set) var bytes = 0
    /// Of the block that is being filled.
    private var rawBytes = Limits.blockRawBytes

    package init() {}

    /// Counts an entry of this length in.
    package mutating func add(entryBytes: Int) {
        if rawBytes + 4 + entryBytes > Limits.blockRawBytes {
            rawBytes = 0
            bytes += BlockPlace.lengthBytes + BlockHeader.lengthBytes
        }
        rawBytes += 4 + entryBytes
        bytes += 4 + entryBytes
    }
}
