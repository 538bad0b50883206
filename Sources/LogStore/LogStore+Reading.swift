package import LogFormat
package import StoreIO
import Synchronization

// Reading. Nothing beyond the published heads is ever given: durable for a site's own feeds, attested for replicas.
extension LogStore {
    /// Every feed there is, sorted, branches behind their feed.
    ///
    /// - Throws: `.inputOutput`.
    package func feeds() throws(StorageError) -> [FeedSummary] {
        try slots().map { FeedSummary($0, isOwn: $0.feed.site == site) }
            .sorted { ($0.feed, $0.branch) < ($1.feed, $1.branch) }
    }

    /// Says whether anything changed: the same number twice, and nothing did; nil when that can not be told so cheaply.
    ///
    /// - Throws: `.inputOutput`.
    /// - Complexity: One read of 1 KiB.
    package func publishedChange() throws(StorageError) -> UInt64? {
        let header = try heads.header()
        guard header.isConsistent, let newest = header.newest, heads.isCurrent(newest) else { return nil }
        return newest.changeCounter
    }

    /// As ``feeds()``, in no order, from what this process wrote last, where nobody wrote anything behind it.
    ///
    /// - Throws: As ``feeds()``.
    package func feedsAsPublished() throws(StorageError) -> [FeedSummary] {
        try slotsAsPublished().map { FeedSummary($0, isOwn: $0.feed.site == site) }
    }

    /// One feed, its later branches left out; nil when there is none.
    ///
    /// - Throws: As ``feeds()``.
    package func feed(_ feed: FeedID) throws(StorageError) -> FeedSummary? {
        try slot(of: feed).map { FeedSummary($0, isOwn: $0.feed.site == site) }
    }

    private func slotsAsPublished() throws(StorageError) -> [HeadsSlot] {
        guard let change = try publishedChange(), let known = writtenSlots(as: change) else { return try slots() }
        return known
    }

    /// The entries of a feed after a position.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - position: 0 for the beginning.
    ///   - limitBytes: About how much to give; at least one entry when there is one.
    /// - Returns: Entries in order, proven by the chain; empty at the end and for an unknown feed.
    /// - Throws: `.corrupted` with file, offset and positions; `.inputOutput`.
    package func entries(
        of feed: FeedID,
        after position: UInt64,
        limitBytes: Int
    ) throws(StorageError) -> [StoredEntry] {
        guard let reader = try reader(of: feed) else { return [] }
        return try reader.entries(after: position, limitBytes: limitBytes)
    }

    /// What comes next of a feed as far as it can be read, with what can not be read in front of it named.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - position: 0 for the beginning.
    ///   - end: As it was published once; nothing beyond is given.
    ///   - limitBytes: About how much to give.
    /// - Returns: At least one entry or one missing position; nil at `end`.
    /// - Throws: `.moved` when the feed does not reach `end` any more; `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: As ``entries(of:after:limitBytes:)``, and at damage one read of each segment up to the next whole block.
    package func passage(
        of feed: FeedID,
        after position: UInt64,
        through end: FeedHead,
        limitBytes: Int
    ) throws(StorageError) -> FeedPassage? {
        let slot = try slot(of: feed)
        guard let slot, slot.attested.position >= end.position else {
            throw StorageError(.moved, "Feed \(feed) was taken back meanwhile.")
        }
        return try reader(slot, through: end).passage(after: position, limitBytes: limitBytes)
    }

    /// The entry at a position, by the checksum of its block: for who shows an entry rather than proves it.
    ///
    /// An entry of a block that was read lately comes from memory, also when its file is damaged or gone since; one of a
    /// sealed segment that is open comes from there, without a look at HEADS, if it was published when that was last seen.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - position: From 1.
    /// - Returns: Its bytes.
    /// - Throws: `.notFound` when it is not here or not attested yet; `.corrupted`, `.inputOutput`.
    /// - Complexity: With the segment's index at hand one read and one inflate, or none.
    package func entry(of feed: FeedID, at position: UInt64) throws(StorageError) -> [UInt8] {
        if let known = blockCache.entry(of: feed, at: position) { return known }
        let block: BlockCache.Inflated
        do throws(StorageError) {
            block = try inflatedBlock(of: feed, holding: position)
        } catch {
            guard error.code == .corrupted, let left = try entryLeft(of: feed, at: position) else { throw error }
            return left.bytes
        }
        blockCache.insert(block)
        guard let entry = block.entry(at: position) else {
            throw StorageError(.notFound, "Entry \(position) of feed \(feed) is not held here.")
        }
        return entry
    }

