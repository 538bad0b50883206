package import LogFormat
package import StoreIO
import Synchronization

/// One segment file open for reading, raw or sealed, with the places of its blocks.
///
/// A sealed segment's index is read once. A raw one has none: its block headers are scanned as far as somebody asks, and
/// remembered. The handle goes on working when sealing removes the file's name. Safe from several threads.
package final class SegmentReader: Sendable {
    /// Where a block lies and what is before it; the same for both kinds.
    package typealias Row = SealedIndex.Row

    package let name: SegmentName
    package let header: SegmentHeader
    /// nil for a raw segment.
    package let footer: SealedFooter?
    /// Identity of the file, to notice when another file has taken its name.
    let inode: UInt64

    private let file: any OpenFile
    private let blocks: Mutex<Blocks>

    /// What is known of the blocks so far.
    private struct Blocks: Sendable {
        var rows: [Row] = []
        /// The head after the last row.
        var head: FeedHead
        /// Where the next block, or the index, begins.
        var endOffsetBytes: UInt64
    }

    /// Bytes read at once while scanning a raw segment; more than any placed block.
    private static let scanBytes = 256 * 1024

    /// Opens a segment.
    ///
    /// - Parameters:
    ///   - name: Which.
    ///   - directory: The feed's folder.
    /// - Throws: `.notFound` when the name is gone, for instance because it was sealed meanwhile; `.corrupted`,
    ///   `.unsupportedFormat` when header, footer or index are not what they must be; `.inputOutput`.
    /// - Complexity: One read for a raw segment, three for a sealed one.
    package convenience init(_ name: SegmentName, in directory: FeedDirectory) throws(StorageError) {
        let file = try directory.fileSystem.openFile(directory.path(of: name), .read)
        try self.init(name, of: directory.feed, file)
    }

    /// Reads a segment that is open, or lies in memory.
    ///
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    init(_ name: SegmentName, of feed: FeedID, _ file: any OpenFile) throws(StorageError) {
        let header = try Self.readHeader(of: file, feed: feed, kind: name.kind)
        guard header.firstPosition == name.firstPosition else {
            throw FeedDirectory.damage(.inconsistent, path: file.path, offsetBytes: 0)
        }
        var found = Blocks(head: header.previous, endOffsetBytes: UInt64(SegmentHeader.lengthBytes))
        if name.kind == .sealed {
            let (footer, index) = try Self.readIndex(of: file, header: header)
            self.footer = footer
            found = Blocks(rows: index.rows, head: footer.head, endOffsetBytes: footer.indexOffsetBytes)
        } else {
            footer = nil
        }
        self.name = name
        self.header = header
        inode = try file.status().inode
        self.file = file
        blocks = Mutex(found)
    }

    /// The file's path when it was opened.
    package var path: String { file.path }

    /// The file's present size.
    package func sizeBytes() throws(StorageError) -> UInt64 { try file.status().sizeBytes }

    /// Reads the header of a segment, whatever the file is called.
    ///
    /// - Throws: `.corrupted`, `.unsupportedFormat` when it is not that of a segment of this feed and kind;
    ///   `.inputOutput`.
    static func readHeader(
        of file: any OpenFile,
        feed: FeedID,
        kind: SegmentHeader.Kind
    ) throws(StorageError) -> SegmentHeader {
        let start = try file.read(upTo: SegmentHeader.lengthBytes, at: 0)
        return try FeedDirectory.decoding(file.path, at: 0) { () throws(FormatError) in
            let header = try SegmentHeader(decoding: start)
            guard header.feed == feed, header.kind == kind else { throw .inconsistent }
            return header
        }
    }

    /// Reads footer and index of a sealed segment.
    ///
    /// - Throws: `.corrupted`, `.unsupportedFormat` when they are not what they must be; `.inputOutput`.
    static func readIndex(
        of file: any OpenFile,
        header: SegmentHeader
    ) throws(StorageError) -> (SealedFooter, SealedIndex) {
        let size = try file.status().sizeBytes
        let footerOffset = size - min(size, UInt64(SealedFooter.lengthBytes))
        let end = try file.read(upTo: SealedFooter.lengthBytes, at: footerOffset)
        let footer = try FeedDirectory.decoding(file.path, at: footerOffset) { () throws(FormatError) in
            try SealedFooter(decoding: end, header: header, fileLengthBytes: size)
        }
        let range = footer.indexRange
        // The footer's length was found to fit the file's, so this is no more than the file holds.
        let rows = try file.read(exactly: Int(range.upperBound - range.lowerBound), at: range.lowerBound)
        let index = try FeedDirectory.decoding(file.path, at: range.lowerBound) { () throws(FormatError) in
            try SealedIndex(decoding: rows, footer: footer, header: header)
        }
        return (footer, index)
    }

    // MARK: - Blocks

    /// The block that holds a position.
    ///
    /// - Parameters:
    ///   - position: An entry's.
    ///   - endOffsetBytes: Where the blocks of a raw segment end; never read beyond. Ignored for a sealed one.
    /// - Returns: Its place and number, or nil when the segment does not hold the position before `endOffsetBytes`.
    /// - Throws: `.corrupted` when a raw segment can not be followed that far; `.inputOutput`.
    package func row(
        holding position: UInt64,
        endOffsetBytes: UInt64
    ) throws(StorageError) -> (number: Int, row: Row)? {
        try scan(through: position, endOffsetBytes: endOffsetBytes)
        return blocks.withLock { blocks in
            guard position > header.previous.position, position <= blocks.head.position else { return nil }
            let next = blocks.rows.partitioningIndex { $0.firstPosition > position }
            return next == 0 ? nil : (next - 1, blocks.rows[next - 1])
        }
    }

    /// The block of this number, or nil behind the last before `endOffsetBytes`.
    package func row(number: Int, endOffsetBytes: UInt64) throws(StorageError) -> Row? {
        if let known = blocks.withLock({ number < $0.rows.count ? $0.rows[number] : nil }) { return known }
        let next = blocks.withLock { $0.head.position + 1 }
        try scan(through: next, endOffsetBytes: endOffsetBytes)
        return blocks.withLock { number < $0.rows.count ? $0.rows[number] : nil }
    }

    /// Reads a block.
    ///
    /// - Throws: `.corrupted` when it is not the block its place says; `.inputOutput`.
    /// - Complexity: One read, one checksum.
    package func block(at row: Row) throws(StorageError) -> Block {
        let bytes = try file.read(upTo: Int(row.lengthBytes), at: row.offsetBytes)
        return try FeedDirectory.decoding(
            path,
            at: row.offsetBytes,
            positions: row.firstPosition...row.firstPosition
        ) { () throws(FormatError) in
            let block = try Block(decoding: bytes)
            guard block.header.firstPosition == row.firstPosition,
                block.header.encodedLengthBytes == Int(row.lengthBytes)
            else { throw .inconsistent }
            return block
        }
    }

    /// Reads a block for who reads them all in order: many small ones with one read.
    ///
    /// - Parameters:
    ///   - row: The block's place.
    ///   - window: What was read before, empty at first; of one segment.
    /// - Returns: The block.
    /// - Throws: as ``block(at:)``.
    func block(at row: Row, through window: inout ReadWindow) throws(StorageError) -> Block {
        let length = Int(row.lengthBytes)
        if !window.holds(length, at: row.offsetBytes) {
            do throws(StorageError) {
                window.bytes = try file.read(upTo: max(length, Self.scanBytes), at: row.offsetBytes)
            } catch {
                // What can not be read may lie behind this block.
                guard error.code == .inputOutput else { throw error }
                window.bytes = try file.read(upTo: length, at: row.offsetBytes)
            }
            window.offsetBytes = row.offsetBytes
        }
        let start = min(Int(row.offsetBytes - window.offsetBytes), window.bytes.count)
        let bytes = window.bytes
        return try FeedDirectory.decoding(
            path,
            at: row.offsetBytes,
            positions: row.firstPosition...row.firstPosition
        ) { () throws(FormatError) in
            let block = try Block(decoding: bytes, from: start)
            guard block.header.firstPosition == row.firstPosition, block.header.encodedLengthBytes == length
            else { throw .inconsistent }
            return block
        }
    }

    /// The places of all blocks that can still be found, also behind damaged ones.
    ///
    /// Behind a block whose header is damaged the head before the next one is what the damaged header says where nothing
    /// vouches for it any more: the next block's chain proves that, or the block can not be read either.
    ///
    /// - Parameter endOffsetBytes: Where the blocks of a raw segment end; ignored for a sealed one.
    /// - Returns: Places in order, with gaps.
    /// - Throws: `.inputOutput`.
    /// - Complexity: Reads a raw segment whole.
    func rowsLeft(endOffsetBytes: UInt64) throws(StorageError) -> [Row] {
        guard name.kind == .raw else { return blocks.withLock { $0.rows } }
        let lengthBytes = min(endOffsetBytes, UInt64(Limits.segmentBytes + Limits.commitStoredBytes))
        let bytes = try file.read(upTo: Int(lengthBytes), at: 0)
        var rows: [Row] = []
        var before: FeedHead? = header.previous
        var index = SegmentHeader.lengthBytes
        while index < bytes.count {
            do throws(FormatError) {
                let (place, block) = try BlockPlace.decode(
                    bytes,
                    from: index,
                    offsetBytes: UInt64(index),
                    salt: header.salt
                )
                if let before, before.position + 1 == block.firstPosition {
                    rows.append(
                        Row(
                            offsetBytes: place.offsetBytes + UInt64(BlockPlace.lengthBytes),
                            lengthBytes: UInt32(block.encodedLengthBytes),
                            rawLengthBytes: block.rawLengthBytes,
                            previous: before
                        )
                    )
                }
                before = block.head
                index += BlockPlace.lengthBytes + block.encodedLengthBytes
            } catch {
                let next = SegmentScan.nextBlock(in: bytes, from: index + 1, bufferOffsetBytes: 0, salt: header.salt)
                guard let next else { return rows }
                let stated = index + BlockPlace.lengthBytes + BlockHeader.digestOffsetBytes
                before = ChainDigest(bytes[stated..<stated + ChainDigest.lengthBytes]).map {
                    FeedHead(position: next.header.firstPosition - 1, digest: $0)
                }
                index = Int(next.place.offsetBytes)
            }
        }
        return rows
    }

    /// A piece of a segment in memory.
    struct ReadWindow {
        fileprivate var bytes: [UInt8] = []
        fileprivate var offsetBytes: UInt64 = 0

        fileprivate func holds(_ count: Int, at offset: UInt64) -> Bool {
            offset >= offsetBytes && offset + UInt64(count) <= offsetBytes + UInt64(bytes.count)
        }
    }

    /// Walks the block headers of a raw segment until `position` is passed or the blocks end, and through all that was read
    /// for it: who goes on from there finds them known.
    private func scan(through position: UInt64, endOffsetBytes: UInt64) throws(StorageError) {
        guard name.kind == .raw else { return }
        var known = blocks.withLock { ($0.head, $0.endOffsetBytes) }
        var found: [Row] = []
        while known.0.position < position, known.1 < endOffsetBytes {
            let length = Int(min(UInt64(Self.scanBytes), endOffsetBytes - known.1))
            let buffer = try file.read(upTo: length, at: known.1)
            let start = known.1
            var offset = 0
            while offset < buffer.count {
                let rest = buffer.count - offset
                if rest < BlockPlace.lengthBytes + BlockHeader.lengthBytes, rest < endOffsetBytes - known.1 { break }
                let placeOffset = start + UInt64(offset)
                let placed: (place: BlockPlace, header: BlockHeader)
                do throws(FormatError) {
                    placed = try BlockPlace.decode(buffer, from: offset, offsetBytes: placeOffset, salt: header.salt)
                    guard placed.header.firstPosition == known.0.position + 1 else { throw .notNext }
                    let end = placeOffset + UInt64(BlockPlace.lengthBytes + placed.header.encodedLengthBytes)
                    guard end <= endOffsetBytes else { throw .truncated }
                } catch {
                    // Damage behind what was asked for is whoever's who asks for it.
                    guard known.0.position < position else { break }
                    let next = known.0.position + 1
                    throw FeedDirectory.damage(error, path: path, offsetBytes: placeOffset, positions: next...next)
                }
                found.append(
                    Row(
                        offsetBytes: placed.place.offsetBytes + UInt64(BlockPlace.lengthBytes),
                        lengthBytes: UInt32(placed.header.encodedLengthBytes),
                        rawLengthBytes: placed.header.rawLengthBytes,
                        previous: known.0
                    )
                )
                let step = BlockPlace.lengthBytes + placed.header.encodedLengthBytes
                known = (placed.header.head, placeOffset + UInt64(step))
                offset += step
            }
            // No step forward: the file ends before its blocks do.
            guard offset > 0 else {
                throw FeedDirectory.damage(
                    .truncated,
                    path: path,
                    offsetBytes: known.1,
                    positions: known.0.position + 1...known.0.position + 1
                )
            }
        }
        guard !found.isEmpty else { return }
        let (rows, reached) = (found, known)
        blocks.withLock { blocks in
            // Another thread may have walked further meanwhile; what both found is the same.
            let fresh = rows.drop { $0.firstPosition <= blocks.head.position }
            guard !fresh.isEmpty, reached.0.position > blocks.head.position else { return }
            blocks.rows.append(contentsOf: fresh)
            blocks.head = reached.0
            blocks.endOffsetBytes = reached.1
        }
    }
}
