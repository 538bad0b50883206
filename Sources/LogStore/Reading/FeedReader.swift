package import LogFormat
package import StoreIO

/// Reads one feed up to a published end, whatever lies behind it in the files.
///
/// A value: it sees the feed as it was published when it was made, also while writers go on and segments are sealed.
package struct FeedReader: Sendable {
    package let directory: FeedDirectory
    /// The last entry anybody may see.
    package let end: FeedHead
    /// The segment that is appended to, and how far it is synced.
    private let active: (segment: UInt64, durableBytes: UInt64)
    /// Up to here nothing is ever given up for another history.
    private let attestedPosition: UInt64
    private let cache: SegmentCache

    /// Times the folder is listed again when names go while sealing works.
    private static let attempts = 8

    init(directory: FeedDirectory, slot: HeadsSlot, end: FeedHead, cache: SegmentCache) {
        self.directory = directory
        self.end = end
        active = (slot.segment, slot.durableBytes)
        attestedPosition = slot.attested.position
        self.cache = cache
    }

    /// A reader up to the end that `slot` publishes as attested.
    package init(directory: FeedDirectory, slot: HeadsSlot) {
        self.init(directory: directory, slot: slot, end: slot.attested, cache: SegmentCache())
    }

    // MARK: - Entries

    /// The entries after a position.
    ///
    /// - Parameters:
    ///   - position: 0 for the beginning.
    ///   - limitBytes: About how much to give; at least one entry when there is one.
    /// - Returns: Entries in order; empty at the end.
    /// - Throws: `.corrupted` with file, offset and positions; `.inputOutput`.
    package func entries(after position: UInt64, limitBytes: Int) throws(StorageError) -> [StoredEntry] {
        var taken = EntryCollector(feed: directory.feed, after: position, limitBytes: limitBytes)
        var inflater = Inflater()
        try forEachBlock(after: position) { (segment, row, last, block) throws(StorageError) in
            try taken.take(block, at: row, in: segment.path, through: last, using: &inflater)
            return !taken.isFull
        }
        return taken.entries
    }

    /// The entry a reference names.
    ///
    /// - Throws: `.notFound` when the position is not held, or the digest there is another one; `.corrupted`,
    ///   `.inputOutput`.
    /// - Complexity: With the segment's index at hand one read and one inflate.
    package func entry(_ reference: EntryReference) throws(StorageError) -> [UInt8] {
        guard reference.feed == directory.feed, reference.position > 0, reference.position <= end.position else {
            throw Self.unresolved(reference, "is not held here")
        }
        var found: (digest: ChainDigest, bytes: [UInt8])?
        var inflater = Inflater()
        try forEachBlock(after: reference.position - 1) { (segment, row, _, block) throws(StorageError) in
            found = try FeedDirectory.decoding(
                segment.path,
                at: row.offsetBytes,
                positions: reference.position...reference.position
            ) { () throws(FormatError) in
                var found: (digest: ChainDigest, bytes: [UInt8])?
                try block.forEachEntry(after: row.previous, using: &inflater) { position, digest, entry in
                    guard position == reference.position else { return true }
                    found = (digest, entry.bytes)
                    // A digest that matches proves the entry; one that does not may be the block's fault.
                    return !reference.matches(digest)
                }
                return found
            }
            return false
        }
        guard let found else { throw Self.unresolved(reference, "is not held here") }
        guard reference.matches(found.digest) else {
            throw Self.unresolved(reference, "has another content here than the reference means")
        }
        return found.bytes
    }

    /// The block that holds a position, inflated, up to the published end.
    ///
    /// - Throws: `.notFound` beyond the end; `.corrupted`, `.inputOutput`.
    func inflatedBlock(holding position: UInt64) throws(StorageError) -> BlockCache.Inflated {
        guard position > 0, position <= end.position else {
            throw StorageError(.notFound, "Entry \(position) of feed \(directory.feed) is not held here.")
        }
        if let block = try inflatedOpenBlock(holding: position) { return block }
        return try cache.inflating { (inflater) throws(StorageError) in
            var found: BlockCache.Inflated?
            try forEachBlock(after: position - 1) { (segment, row, last, block) throws(StorageError) in
                found = try inflated(block, through: last, in: segment, at: row, using: &inflater)
                return false
            }
            guard let found else {
                throw FeedDirectory.damage(.truncated, path: directory.path, positions: position...position)
            }
            return found
        }
    }

    /// The same from a sealed segment that is open, without a look at the folder.
    ///
    /// - Returns: nil when none that holds the position is, or it is not what it should be: it may have been replaced, and
    ///   the folder knows.
    /// - Throws: `.inputOutput`, `.unsupportedFormat`.
    func inflatedOpenBlock(holding position: UInt64) throws(StorageError) -> BlockCache.Inflated? {
        guard position > 0, position <= end.position,
            let (segment, last) = cache.sealedSegment(holding: position, in: directory),
            let (_, row) = try segment.row(holding: position, endOffsetBytes: 0)
        else { return nil }
        do throws(StorageError) {
            let block = try segment.block(at: row)
            return try cache.inflating { (inflater) throws(StorageError) in
                try inflated(block, through: min(last, end.position), in: segment, at: row, using: &inflater)
            }
        } catch {
            guard error.code == .corrupted else { throw error }
            return nil
        }
    }

    private func inflated(
        _ block: Block,
        through last: UInt64,
        in segment: SegmentReader,
        at row: SegmentReader.Row,
        using inflater: inout Inflater
    ) throws(StorageError) -> BlockCache.Inflated {
        try FeedDirectory.decoding(
            segment.path,
            at: row.offsetBytes,
            positions: block.header.firstPosition...block.header.lastPosition
        ) { () throws(FormatError) in
            try BlockCache.Inflated(block, of: directory.feed, through: last, using: &inflater)
        }
    }

    /// The head at a position: the digest of the chain there.
    ///
    /// - Throws: `.notFound` beyond the end; `.corrupted`, `.inputOutput`.
    package func head(at position: UInt64) throws(StorageError) -> FeedHead {
        if position == end.position { return end }
        guard position < end.position else {
            throw StorageError(
                .notFound,
                "Feed \(directory.feed) ends at position \(end.position) and has no position \(position).",
                at: .init(path: directory.path)
            )
        }
        var inflater = Inflater()
        var found: FeedHead?
        do throws(StorageError) {
            // Asking for what follows gives the block with the next entry, which knows the digest before it.
            try forEachBlock(after: position) { (segment, row, _, block) throws(StorageError) in
                found = try FeedDirectory.decoding(segment.path, at: row.offsetBytes) { () throws(FormatError) in
                    try block.slice(position + 1...Limits.position, after: row.previous, using: &inflater).before
                }
                return false
            }
        } catch  where error.code == .corrupted && position > 0 {
            // Damage behind an entry does not concern it.
            guard let head = try headOfWholeBlock(at: position) else { throw error }
            return head
        }
        guard let found else {
            throw FeedDirectory.damage(.truncated, path: directory.path, positions: position + 1...position + 1)
        }
        return found
    }

    /// The head at a position that ends a block, from that block alone.
    ///
    /// - Returns: nil when the block goes on behind the position.
    private func headOfWholeBlock(at position: UInt64) throws(StorageError) -> FeedHead? {
        var inflater = Inflater()
        var found: FeedHead?
        try forEachBlock(after: position - 1) { (segment, row, _, block) throws(StorageError) in
            guard block.header.lastPosition == position else { return false }
            found = try FeedDirectory.decoding(segment.path, at: row.offsetBytes) { () throws(FormatError) in
                try block.verified(after: row.previous, using: &inflater)
            }
            return false
        }
        return found
    }

    // MARK: - Blocks

    /// The blocks that continue a head, as they lie; only the first and the last are cut where they must be.
    ///
    /// - Parameters:
    ///   - head: Where the receiver stands.
    ///   - limitBytes: About how much to give, encoded; at least one block when there is one.
    /// - Returns: Blocks in order, none beyond the published end; empty at the end.
    /// - Throws: `.moved` when the feed has another digest at that position: the two have different histories;
    ///   `.notFound` beyond the end; `.corrupted`, `.inputOutput`.
    package func blocks(after head: FeedHead, limitBytes: Int) throws(StorageError) -> [Block] {
        guard head.position < end.position else {
            try require(head)
            return []
        }
        var result: [Block] = []
        var length = 0
        var inflater = Inflater()
        do throws(StorageError) {
            try forEachBlock(after: head.position) { (segment, row, lastPosition, block) throws(StorageError) in
                var (before, block) = (row.previous, block)
                if block.header.firstPosition <= head.position || block.header.lastPosition > lastPosition {
                    let cut = try FeedDirectory.decoding(segment.path, at: row.offsetBytes) { () throws(FormatError) in
                        try block.slice(head.position + 1...lastPosition, after: row.previous, using: &inflater)
                    }
                    guard let kept = cut.block else { return false }
                    (before, block) = (cut.before, kept)
                }
                if result.isEmpty, before != head { try require(head) }
                if length > 0, length + block.header.encodedLengthBytes > limitBytes { return false }
                length += block.header.encodedLengthBytes
                result.append(block)
                return length < limitBytes
            }
        } catch {
            // Of two histories nobody needs to be told that one is damaged.
            if error.code == .corrupted, result.isEmpty { try require(head) }
            throw error
        }
        return result
    }

    /// Proves that the feed goes through a head.
    ///
    /// - Throws: `.moved` when the feed has another digest there; `.notFound` beyond the end; `.corrupted`, `.inputOutput`.
    private func require(_ head: FeedHead) throws(StorageError) {
        guard try self.head(at: head.position).digest == head.digest else {
            throw StorageError(
                .moved,
                "Feed \(directory.feed) has another history at position \(head.position) than the one asked for.",
                at: .init(path: directory.path)
            )
        }
    }

    // MARK: - Walking

    /// Gives the blocks that hold entries after `position`, in order, until `body` says no.
    ///
    /// `body` gets the segment, the block's place, the last position of the block that counts (the published end, or the
    /// next segment's beginning) and the block.
    func forEachBlock(
        after position: UInt64,
        _ body: (SegmentReader, SegmentReader.Row, UInt64, Block) throws(StorageError) -> Bool
    ) throws(StorageError) {
        var next = position + 1
        while next <= end.position {
            let (segment, endOffset, last) = try segment(holding: next)
            guard let (number, first) = try segment.row(holding: next, endOffsetBytes: endOffset) else {
                throw FeedDirectory.damage(.truncated, path: segment.path, positions: next...last)
            }
            var current = number
            var row = first
            while true {
                let block = try segment.block(at: row)
                guard try body(segment, row, min(last, block.header.lastPosition), block) else { return }
                next = min(last, block.header.lastPosition) + 1
                current += 1
                guard next <= last else { break }
                guard let following = try segment.row(number: current, endOffsetBytes: endOffset) else {
                    throw FeedDirectory.damage(.truncated, path: segment.path, positions: next...last)
                }
                row = following
            }
        }
    }

    /// The segment that holds a position, where its blocks end, and the last position that counts in it.
    private func segment(
        holding position: UInt64
    ) throws(StorageError) -> (SegmentReader, endOffsetBytes: UInt64, lastPosition: UInt64) {
        var attempt = 1
        while true {
            do throws(StorageError) {
                let names = try directory.segments()
                guard let index = names.lastIndex(where: { $0.firstPosition <= position }) else {
                    throw FeedDirectory.damage(.truncated, path: directory.path, positions: position...position)
                }
                // Of a raw and a sealed file of the same segment, the sealed one is listed first.
                let first = names[index].firstPosition
                let name = names[names.firstIndex { $0.firstPosition == first } ?? index]
                let segment = try cache.segment(name, in: directory)
                let successor = index + 1 < names.count ? names[index + 1] : nil
                let known = min(attestedPosition, successor.map { $0.firstPosition - 1 } ?? attestedPosition)
                cache.note(segment, through: known)
                let last = min(end.position, successor.map { $0.firstPosition - 1 } ?? end.position)
                guard segment.footer == nil else { return (segment, 0, last) }
                let (endOffset, missing) = try endOffset(of: segment, successor: successor)
                guard let missing, missing <= last else { return (segment, endOffset, last) }
                guard position < missing else {
                    throw FeedDirectory.damage(.truncated, path: directory.path, positions: missing...last)
                }
                return (segment, endOffset, missing - 1)
            } catch {
                // Sealing replaced the file between the listing and the opening.
                guard error.code == .notFound, attempt < Self.attempts else { throw error }
                attempt += 1
            }
        }
    }

    /// Where a raw segment's blocks end, as its successor or HEADS names it. With the successor damaged or not the next one
    /// (a file between is missing) only the blocks themselves say how far they go; and from the position on where the
    /// missing one began, they are what a writer left that died.
    func endOffset(
        of segment: SegmentReader,
        successor: SegmentName?
    ) throws(StorageError) -> (offsetBytes: UInt64, missing: UInt64?) {
        let first = segment.name.firstPosition
        guard let successor else {
            if first == active.segment { return (active.durableBytes, nil) }
            return (try segment.sizeBytes(), active.segment > first ? active.segment : nil)
        }
        var missing: UInt64?
        do throws(StorageError) {
            if let named = try cache.segment(successor, in: directory).header.predecessor {
                if named.firstPosition == first { return (named.endOffsetBytes, nil) }
                if named.firstPosition > first { missing = named.firstPosition }
            }
        } catch {
            guard error.code == .corrupted || error.code == .unsupportedFormat else { throw error }
        }
        return (try segment.sizeBytes(), missing)
    }

    private static func unresolved(_ reference: EntryReference, _ reason: String) -> StorageError {
        StorageError(.notFound, "Entry \(reference.position) of feed \(reference.feed) \(reason).")
    }
}