    private func inflatedBlock(
        of feed: FeedID,
        holding position: UInt64
    ) throws(StorageError) -> BlockCache.Inflated {
        if let block = try readers.withLock({ $0[feed] })?.inflatedOpenBlock(holding: position) { return block }
        guard let reader = try reader(of: feed) else {
            throw StorageError(.notFound, "Nothing of feed \(feed) is held here.")
        }
        readers.withLock { $0[feed] = reader }
        return try reader.inflatedBlock(holding: position)
    }

    /// The entry a reference names.
    ///
    /// - Throws: `.notFound` when it is not here, not attested yet, or has another digest; `.corrupted`, `.inputOutput`.
    /// - Complexity: With the segment's index at hand one read and one inflate.
    package func entry(_ reference: EntryReference) throws(StorageError) -> [UInt8] {
        guard let reader = try reader(of: reference.feed) else {
            throw StorageError(
                .notFound,
                "Nothing of feed \(reference.feed) is held here: the entry comes with the next sync that reaches its site."
            )
        }
        do throws(StorageError) {
            return try reader.entry(reference)
        } catch {
            guard error.code == .corrupted, let left = try entryLeft(of: reference.feed, at: reference.position),
                left.reference == reference
            else { throw error }
            return left.bytes
        }
    }

    /// An entry that damage in front of it keeps from being found, but not from being read and proven.
    private func entryLeft(of feed: FeedID, at position: UInt64) throws(StorageError) -> StoredEntry? {
        guard let reader = try reader(of: feed),
            let passage = try reader.passage(after: position - 1, limitBytes: 1), passage.missing == nil
        else { return nil }
        return passage.entries.first
    }

    /// The blocks of a feed that continue a head, sealed ones as they lie.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - head: Where the receiver stands.
    ///   - limitBytes: About how much to give, encoded; at least one block when there is one.
    /// - Returns: Blocks in order; empty at the end.
    /// - Throws: `.moved` when the feed has another history there; `.notFound` beyond the end or for an unknown feed;
    ///   `.corrupted`, `.inputOutput`.
    package func blocks(
        of feed: FeedID,
        after head: FeedHead,
        limitBytes: Int
    ) throws(StorageError) -> [Block] {
        guard let reader = try reader(of: feed) else {
            throw StorageError(.notFound, "Nothing of feed \(feed) is held here.")
        }
        return try reader.blocks(after: head, limitBytes: limitBytes)
    }

    /// The head of a feed at a position.
    ///
    /// - Throws: `.notFound` beyond the end or for an unknown feed; `.corrupted`, `.inputOutput`.
    package func head(of feed: FeedID, at position: UInt64) throws(StorageError) -> FeedHead {
        guard let reader = try reader(of: feed) else {
            throw StorageError(.notFound, "Nothing of feed \(feed) is held here.")
        }
        return try reader.head(at: position)
    }

    /// A reader up to what may be shown; nil when nothing of the feed is published.
    func reader(of feed: FeedID) throws(StorageError) -> FeedReader? {
        guard let slot = try slot(of: feed) else { return nil }
        return reader(slot, through: SeededBug.unattestedShown.isPlanted ? slot.stored : slot.attested)
    }

    /// A reader up to `end`.
    func reader(_ slot: HeadsSlot, through end: FeedHead) -> FeedReader {
        FeedReader(directory: directory(of: slot), slot: slot, end: end, cache: cache)
    }

    func directory(of slot: HeadsSlot) -> FeedDirectory {
        FeedDirectory(
            fileSystem: surroundings.fileSystem,
            path: paths.feed(slot.feed, branch: slot.branch),
            feed: slot.feed
        )
    }
}
