import LogFormat
import StoreIO

/// A block as it was read, inflated, its chain not looked at.
struct ReadBlock: Sendable {
    let header: BlockHeader
    /// Entries with their length fields.
    let raw: [UInt8]

    /// - Throws: `.corrupted` when it is not the block its place says, or does not inflate; `.inputOutput`.
    init(
        at row: SegmentReader.Row,
        of segment: SegmentReader,
        using inflater: inout Inflater
    ) throws(StorageError) {
        let block = try segment.block(at: row)
        header = block.header
        raw = try FeedDirectory.decoding(
            segment.path,
            at: row.offsetBytes,
            positions: block.header.firstPosition...block.header.lastPosition
        ) { () throws(FormatError) in
            try block.raw(using: &inflater)
        }
    }
}

/// The blocks of a sealed segment in order, read and inflated on a thread of their own.
struct BlocksAhead {
    /// Blocks handed over at once, so that the two threads seldom wait for each other's lock.
    private static let together = 8

    private let source: Ahead<[Result<ReadBlock, StorageError>]>
    private var ready: ArraySlice<Result<ReadBlock, StorageError>> = []

    init(of segment: SegmentReader) {
        source = Ahead(limit: 4) { number in
            var inflater = Inflater()
            var blocks: [Result<ReadBlock, StorageError>] = []
            for index in number * Self.together..<(number + 1) * Self.together {
                do throws(StorageError) {
                    guard let row = try segment.row(number: index, endOffsetBytes: 0) else { break }
                    blocks.append(.success(try ReadBlock(at: row, of: segment, using: &inflater)))
                } catch {
                    blocks.append(.failure(error))
                }
            }
            return blocks.isEmpty ? nil : blocks
        }
    }

    /// The next block; nil behind the last.
    ///
    /// - Throws: What reading it threw.
    mutating func next() throws(StorageError) -> ReadBlock? {
        if ready.isEmpty { ready = source.next()?[...] ?? [] }
        return try ready.popFirst()?.get()
    }
}
