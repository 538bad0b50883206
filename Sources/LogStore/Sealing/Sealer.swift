import LogFormat
package import StoreIO

/// Turns closed raw segments of a feed into sealed ones.
///
/// Safe at every crash point: the sealed file is written beside, synced, read back (through the page cache) and proven by
/// the chain up to the head that the next segment names before it gets its name, and the raw file goes only after that name is durable. A crash
/// leaves the raw file, or both, or the sealed one; readers take the sealed one when both are there, and the next run
/// finishes the work. Call with the seal lock held. A feed that is cut back while its segment is being sealed is noticed
/// inside the append lock, and the segment stays raw.
package struct Sealer: Sendable {
    /// What one run did.
    package struct Result: Hashable, Sendable {
        package var segments = 0
        /// Entries with their length fields.
        package var rawBytes: UInt64 = 0
        /// File sizes, sealed.
        package var sealedBytes: UInt64 = 0

        package init() {}
    }

    private let directory: FeedDirectory
    private let level: Int32
    private let writesAhead: Bool
    private let exclusively: Exclusively

    /// Runs a short piece of work while nobody else writes to the store.
    package typealias Exclusively =
        @Sendable (_ work: () throws(StorageError) -> Void) throws(StorageError) -> Void

    /// Sealed bytes are written in pieces of at least this size.
    private static let pieceBytes = 256 * 1024

    /// - Parameters:
    ///   - directory: The feed.
    ///   - level: Of deflate, 1 to 9.
    ///   - writesAhead: The next segment is compressed on a second thread while one is proven and named.
    ///   - exclusively: Holds the append lock meanwhile. Without one nobody else may write.
    package init(
        _ directory: FeedDirectory,
        level: Int32 = Deflater.defaultLevel,
        writesAhead: Bool = false,
        exclusively: @escaping Exclusively = { (work) throws(StorageError) in try work() }
    ) {
        self.directory = directory
        self.level = level
        self.writesAhead = writesAhead
        self.exclusively = exclusively
    }

    /// Seals every closed segment that is raw, oldest first.
    ///
    /// A segment is closed when there is a later one, whose header names its end. Segments without entries stay raw.
    ///
    /// - Parameter progress: Called after each segment with its name.
    /// - Returns: What was done.
    /// - Throws: `.corrupted` when a raw segment is not the feed (it stays as it is); `.noSpace`, `.readOnly`,
    ///   `.inputOutput`. What was sealed before stays sealed.
    /// - Complexity: For each segment two file syncs and two directory syncs.
    package func sealClosedSegments(progress: (SegmentName) -> Void = { _ in }) throws(StorageError) -> Result {
        var result = Result()
        let names = try directory.segments()
        try removeLeftovers()
        var closed: [Closed] = []
        for (index, name) in names.enumerated() where name.kind == .raw {
            if index > 0, names[index - 1] == SegmentName(firstPosition: name.firstPosition, kind: .sealed) {
                try finish(name)
            } else if let next = names[(index + 1)...].first(where: { $0.firstPosition > name.firstPosition }) {
                closed.append(Closed(name: name, successor: next))
            }
        }
        let ahead = writesAhead && closed.count > 1 ? written(closed) : nil
        // Whoever may seal next must find nobody at work.
        defer { ahead?.stop() }
        for segment in closed {
            let written: Written
            if let next = ahead?.next() { written = try next.get() } else { written = try write(segment) }
            guard let sealed = try publish(written) else { break }
            result.segments += 1
            result.rawBytes += sealed.footer?.rawBytes ?? 0
            result.sealedBytes += try sealed.sizeBytes()
            progress(segment.name)
        }
        return result
    }

    /// A raw segment, and the one behind it, whose header says where it ends.
    private struct Closed: Sendable {
        var name: SegmentName
        var successor: SegmentName
    }

    /// A sealed file that is on the disk and has no name yet that counts.
    private struct Written: Sendable {
        var segment: Closed
        /// As it was when the file was made.
        var following: SegmentHeader
        var path: String
    }

    private func written(_ closed: [Closed]) -> Ahead<Swift.Result<Written, StorageError>> {
        Ahead(limit: 1) { number in
            guard number < closed.count else { return nil }
            return Swift.Result { () throws(StorageError) in try write(closed[number]) }
        }
    }

    // MARK: - One segment

    private func write(_ segment: Closed) throws(StorageError) -> Written {
        let following = try SegmentReader(segment.successor, in: directory).header
        guard let predecessor = following.predecessor, predecessor.firstPosition == segment.name.firstPosition else {
            throw FeedDirectory.damage(.inconsistent, path: directory.path(of: segment.successor), offsetBytes: 96)
        }
        let sealed = SegmentName(firstPosition: segment.name.firstPosition, kind: .sealed)
        let path = directory.path(of: sealed) + ".new"
        let raw = try SegmentReader(segment.name, in: directory)
        try write(raw, endOffsetBytes: predecessor.endOffsetBytes, head: following.previous, to: path)
        return Written(segment: segment, following: following, path: path)
    }

    /// Proves a sealed file and puts it in the place of the raw one.
    ///
    /// - Returns: nil when the feed was cut back meanwhile, and the segment no longer ends where it did.
    private func publish(_ written: Written) throws(StorageError) -> SegmentReader? {
        let (name, successor) = (written.segment.name, written.segment.successor)
        let sealedName = SegmentName(firstPosition: name.firstPosition, kind: .sealed)
        try verify(written.path, head: written.following.previous)
        var sealed: SegmentReader?
        try exclusively { () throws(StorageError) in
            guard try isThere(name), try isThere(successor),
                try SegmentReader(successor, in: directory).header == written.following
            else { return try directory.fileSystem.unlink(written.path) }
            try directory.fileSystem.renameWithoutReplacing(written.path, to: directory.path(of: sealedName))
            if !SeededBug.rawRemovedBeforeSync.isPlanted { try directory.fileSystem.syncDirectory(directory.path) }
            sealed = try SegmentReader(sealedName, in: directory)
            try directory.fileSystem.unlink(directory.path(of: name))
            try directory.fileSystem.syncDirectory(directory.path)
        }
        return sealed
    }

    private func isThere(_ name: SegmentName) throws(StorageError) -> Bool {
        try directory.fileSystem.exists(directory.path(of: name))
    }

    private func write(
        _ raw: SegmentReader,
        endOffsetBytes: UInt64,
        head: FeedHead,
        to path: String
    ) throws(StorageError) {
        let file = try directory.fileSystem.openFile(path, .create)
        var builder = SealedSegmentBuilder(sealing: raw.header, level: level)
        var pending = builder.start
        var offset: UInt64 = 0
        var number = 0
        while let row = try raw.row(number: number, endOffsetBytes: endOffsetBytes) {
            number += 1
            guard row.previous.position < head.position else { break }
            var block = try raw.block(at: row)
            if block.header.lastPosition > head.position {
                // The segment was closed in the middle of this block: what follows belongs to nobody.
                block = try cut(block, after: row.previous, through: head.position, path: raw.path) ?? block
            }
            let piece = try FeedDirectory.decoding(
                raw.path,
                at: row.offsetBytes,
                positions: block.header.firstPosition...block.header.lastPosition
            ) { () throws(FormatError) in try builder.append(block) }
            pending += piece
            if pending.count >= Self.pieceBytes {
                try file.write(pending, at: offset)
                offset += UInt64(pending.count)
                pending = []
            }
        }
        guard builder.head == head else {
            throw FeedDirectory.damage(.chain, path: raw.path, offsetBytes: endOffsetBytes)
        }
        pending += try FeedDirectory.decoding(raw.path) { () throws(FormatError) in
            try builder.finish(rawEndOffsetBytes: endOffsetBytes)
        }
        try file.write(pending, at: offset)
        try file.synchronizeData()
    }

    private func cut(
        _ block: Block,
        after head: FeedHead,
        through position: UInt64,
        path: String
    ) throws(StorageError) -> Block? {
        var inflater = Inflater()
        return try FeedDirectory.decoding(path) { () throws(FormatError) in
            try block.slice(1...position, after: head, using: &inflater).block
        }
    }

    /// Reads a sealed file from its first to its last byte and proves that it is the feed up to `head`.
    private func verify(_ path: String, head: FeedHead) throws(StorageError) {
        let file = try directory.fileSystem.openFile(path, .read)
        let reached = try SealedFileCheck.run(file, feed: directory.feed)
        guard reached.head == head else { throw FeedDirectory.damage(.chain, path: path) }
    }

    // MARK: - After a crash

    /// The sealed file has its name already: prove it, make the name durable, and only then remove the raw one.
    private func finish(_ raw: SegmentName) throws(StorageError) {
        let sealed = directory.path(of: SegmentName(firstPosition: raw.firstPosition, kind: .sealed))
        let file = try directory.fileSystem.openFile(sealed, .read)
        _ = try SealedFileCheck.run(file, feed: directory.feed)
        try directory.fileSystem.syncDirectory(directory.path)
        try directory.fileSystem.unlink(directory.path(of: raw))
        try directory.fileSystem.syncDirectory(directory.path)
    }

    /// Unfinished files of a run that was killed. They were never anybody's.
    private func removeLeftovers() throws(StorageError) {
        for name in try directory.fileSystem.listDirectory(directory.path) where name.hasSuffix(".zseg.new") {
            try directory.fileSystem.unlink("\(directory.path)/\(name)")
        }
    }
}
