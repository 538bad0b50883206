package import LogFormat
package import StoreIO
import Synchronization

/// A site's log: its own feeds, the replicas of others, and the published heads that every process of the machine shares.
///
/// Synchronous and usable from any number of threads and processes; no threads of its own. What ``append(_:to:expecting:epoch:)``
/// has returned is on the disk and is never lost, altered or silently missing.
package final class LogStore: Sendable {
    package let paths: StorePaths
    package let site: SiteID
    /// Or why there are none.
    let keys: Result<SiteIdentity, StorageError>
    let surroundings: Surroundings
    let options: StoreOptions
    let heads: HeadsFile
    let cache = SegmentCache(capacity: 64)
    let blockCache = BlockCache()
    /// Readers that single entries were last read with. What was published then is published for good.
    let readers = Mutex<[FeedID: FeedReader]>([:])
    /// Names this copy of the files.
    let storeName: String
    private let lock: any OpenFile
    /// Or why this process may not write.
    private let appendLock: Result<AppendLock, StorageError>
    let queue = CommitQueue()
    private let state: Mutex<State>

    private struct State: Sendable {
        var siteFile: SiteFile
        var open: [AppendSection.OpenKey: RawSegment] = [:]
        var snapshot: HeadsFile.Snapshot?
        /// Where each feed stands in HEADS, as last read whole.
        var places: FeedPlaces?
        /// Epochs of this site that were seen in HEADS, and whose record was looked at since.
        var seenEpochs: Set<EpochID> = []
        /// Whether this process has compared the store with its marker.
        var isIncarnationChecked = false
        /// nil when HEADS has to be made durable at the next opportunity.
        var synchronizedNanoseconds: UInt64?
        /// What the marker outside the store says, as far as this process knows.
        var marker: IncarnationMarker?
    }

    /// Which site this is, its epoch and registry, as last read.
    package var record: SiteRecord { state.withLock { $0.siteFile.record } }
    /// The site's keys.
    ///
    /// - Precondition: The store was opened with them; ``requireIdentity()`` asks.
    package var identity: SiteIdentity {
        guard case .success(let identity) = keys else { preconditionFailure("a store without its key only reads") }
        return identity
    }
    /// What people call this site.
    package var alias: String { record.alias }
    /// The epoch this site writes in.
    package var epoch: EpochID { record.epoch }
    /// nil until the site founded or joined a registry.
    package var registry: RegistryID? { record.registry }
    package var root: String { paths.root }

    /// Why this process may only read the store; nil when it may write.
    package var writeRefusal: StorageError? {
        if case .failure(let refusal) = keys { return refusal }
        if case .failure(let refusal) = appendLock { return refusal }
        return nil
    }

    /// - Throws: ``writeRefusal``.
    func checkWritable() throws(StorageError) { if let writeRefusal { throw writeRefusal } }

    /// The site's keys, for whoever signs or opens something.
    ///
    /// - Throws: `.notFound`, `.corrupted` when the store was opened without them.
    package func requireIdentity() throws(StorageError) -> SiteIdentity { try keys.get() }

    /// Whether this process may find the ends of feeds again, which needs no key.
    private var mayRecover: Bool { if case .success = appendLock { true } else { false } }

    init(
        paths: StorePaths,
        format: StoreFormat,
        siteFile: SiteFile,
        keys: Result<SiteIdentity, StorageError>,
        lock: any OpenFile,
        heads: HeadsFile,
        appendLock: Result<AppendLock, StorageError>,
        surroundings: Surroundings,
        options: StoreOptions
    ) {
        self.paths = paths
        self.keys = keys
        site = siteFile.record.site
        self.surroundings = surroundings
        self.options = options
        self.heads = heads
        self.lock = lock
        self.appendLock = appendLock
        storeName = format.store
        state = Mutex(State(siteFile: siteFile))
    }

    // MARK: - Published heads

    /// HEADS as it is now.
    func snapshot() throws(StorageError) -> HeadsFile.Snapshot { try heads.snapshot() }

    /// Every feed that is here, as published.
    ///
    /// A file that is not as a writer leaves it may be in the middle of being written, and is read again; after that the
    /// append lock is taken, and what is not to be believed is found again from the segments. A process that may only
    /// read takes what is left as lower bounds.
    ///
    /// - Throws: What recovery throws; `.locked` when others write for too long; `.inputOutput`.
    func slots() throws(StorageError) -> [HeadsSlot] { try publishedSnapshot().slots.compactMap(\.self) }

    private func publishedSnapshot() throws(StorageError) -> HeadsFile.Snapshot {
        var snapshot = try snapshot()
        for _ in 0..<3 where !snapshot.isPublished { snapshot = try self.snapshot() }
        if !snapshot.isPublished, mayRecover {
            snapshot = try whileAppending(onlyRecovering: true) { $0.snapshot }
        }
        try noticeEpochs(of: snapshot.slots.compactMap(\.self))
        return snapshot
    }

    /// As ``slots()``, of one feed, its later branches left out.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - readsAnew: It is read from the file also where this process was the last to write.
    /// - Returns: nil when nothing is published of it.
    /// - Throws: As ``slots()``.
    /// - Complexity: One read of 1 KiB where this process was the last to write and it is not read anew; two where no feed was
    ///   added since this was asked before; else as ``slots()``.
    func slot(of feed: FeedID, readingAnew readsAnew: Bool = false) throws(StorageError) -> HeadsSlot? {
        let header = try heads.header()
        if header.isConsistent, let newest = header.newest, heads.isCurrent(newest) {
            let (written, places) = state.withLock { state in
                let known = state.snapshot.flatMap { $0.changeCounter == newest.changeCounter ? $0 : nil }
                return (known.flatMap { $0.isPublished ? $0 : nil }, state.places)
            }
            if let written, !readsAnew { return written.index(of: feed).flatMap { written.slots[$0] } }
            // A feed that was added may be of an epoch in which this site writes now.
            if let places, places.feedCount == newest.feedCount, let index = places.index(of: feed) {
                let pair = try heads.pair(at: index, in: nil)
                if pair.isConsistent, let slot = pair.newest, slot.feed == feed, slot.branch == 0 { return slot }
            }
        }
        let snapshot = try publishedSnapshot()
        state.withLock { $0.places = FeedPlaces(snapshot) }
        return snapshot.index(of: feed).flatMap { snapshot.slots[$0] }
    }

    /// The feeds as this process left them, when that was the change of this number.
    func writtenSlots(as change: UInt64) -> [HeadsSlot]? {
        state.withLock { state in
            guard let known = state.snapshot, known.isPublished, known.changeCounter == change else { return nil }
            return known.slots.compactMap(\.self)
        }
    }

    /// Another process may have opened an epoch and recorded in it. Whoever only reads has to know whose feeds are written
    /// here now: what they say is signed by this site, and by no statement that is kept.
    private func noticeEpochs(of slots: [HeadsSlot]) throws(StorageError) {
        let isNew = state.withLock { state in
            slots.contains { $0.feed.site == site && !state.seenEpochs.contains($0.feed.epoch) }
        }
        guard isNew else { return }
        try refreshRecord()
        state.withLock { state in
            for slot in slots where slot.feed.site == site { state.seenEpochs.insert(slot.feed.epoch) }
        }
    }

    /// What this store holds and may show: its own feeds to their durable ends, replicas to their attested ends.
    ///
    /// - Complexity: One read of 1 KiB and 1 KiB a feed.
    package func frontier() throws(StorageError) -> Frontier {
        Frontier(try slots().filter { $0.branch == 0 }.map { Frontier.Row(feed: $0.feed, head: $0.attested) })
    }

    func directory(_ feed: FeedID, branch: UInt32 = 0) -> FeedDirectory {
        FeedDirectory(fileSystem: surroundings.fileSystem, path: paths.feed(feed, branch: branch), feed: feed)
    }

    // MARK: - The append lock

    /// Runs `body` with the append lock held, HEADS read, and every feed found again whose published head is not to be
    /// believed: all of them in a new start of the machine.
    ///
    /// - Parameters:
    ///   - onlyRecovers: `body` writes nothing, so the site's key is not needed; HEADS is read also when nobody counted a
    ///     change since this process read it.
    ///   - body: What to do.
    /// - Returns: What `body` returns.
    /// - Throws: ``writeRefusal``; `.locked`; what recovery and `body` throw.
    func whileAppending<Result>(
        onlyRecovering onlyRecovers: Bool = false,
        _ body: (AppendSection) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        if !onlyRecovers { try checkWritable() }
        return try appendLock.get().whileHeld { () throws(StorageError) in
            let beginning = try heads.beginning()
            let header = beginning.header
            // Taken out of the state, so that the section changes them in place.
            var (known, open) = state.withLock { state in
                defer { (state.snapshot, state.open) = (nil, [:]) }
                return (state.snapshot, state.open)
            }
            if onlyRecovers || !header.isConsistent || header.newest.map(heads.isCurrent) != true
                || known?.changeCounter != header.newest?.changeCounter || known?.isPublished != true
            {
                try refreshRecord()
                known = try heads.snapshot()
            }
            guard let snapshot = known.take() else { preconditionFailure("a snapshot was read") }
            let section = AppendSection(
                paths: paths,
                surroundings: surroundings,
                options: options,
                heads: heads,
                beginning: beginning,
                snapshot: consume snapshot,
                open: consume open,
                recovery: { [self] section throws(StorageError) in try recover(section) }
            )
            defer {
                state.withLock { state in
                    state.open = section.open
                    state.snapshot = section.snapshot
                }
            }
            if !section.snapshot.isPublished { try recover(section) }
            let result = try body(section)
            try synchronizeHeads(section)
            return result
        }
    }

    /// Another process may have opened a new epoch or joined a registry, and has counted a change before.
    private func refreshRecord() throws(StorageError) {
        let known = state.withLock { $0.siteFile }
        if try !known.isCurrent(in: surroundings.fileSystem) { try readRecord() }
    }

    private func readRecord() throws(StorageError) {
        let file = try SiteFile(at: paths, in: surroundings.fileSystem)
        state.withLock { $0.siteFile = file }
    }

    /// Replaces SITE.
    func save(_ record: SiteRecord, _ section: AppendSection) throws(StorageError) {
        // Before: whoever is killed in between has told the others to look again.
        try section.countChange()
        try surroundings.fileSystem.replaceFile(paths.site, with: record.encoded)
        try readRecord()
    }

    /// HEADS becomes a durable lower bound at most once a second while writing.
    private func synchronizeHeads(_ section: AppendSection) throws(StorageError) {
        let now = surroundings.clock.steadyNanoseconds()
        let isDue = state.withLock { state in
            if let last = state.synchronizedNanoseconds, now - last < 1_000_000_000 { return false }
            state.synchronizedNanoseconds = now
            return true
        }
        guard isDue else { return }
        do throws(StorageError) {
            try heads.synchronize()
        } catch  where error.code != .halted {
            // HEADS is only a lower bound, and what was appended is durable without it.
            options.observer(.headsNotSynchronized(error))
        }
        // Never before it was compared: that would wipe out what a comparison looks for.
        if state.withLock({ $0.isIncarnationChecked }) { try writeMarker(section) }
    }

    func isNewMarker(_ marker: IncarnationMarker) -> Bool { state.withLock { $0.marker != marker } }

    func noteMarker(_ marker: IncarnationMarker) { state.withLock { $0.marker = marker } }

    /// Makes what HEADS and the marker say durable: for the end of a process or before the machine stops.
    ///
    /// The store can be used further. Nothing acknowledged depends on this.
    ///
    /// - Throws: `.inputOutput`, `.locked`.
    package func close() throws(StorageError) {
        // Who can not write has nothing to make durable.
        guard writeRefusal == nil else { return }
        state.withLock { $0.synchronizedNanoseconds = nil }
        try whileAppending { _ throws(StorageError) in }
    }

    /// Whether this process still has to compare the store with its marker; true once.
    func takeIncarnationCheck() -> Bool {
        state.withLock { state in
            defer { state.isIncarnationChecked = true }
            return !state.isIncarnationChecked
        }
    }

    /// The check failed and has to be made again.
    func returnIncarnationCheck() { state.withLock { $0.isIncarnationChecked = false } }
}
