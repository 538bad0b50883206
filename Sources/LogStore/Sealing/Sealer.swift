import LogFormat
package import StoreIO

/// Turns closed raw segments of a feed into sealed ones.
///
/// Safe at every crash point: the sealed file is written beside, synced, read back (through the page cache) and proven by
/// the chain up to the head that the next segment names before it gets its name, and the raw file goes only after that
/// name is durable. A crash leaves the raw file, or both, or the sealed one; readers take the sealed one when both are
/// there, and the next run finishes the work. Call with the seal lock held.
///
/// Who writes to the store waits for two short moments a segment, in which names change and nothing is synced: one gives
/// the sealed file its name, if the feed was not cut back while it was made, and one takes the raw file's, if both files
/// are still those of that name. Everything else happens outside of the append lock.
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
    ///   - writesAhead: Two threads make and prove sealed files ahead, while nobody else needs a core.
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
    /// - Complexity: For each segment one file sync and one directory sync; one more directory sync at the end.
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
        let ahead = writesAhead ? made(closed) : nil
        // Whoever may seal next must find nobody at work.
        defer { ahead?.stop() }
        for segment in closed {
            let made: Made
            if let next = ahead?.next() { made = try next.get() } else { made = try make(segment) }
            guard try publish(made) else { break }
            result.segments += 1
            result.rawBytes += made.rawBytes
            result.sealedBytes += made.sealedBytes
            progress(segment.name)
        }
        // So that raw files do not come back after a power cut; those that do are removed by the next run.
        if result.segments > 0 { try directory.fileSystem.syncDirectory(directory.path) }
        return result
    }

    /// A raw segment, and the one behind it, whose header says where it ends.
    private struct Closed: Sendable {
        var name: SegmentName
        var successor: SegmentName
    }

    /// A sealed file that is on the disk, proven, and has no name yet that counts.
    private struct Made: Sendable {
        var segment: Closed
        /// Kept open: while it is, no other file can be taken for it, and taking its name frees no space, which takes long.
        var raw: SegmentReader
        /// As it was when the file was made.
        var following: SegmentHeader
        var path: String
        /// Kept open too.
        var file: any OpenFile
        var inode: UInt64
        var rawBytes: UInt64
        var sealedBytes: UInt64
    }

    private func made(_ closed: [Closed]) -> Ahead<Swift.Result<Made, StorageError>> {
        Ahead(limit: 2, threads: 2, inBackground: true) { number in
            guard number < closed.count else { return nil }
            return Swift.Result { () throws(StorageError) in try make(closed[number]) }
        }
    }

    // MARK: - One segment

    private func make(_ segment: Closed) throws(StorageError) -> Made {
        let following = try SegmentReader(segment.successor, in: directory).header
        guard let predecessor = following.predecessor, predecessor.firstPosition == segment.name.firstPosition else {
            throw FeedDirectory.damage(.inconsistent, path: directory.path(of: segment.successor), offsetBytes: 96)
        }
        let sealed = SegmentName(firstPosition: segment.name.firstPosition, kind: .sealed)
        let path = directory.path(of: sealed) + ".new"
        let raw = try SegmentReader(segment.name, in: directory)
        try write(raw, endOffsetBytes: predecessor.endOffsetBytes, head: following.previous, to: path)
        let file = try directory.fileSystem.openFile(path, .read)
        let footer: SealedFooter
        do throws(StorageError) {
            footer = try SealedFileCheck.run(file, feed: directory.feed).footer
            guard footer.head == following.previous else { throw FeedDirectory.damage(.chain, path: path) }
        } catch {
            // Which of the two files is damaged?
            if error.code == .corrupted { try prove(raw, endOffsetBytes: predecessor.endOffsetBytes) }
            throw error
        }
        let status = try file.status()
        return Made(
            segment: segment,
            raw: raw,
            following: following,
            path: path,
            file: file,
            inode: status.inode,
            rawBytes: footer.rawBytes,
            sealedBytes: status.sizeBytes
        )
    }

    /// Puts a sealed file in the place of the raw one.
    ///
    /// - Returns: False when the feed was cut back meanwhile, and the segment no longer ends where it did.
    private func publish(_ made: Made) throws(StorageError) -> Bool {
        // Closed when nobody waits any more: that is when the space of the raw file is freed.
        defer { withExtendedLifetime(made) {} }
        let (raw, successor) = (made.segment.name, made.segment.successor)
        let sealed = directory.path(of: SegmentName(firstPosition: raw.firstPosition, kind: .sealed))
        var isNamed = false
        try exclusively { () throws(StorageError) in
            guard try isThere(raw, inode: made.raw.inode),
                try directory.fileSystem.exists(directory.path(of: successor)),
                try SegmentReader(successor, in: directory).header == made.following
            else { return try directory.fileSystem.unlink(made.path) }
            try directory.fileSystem.renameWithoutReplacing(made.path, to: sealed)
            isNamed = true
        }
        guard isNamed else { return false }
        if !SeededBug.rawRemovedBeforeSync.isPlanted { try directory.fileSystem.syncDirectory(directory.path) }
        try remove(raw, inode: made.raw.inode, sealedInode: made.inode)
        return true
    }

    /// Takes a raw segment's name, the sealed one's being durable.
    ///
    /// A feed that was cut back may have another segment of that name by now, which is left alone.
    private func remove(_ raw: SegmentName, inode: UInt64, sealedInode: UInt64) throws(StorageError) {
        let sealed = SegmentName(firstPosition: raw.firstPosition, kind: .sealed)
        try exclusively { () throws(StorageError) in
            guard try isThere(raw, inode: inode), try isThere(sealed, inode: sealedInode) else { return }
            try directory.fileSystem.unlink(directory.path(of: raw))
        }
    }

    private func isThere(_ name: SegmentName, inode: UInt64) throws(StorageError) -> Bool {
        try directory.fileSystem.status(directory.path(of: name))?.inode == inode
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
        var window = SegmentReader.ReadWindow()
        var number = 0
        while let row = try raw.row(number: number, endOffsetBytes: endOffsetBytes) {
            number += 1
            guard row.previous.position < head.position else { break }
            var block = try raw.block(at: row, through: &window)
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
                let end = offset + UInt64(pending.count)
                // Whoever syncs meanwhile then never waits for all of a segment.
                file.startWriting(offset..<end)
                offset = end
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

    /// Computes the chain of a raw segment.
    ///
    /// - Throws: `.corrupted` at the first block that breaks it; `.inputOutput`.
    private func prove(_ raw: SegmentReader, endOffsetBytes: UInt64) throws(StorageError) {
        var inflater = Inflater()
        var number = 0
        while let row = try raw.row(number: number, endOffsetBytes: endOffsetBytes) {
            number += 1
            let block = try raw.block(at: row)
            _ = try FeedDirectory.decoding(
                raw.path,
                at: row.offsetBytes,
                positions: block.header.firstPosition...block.header.lastPosition
            ) { () throws(FormatError) in try block.verified(after: row.previous, using: &inflater) }
        }
    }

    // MARK: - After a crash

    /// The sealed file has its name already: prove it, make the name durable, and only then remove the raw one.
    private func finish(_ raw: SegmentName) throws(StorageError) {
        let sealed = directory.path(of: SegmentName(firstPosition: raw.firstPosition, kind: .sealed))
        let file = try directory.fileSystem.openFile(sealed, .read)
        _ = try SealedFileCheck.run(file, feed: directory.feed)
        try directory.fileSystem.syncDirectory(directory.path)
        let old = try directory.fileSystem.openFile(directory.path(of: raw), .read)
        defer { withExtendedLifetime((old, file)) {} }
        try remove(raw, inode: old.status().inode, sealedInode: file.status().inode)
        try directory.fileSystem.syncDirectory(directory.path)
    }

    /// Unfinished files of a run that was killed. They were never anybody's.
    private func removeLeftovers() throws(StorageError) {
        for name in try directory.fileSystem.listDirectory(directory.path) where name.hasSuffix(".zseg.new") {
            try directory.fileSystem.unlink("\(directory.path)/\(name)")
        }
    }
}
