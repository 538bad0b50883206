import LogFormat
import StoreIO

/// What may be done while the append lock is held, and nowhere else.
///
/// A reference that lives only inside ``AppendLock/whileHeld(_:)``; single-threaded by that.
final class AppendSection {
    let paths: StorePaths
    let surroundings: Surroundings
    let options: StoreOptions
    let heads: HeadsFile
    /// HEADS as the section found it; nil when it has to be read again.
    private var beginning: HeadsFile.Beginning?
    let quarantine: Quarantine
    private(set) var snapshot: HeadsFile.Snapshot
    private let recovery: (AppendSection) throws(StorageError) -> Void
    /// Segments this process has open, from one section to the next.
    var open: [OpenKey: RawSegment]
    var rolledSegments = 0
    /// Slots of `snapshot` that were read or written inside this section, in which nobody else writes.
    private var fresh: Set<Int> = []

    struct OpenKey: Hashable, Sendable {
        var feed: FeedID
        var branch: UInt32
    }

    init(
        paths: StorePaths,
        surroundings: Surroundings,
        options: StoreOptions,
        heads: HeadsFile,
        beginning: HeadsFile.Beginning,
        snapshot: HeadsFile.Snapshot,
        open: [OpenKey: RawSegment],
        recovery: @escaping (AppendSection) throws(StorageError) -> Void
    ) {
        self.paths = paths
        self.surroundings = surroundings
        self.options = options
        self.heads = heads
        self.beginning = beginning
        self.snapshot = snapshot
        self.open = open
        self.recovery = recovery
        quarantine = Quarantine(paths: paths, fileSystem: surroundings.fileSystem)
    }

    var fileSystem: any FileSystem { surroundings.fileSystem }

    func nonce() -> [UInt8] { surroundings.random.bytes(8) }

    func directory(_ feed: FeedID, branch: UInt32 = 0) -> FeedDirectory {
        FeedDirectory(fileSystem: fileSystem, path: paths.feed(feed, branch: branch), feed: feed)
    }

    // MARK: - Slots

    /// The slot of a feed as it is now; nil when nothing of the feed is here.
    ///
    /// Read once a section, even when the change counter says that nothing changed: a process that was killed inside a
    /// commit has noted what it was about to write, and not counted it. A pair that is not as a writer leaves it is
    /// found again from the feed's segments.
    ///
    /// - Throws: What recovery throws; `.inputOutput`.
    func slot(_ feed: FeedID, branch: UInt32 = 0) throws(StorageError) -> HeadsSlot? {
        guard let index = snapshot.index(of: feed, branch: branch) else { return nil }
        if fresh.contains(index) { return snapshot.slots[index] }
        let pair = try heads.pair(at: index, in: beginning)
        if pair.isConsistent, let slot = pair.newest, slot.feed == feed, slot.branch == branch {
            snapshot.slots[index] = slot
            fresh.insert(index)
            return slot
        }
        // To take the feed for a new one would set its first segment aside.
        snapshot = try heads.snapshot()
        fresh = []
        beginning = nil
        try recovery(self)
        return snapshot.index(of: feed, branch: branch).flatMap { snapshot.slots[$0] }
    }

    /// Finds a feed again from its segments, whatever HEADS says of it.
    ///
    /// - Throws: What recovery throws; `.inputOutput`.
    func recoverAnew(_ feed: FeedID, branch: UInt32) throws(StorageError) {
        snapshot = try heads.snapshot()
        fresh = []
        beginning = nil
        if let index = snapshot.index(of: feed, branch: branch) { snapshot.suspects.insert(index) }
        try recovery(self)
    }

    /// Writes a slot and tells the readers.
    ///
    /// - Parameters:
    ///   - slot: What is published.
    ///   - isDurableFirst: Nobody is told of what a power cut could take back.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`; then it is not known whether the slot is published.
    func publish(_ slot: HeadsSlot, durableFirst isDurableFirst: Bool = false) throws(StorageError) {
        try change { () throws(StorageError) in
            try write(slot)
            if isDurableFirst { try heads.synchronize() }
        }
    }

    /// Counts a change before and after it: whoever dies or fails in between leaves nobody who believes what was before
    /// to be what is.
    private func change(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        try countChange()
        try body()
        try countChange()
    }

    /// Tells readers, and processes that write next, that something is changing.
    func countChange() throws(StorageError) {
        let counter = (snapshot.changeCounter ?? 0) + 1
        try heads.countChange(counter, feedCount: snapshot.feedCount)
        snapshot.changeCounter = counter
    }

    /// Writes a slot without telling the readers.
    func write(_ slot: HeadsSlot) throws(StorageError) {
        // A pair that names no feed is used before the file grows.
        let index =
            snapshot.index(of: slot.feed, branch: slot.branch) ?? snapshot.slots.firstIndex { $0 == nil }
            ?? snapshot.slots.count
        var slot = slot
        if index < snapshot.slots.count, let known = snapshot.slots[index] {
            slot.generation = max(slot.generation, known.generation)
        }
        do throws(StorageError) {
            try heads.write(&slot, at: index)
        } catch {
            // What the pair says now is known to who reads it again.
            beginning = nil
            fresh.remove(index)
            snapshot.suspects.insert(index)
            throw error
        }
        if index < snapshot.slots.count { snapshot.slots[index] = slot } else { snapshot.slots.append(slot) }
        fresh.insert(index)
        open[OpenKey(feed: slot.feed, branch: slot.branch)]?.ownGeneration = slot.generation
    }

