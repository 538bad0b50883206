/// Some consecutive entries of a feed: the one unit on disk, on the wire and in a bundle.
///
/// Encoded it is a ``BlockHeader`` and the stored bytes, nothing else; a block never needs another block to be read.
/// The raw bytes are the entries in order, each a length in 4 bytes (least significant first, 1 to 16384) and the entry.
/// A value of this type is well formed: lengths are within ``Limits`` and the stored bytes match their checksum. That the
/// entries are those of the feed is known only after ``verified(after:using:)``.
package struct Block: Hashable, Sendable {
    package let header: BlockHeader
    /// What follows the header.
    package let stored: [UInt8]

    init(header: BlockHeader, stored: [UInt8]) {
        self.header = header
        self.stored = stored
    }

    /// Reads the block at the start of `bytes`; more may follow.
    ///
    /// - Throws: as ``BlockHeader/init(decoding:)``; `.truncated`, `.checksum`, `.unknownDictionary`.
    /// - Complexity: One CRC and one copy of the stored bytes.
    package init(decoding bytes: RawSpan) throws(FormatError) {
        let header = try BlockHeader(decoding: bytes)
        guard bytes.byteCount >= header.encodedLengthBytes else { throw .truncated }
        let range = BlockHeader.lengthBytes..<header.encodedLengthBytes
        guard Checksum.of(bytes.extracting(range)) == header.storedChecksum || SeededBug.blockChecksumIgnored.isPlanted
        else { throw .checksum }
        if case .deflate(let dictionary) = header.method, PresetDictionary(id: dictionary) == nil {
            throw .unknownDictionary
        }
        self.header = header
        stored = bytes.copied(range)
    }

    /// Reads blocks until `bytes` end.
    ///
    /// - Throws: as ``init(decoding:)``; then nothing of `bytes` is taken.
    package static func decodeAll(_ bytes: RawSpan) throws(FormatError) -> [Block] {
        var blocks: [Block] = []
        var offset = 0
        while offset < bytes.byteCount {
            let block = try Block(decoding: bytes.extracting(offset..<bytes.byteCount))
            offset += block.header.encodedLengthBytes
            blocks.append(block)
        }
        return blocks
    }

    /// Appends header and stored bytes.
    package func encode(into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + header.encodedLengthBytes)
        header.encode(into: &bytes)
        bytes.append(contentsOf: stored)
    }

    /// Header and stored bytes.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}
