import LogFormat
import StoreIO

/// Reads a sealed file completely, whatever its name, and proves all of it.
enum SealedFileCheck {
    /// - Parameters:
    ///   - file: The file.
    ///   - feed: Whose it must be.
    ///   - progress: Called with the bytes read since the last call.
    /// - Returns: Its header, and its footer with the head after its last entry.
    /// - Throws: `.corrupted` with the offset, `.unsupportedFormat`, `.inputOutput`.
    static func run(
        _ file: any OpenFile,
        feed: FeedID,
        progress: (UInt64) -> Void = { _ in }
    ) throws(StorageError) -> (header: SegmentHeader, footer: SealedFooter) {
        let header = try SegmentReader.readHeader(of: file, feed: feed, kind: .sealed)
        let (footer, index) = try SegmentReader.readIndex(of: file, header: header)
        var inflater = Inflater()
        var head = header.previous
        for row in index.rows {
            let bytes = try file.read(upTo: Int(row.lengthBytes), at: row.offsetBytes)
            head = try FeedDirectory.decoding(
                file.path,
                at: row.offsetBytes,
                positions: row.firstPosition...row.firstPosition
            ) { () throws(FormatError) in
                let block = try Block(decoding: bytes)
                guard row.previous == head, block.header.encodedLengthBytes == bytes.count else {
                    throw .inconsistent
                }
                return try block.verified(after: head, using: &inflater)
            }
            progress(UInt64(row.lengthBytes))
        }
        guard head == footer.head else {
            throw FeedDirectory.damage(.chain, path: file.path, offsetBytes: footer.indexRange.upperBound)
        }
        return (header, footer)
    }
}