    /// Takes a feed out of HEADS and tells the readers; durable when this returns.
    func forget(_ feed: FeedID, branch: UInt32) throws(StorageError) {
        guard let index = snapshot.index(of: feed, branch: branch) else { return }
        try change { () throws(StorageError) in
            try heads.erase(at: index)
            snapshot.slots[index] = nil
            fresh.remove(index)
            open[OpenKey(feed: feed, branch: branch)] = nil
        }
        try heads.synchronize()
    }

    /// Publishes what recovery found. Killed before this is through, the next one recovers again.
    ///
    /// - Parameter slots: Of every feed that is not published already.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    func republish(_ slots: [HeadsSlot]) throws(StorageError) {
        var found: Set<Int> = []
        for slot in slots {
            // Both of the pair, whatever was in it.
            for _ in 0..<2 { try write(slot) }
            if let index = snapshot.index(of: slot.feed, branch: slot.branch) { found.insert(index) }
        }
        // What is left of a pair without a feed would make every later opener recover again.
        for index in snapshot.slots.indices where !found.contains(index) && !isPublished(index) {
            try heads.erase(at: index)
            snapshot.slots[index] = nil
        }
        // A counter that other processes may know already would tell them that nothing changed. One of the two headers
        // may be gone, so the last counter may have been one more than the one that is seen; without any, all begins
        // at a number nobody has seen.
        let counter = snapshot.changeCounter ?? nonce().reduce(0) { $0 << 7 | UInt64($1 & 0x7F) }
        snapshot.changeCounter = counter + 2
        for _ in 0..<2 { try countChange() }
        try heads.synchronize()
        snapshot.isCurrent = true
        snapshot.isComplete = true
        snapshot.suspects = []
    }

    /// Whether the slot of this number is believed as it is.
    func isPublished(_ index: Int) -> Bool { snapshot.isCurrent && !snapshot.suspects.contains(index) }

    // MARK: - Committing

    /// Writes to the end of a feed; durable when this returns.
    ///
    /// - Parameters:
    ///   - content: What; at least one entry.
    ///   - feed: The feed.
    ///   - branch: 0 for the feed itself.
    ///   - key: The key of the feed's site.
    ///   - attested: Where the feed is attested afterwards; nil for a site's own feed, which attests itself.
    /// - Returns: Which entries they are; nothing of interest for blocks.
    /// - Throws: `.noSpace` and `.readOnly` before anything was written; `.poisoned` when a fresh segment failed too;
    ///   `.corrupted` when the place to write at is taken, or at the end of all positions; `.inputOutput`, after which it
    ///   may be there or not.
    /// - Complexity: One data sync; two more and a directory sync when a segment begins.
    @discardableResult
    func commit(
        _ content: CommitContent,
        to feed: FeedID,
        branch: UInt32 = 0,
        key: SitePublicKey,
        attested: FeedHead? = nil
    ) throws(StorageError) -> CommittedEntries {
        var slot = try slot(feed, branch: branch) ?? newSlot(feed, branch: branch, key: key)
        // A slot without entries does not know the digest they begin with.
        let head =
            slot.stored.position > 0 ? slot.stored : FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let lengthBytes = content.placedBytes
        for attempt in 1...2 {
            let segment = try prepare(&slot, key: key, forBytes: lengthBytes)
            slot.writtenBytes = slot.durableBytes + lengthBytes
            try write(slot)
            let prefixes: [UInt64]
            do throws(StorageError) {
                var writer = CommitWriter(
                    to: segment,
                    at: slot.durableBytes,
                    after: head,
                    lengthBytes: lengthBytes,
                    pieceBytes: options.pieceBytes
                )
                prefixes = try content.write(with: &writer)
                slot.stored = writer.head
                #if ABSCOPE_SEEDED_BUGS
                if SeededBug.headsBeforeSync.isPlanted { try write(slot.advanced(to: writer.head)) }
                #endif
                try segment.file.synchronizeData()
            } catch {
                // A failed sync says nothing about what is on the disk, and never will: the segment is closed for ever.
                guard error.code != .halted, error.code != .corrupted else { throw error }
                slot.stored = head
                slot.isPoisoned = true
                try confirm(slot)
                options.observer(.poisoned(feed, error))
                guard attempt == 1 else {
                    throw StorageError(
                        .poisoned,
                        "The disk failed twice while writing; nothing more can be recorded here. Check the disk; what was"
                            + " recorded before is safe.",
                        at: .init(path: segment.file.path),
                        cause: error
                    )
                }
                continue
            }
            slot.durableBytes = slot.writtenBytes
            slot.attested = attested ?? slot.stored
            try confirm(slot)
            return CommittedEntries(feed: feed, firstPosition: head.position + 1, digestPrefixes: prefixes)
        }
        preconditionFailure("the second attempt returns or throws")
    }

    /// Publishes a slot whose commit was begun to be written.
    ///
    /// - Throws: `.inputOutput`, whatever the reason: a full disk said by its own name would mean that nothing was written.
    private func confirm(_ slot: HeadsSlot) throws(StorageError) {
        do throws(StorageError) {
            try publish(slot)
        } catch {
            guard error.code != .halted else { throw error }
            throw StorageError(
                .inputOutput,
                "It is not known whether this was recorded: the disk failed when it was to be confirmed. Check the disk, and"
                    + " look whether it is there before you record it again.",
                at: error.location,
                cause: error
            )
        }
    }

    private func newSlot(_ feed: FeedID, branch: UInt32, key: SitePublicKey) -> HeadsSlot {
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        return HeadsSlot(
            feed: feed,
            branch: branch,
            generation: 0,
            segment: 0,
            writtenBytes: 0,
            durableBytes: 0,
            stored: start,
            attested: start
        )
    }
}
