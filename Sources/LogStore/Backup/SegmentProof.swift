import LogFormat
import StoreIO

/// Proves a segment that lies in memory.
enum SegmentProof {
    /// - Parameters:
    ///   - bytes: All of a sealed segment; of a raw one what lies before the end of its last block.
    ///   - feed: Whose it must be.
    ///   - name: What it is called.
    ///   - end: The head after its last entry, where that is known.
    ///   - path: For messages.
    /// - Returns: The head before its first entry and after its last.
    /// - Throws: `.corrupted` with the offset, `.unsupportedFormat`.
    static func run(
        _ bytes: [UInt8],
        feed: FeedID,
        name: SegmentName,
        end: FeedHead?,
        path: String
    ) throws(StorageError) -> (previous: FeedHead, head: FeedHead) {
        let file = MemoryFile(bytes, path: path)
        let header = try SegmentReader.readHeader(of: file, feed: feed, kind: name.kind)
        guard header.firstPosition == name.firstPosition else {
            throw FeedDirectory.damage(.inconsistent, path: path, offsetBytes: 0)
        }
        let head =
            name.kind == .sealed
            ? try SealedFileCheck.run(file, feed: feed).footer.head
            : try rawHead(of: bytes, header: header, end: end, path: path)
        guard end == nil || end == head else {
            throw FeedDirectory.damage(.chain, path: path, offsetBytes: UInt64(bytes.count))
        }
        return (header.previous, head)
    }

    private static func rawHead(
        of bytes: [UInt8],
        header: SegmentHeader,
        end: FeedHead?,
        path: String
    ) throws(StorageError) -> FeedHead {
        var head = header.previous
        var inflater = Inflater()
        var index = SegmentHeader.lengthBytes
        while index < bytes.count, head != end {
            head = try FeedDirectory.decoding(
                path,
                at: UInt64(index),
                positions: head.position + 1...head.position + 1
            ) { () throws(FormatError) in
                let found = try SegmentScan.block(in: bytes, at: index, bufferOffsetBytes: 0, salt: header.salt)
                index = Int(found.endOffsetBytes)
                let block = try Block(decoding: Array(bytes[Int(found.blockOffsetBytes)..<index]))
                guard let end, block.header.lastPosition > end.position else {
                    return try block.verified(after: head, using: &inflater)
                }
                // The segment was closed in the middle of this block: what follows belongs to nobody.
                guard
                    let part = try block.slice(1...end.position, after: head, using: &inflater).block
                else { throw .inconsistent }
                return try part.verified(after: head, using: &inflater)
            }
        }
        return head
    }
}
