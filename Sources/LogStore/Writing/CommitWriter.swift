import LogFormat
import StoreIO

/// Writes one commit behind the durable end of a segment, in pieces and while it is being encoded: the disk takes one
/// piece while the chain of the next is computed.
///
/// Nothing of it is durable before the file was synced. A commit that was not written to its end has no block that ends
/// it, so no recovery takes a part of it.
struct CommitWriter: ~Copyable {
    private let segment: RawSegment
    private let startBytes: UInt64
    private let pieceBytes: Int
    private var builder: BlockBuilder
    /// Encoded and not written yet.
    private var bytes: [UInt8] = []
    private var writtenBytes: UInt64 = 0

    /// - Parameters:
    ///   - segment: Where to.
    ///   - startBytes: Its durable end, behind which there is nothing.
    ///   - head: The feed's stored head.
    ///   - lengthBytes: What the whole commit occupies.
    ///   - pieceBytes: About how much is written at once.
    init(to segment: RawSegment, at startBytes: UInt64, after head: FeedHead, lengthBytes: UInt64, pieceBytes: Int) {
        self.segment = segment
        self.startBytes = startBytes
        self.pieceBytes = pieceBytes
        builder = BlockBuilder(after: head)
        bytes.reserveCapacity(min(Int(lengthBytes), pieceBytes + Limits.storedBytes(ofEntries: Limits.blockRawBytes)))
    }

    /// Where the feed ends with what was added.
    private(set) var head: FeedHead {
        get { builder.head }
        set { builder = BlockBuilder(after: newValue) }
    }

    /// Adds an entry.
    ///
    /// - Returns: The digest after it.
    /// - Throws: `.corrupted` at the end of all positions; `.noSpace`, `.readOnly`, `.inputOutput`.
    mutating func append(_ entry: [UInt8]) throws(StorageError) -> ChainDigest {
        if builder.isFull(for: entry.count) { try finishBlock(endsCommit: false) }
        do throws(FormatError) {
            return try builder.append(unsafe entry.span.bytes)
        } catch {
            throw FeedDirectory.damage(error, path: segment.file.path)
        }
    }

    /// Ends a commit of entries.
    mutating func end() throws(StorageError) {
        try finishBlock(endsCommit: true)
    }

    /// Adds a block as it is.
    mutating func append(_ block: Block, endsCommit: Bool) throws(StorageError) {
        place(endsCommit: endsCommit).encode(block, salt: segment.header.salt, into: &bytes)
        head = block.header.head
        try writePieces(all: endsCommit)
    }

    private mutating func finishBlock(endsCommit: Bool) throws(StorageError) {
        builder.finish(at: place(endsCommit: endsCommit), salt: segment.header.salt, into: &bytes)
        try writePieces(all: endsCommit)
    }

    /// Where the next block is going to lie.
    private func place(endsCommit: Bool) -> BlockPlace {
        BlockPlace(
            offsetBytes: startBytes + writtenBytes + UInt64(bytes.count),
            durableOffsetBytes: SeededBug.durableOffsetNotAdvanced.isPlanted ? 0 : startBytes,
            endsCommit: endsCommit
        )
    }

    private mutating func writePieces(all: Bool) throws(StorageError) {
        guard all || bytes.count >= pieceBytes else { return }
        let offsetBytes = startBytes + writtenBytes
        try segment.file.write(bytes, at: offsetBytes)
        writtenBytes += UInt64(bytes.count)
        if !all { segment.file.startWriting(offsetBytes..<startBytes + writtenBytes) }
        bytes.removeAll(keepingCapacity: true)
    }
}
