package import LogFormat
package import StoreIO

// Histories of forked feeds, carried in the feeds of those who hold them.
extension LogStore {
    /// What a statement of a branch comes to here.
    package enum CarriedBranch: Hashable, Sendable {
        /// The entries after ``BranchStatement/start``, each proven by the chain up to the end the feed's site signed.
        case entries([StoredEntry])
        /// Not all parts have arrived, or none are carried.
        case incomplete
        /// It is not what it claims to be.
        case unproven
    }

    /// So much of one branch is carried at most, headers of blocks and entries as they are before compression; and so many
    /// entries. Whoever reads it has all of it in memory.
    package static let branchBytesMaximum = 64 << 20
    package static let branchEntriesMaximum = 1 << 20
    private static let partBytes = 15_000
    private static let partsPerCommit = 32

    /// Writes the blocks of a history to this site's lane 3; durable when this returns.
    ///
    /// - Parameters:
    ///   - feed: Of the feed as it stands here.
    ///   - start: After which entry.
    ///   - end: Up to which entry, at least.
    ///   - epoch: The epoch in which the statement will be written.
    /// - Returns: Where they lie; nil when it is more than ``branchBytesMaximum`` or
    ///   ``branchEntriesMaximum``, or would lie in too many places.
    /// - Throws: `.moved` when the feed has another history at `start`, or this site writes in another epoch; `.noSpace`,
    ///   `.readOnly`, `.corrupted`, `.inputOutput`.
    package func carry(
        _ feed: FeedID,
        after start: FeedHead,
        through end: FeedHead,
        in epoch: EpochID
    ) throws(StorageError) -> (stretches: [ClosedRange<UInt64>], bytes: Int)? {
        var bytes: [UInt8] = []
        var size = BranchSize()
        var reached = start
        while reached.position < end.position {
            let blocks = try blocks(of: feed, after: reached, limitBytes: 1 << 20)
            guard let last = blocks.last else {
                throw StorageError(.notFound, "Feed \(feed) is not held up to position \(end.position).")
            }
            for block in blocks {
                block.encode(into: &bytes)
                size.add(block.header)
            }
            guard size.isCarried else { return nil }
            reached = FeedHead(position: last.header.lastPosition, digest: last.header.digest)
        }
        var parts: [[UInt8]] = []
        for offset in stride(from: 0, to: bytes.count, by: Self.partBytes) {
            parts.append(BranchStatement.magic + bytes[offset..<min(offset + Self.partBytes, bytes.count)])
        }
        var stretches: [ClosedRange<UInt64>] = []
        for offset in stride(from: 0, to: parts.count, by: Self.partsPerCommit) {
            let commit = Array(parts[offset..<min(offset + Self.partsPerCommit, parts.count)])
            let places = try append(commit, to: .attachments, epoch: epoch)
            guard let first = places.first, let last = places.last else { continue }
            if let before = stretches.last, before.upperBound + 1 == first.position {
                stretches[stretches.count - 1] = before.lowerBound...last.position
            } else {
                stretches.append(first.position...last.position)
            }
        }
        return stretches.count <= BranchStatement.stretchesMaximum ? (stretches, bytes.count) : nil
    }

    /// Reads what a statement says is carried, and proves it.
    ///
    /// - Parameters:
    ///   - statement: As it was said.
    ///   - carrier: The feed in which it was said; the parts lie in lane 3 of the same epoch.
    /// - Returns: The entries, or why there are none.
    /// - Throws: `.corrupted`, `.inputOutput`.
    /// - Complexity: Reads and inflates the whole branch, at most ``branchBytesMaximum``; little while it has not arrived.
    package func branch(_ statement: BranchStatement, carriedBy carrier: FeedID) throws(StorageError) -> CarriedBranch {
        var readBytes = 0
        return try branch(statement, carriedBy: carrier, readBytes: &readBytes)
    }

    /// As ``branch(_:carriedBy:)``.
    ///
    /// - Parameters:
    ///   - statement: As it was said.
    ///   - carrier: The feed in which it was said.
    ///   - readBytes: Grows by what was read of lane 3, whatever comes of it.
    /// - Returns: The entries, or why there are none.
    /// - Throws: `.corrupted`, `.inputOutput`.
    package func branch(
        _ statement: BranchStatement,
        carriedBy carrier: FeedID,
        readBytes: inout Int
    ) throws(StorageError) -> CarriedBranch {
        guard let start = statement.start else { return .incomplete }
        guard statement.end.registry == registry else { return .unproven }
        do throws(FormatError) { try statement.end.verify(key: statement.key) } catch { return .unproven }
        let feed = BranchStatement.parts(saidIn: carrier)
        guard let last = statement.stretches.last, try frontier()[feed]?.position ?? 0 >= last.upperBound else {
            return .incomplete
        }
        var bytes: [UInt8] = []
        for stretch in statement.stretches {
            var position = stretch.lowerBound - 1
            while position < stretch.upperBound {
                let parts = try entries(of: feed, after: position, limitBytes: 1 << 20)
                guard let last = parts.last else { return .incomplete }
                readBytes += parts.reduce(0) { $0 + $1.bytes.count }
                for part in parts where part.reference.position <= stretch.upperBound {
                    guard part.bytes.starts(with: BranchStatement.magic) else { return .unproven }
                    bytes += part.bytes.dropFirst(BranchStatement.magic.count)
                }
                guard bytes.count <= Self.branchBytesMaximum else { return .unproven }
                position = last.reference.position
            }
        }
        do throws(FormatError) {
            return try Self.proven(bytes, of: statement, after: start).map { .entries($0) } ?? .unproven
        } catch {
            return .unproven
        }
    }

    /// The entries of blocks up to a statement's end; nil when the chain does not reach it.
    private static func proven(
        _ bytes: [UInt8],
        of statement: BranchStatement,
        after start: FeedHead
    ) throws(FormatError) -> [StoredEntry]? {
        var inflater = Inflater()
        var reached = start
        var found: [StoredEntry] = []
        let end = statement.end.head
        let blocks = try Block.decodeAll(unsafe bytes.span.bytes)
        // Before anything is inflated: anybody can make up small blocks that say much.
        var size = BranchSize()
        for block in blocks { size.add(block.header) }
        guard size.isCarried else { return nil }
        for block in blocks {
            reached = try block.forEachEntry(after: reached, using: &inflater) { position, digest, entry in
                guard position <= end.position else { return true }
                found.append(
                    StoredEntry(
                        reference: EntryReference(
                            feed: statement.feed,
                            position: position,
                            digestPrefix: digest.prefix
                        ),
                        bytes: entry.bytes
                    )
                )
                if position == end.position, digest != end.digest { found = [] }
                return true
            }
        }
        guard found.last?.reference.position == end.position else { return nil }
        return found
    }
}

/// How much the blocks of a branch hold.
private struct BranchSize {
    var bytes: UInt64 = 0
    var entries: UInt64 = 0

    var isCarried: Bool {
        bytes <= UInt64(LogStore.branchBytesMaximum) && entries <= UInt64(LogStore.branchEntriesMaximum)
    }

    mutating func add(_ header: BlockHeader) {
        bytes += UInt64(BlockHeader.lengthBytes) + UInt64(header.rawLengthBytes)
        entries += UInt64(header.count)
    }
}

/// Which statements of branches name entries that none before them named: the others count for nothing, so that what is
/// read for a site's statements is never more than it wrote.
package struct CarriedStretches {
    private var ends: [FeedID: UInt64] = [:]

    package init() {}

    /// To be asked about every statement of a lane 0, in their order.
    ///
    /// - Parameters:
    ///   - statement: As it was said.
    ///   - carrier: The lane 0 in which it was said.
    /// - Returns: True also when it carries nothing.
    package mutating func areNew(_ statement: BranchStatement, in carrier: FeedID) -> Bool {
        guard let first = statement.stretches.first, let last = statement.stretches.last else { return true }
        guard first.lowerBound > ends[carrier] ?? 0 else { return false }
        ends[carrier] = last.upperBound
        return true
    }
}
