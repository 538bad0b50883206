package import LogFormat
package import StoreIO

// Looking after a store: sealing, counting.
extension LogStore {
    /// Seals every closed segment of every feed.
    ///
    /// - Parameters:
    ///   - level: Of deflate, 1 to 9.
    ///   - writesAhead: Two threads make and prove sealed files ahead.
    ///   - progress: Called after each segment.
    /// - Returns: What was done; nil when another process is sealing, which is not waited for.
    /// - Throws: `.corrupted` for a segment that can not be proven (it stays raw; others are sealed all the same),
    ///   `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: One file sync and one directory sync a segment; about 80 MB/s for each thread.
    package func seal(
        level: Int32 = Deflater.defaultLevel,
        writesAhead: Bool = false,
        progress: (FeedID, SegmentName) -> Void = { _, _ in }
    ) throws(StorageError) -> Sealer.Result? {
        try checkWritable()
        let lock = try surroundings.fileSystem.openFile(paths.sealLock, .openOrCreate)
        guard try lock.lock(.exclusive, waiting: false) else { return nil }
        var total = Sealer.Result()
        var damage: StorageError?
        for slot in try slots() {
            do throws(StorageError) {
                let sealer = Sealer(
                    directory(of: slot),
                    level: level,
                    writesAhead: writesAhead
                ) { [self] (work) throws(StorageError) in
                    try whileAppending { _ throws(StorageError) in try work() }
                }
                let result = try sealer.sealClosedSegments {
                    progress(slot.feed, $0)
                }
                total.segments += result.segments
                total.rawBytes += result.rawBytes
                total.sealedBytes += result.sealedBytes
            } catch {
                // Cut back meanwhile; what is left of it is sealed the next time.
                if error.code == .notFound { continue }
                guard error.code == .corrupted || error.code == .unsupportedFormat else { throw error }
                damage = damage ?? error
            }
        }
        try lock.unlock()
        if let damage { throw damage }
        return total
    }

    /// Ends the segments in use, so that ``seal(level:progress:)`` takes them too: before a backup, or on a full disk.
    ///
    /// - Returns: How many were ended.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: One file sync and one directory sync a feed.
    package func closeActiveSegments() throws(StorageError) -> Int {
        var count = 0
        for slot in try slots() {
            let isClosed = try whileAppending { section throws(StorageError) in
                try section.closeActive(slot.feed, branch: slot.branch)
            }
            if isClosed { count += 1 }
        }
        return count
    }

    /// How much room every feed takes.
    ///
    /// - Returns: A row for each feed and branch, sorted.
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: One to three reads a segment.
    package func statistics() throws(StorageError) -> [(feed: FeedSummary, statistics: FeedStatistics)] {
        var rows: [(feed: FeedSummary, statistics: FeedStatistics)] = []
        for slot in try slots().sorted(by: { ($0.feed, $0.branch) < ($1.feed, $1.branch) }) {
            rows.append(try statistics(of: slot))
        }
        return rows
    }

    /// How much room one feed takes, without its later branches.
    ///
    /// - Parameter feed: Which.
    /// - Returns: nil when nothing of it is here.
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: One to three reads a segment of the feed.
    package func statistics(
        of feed: FeedID
    ) throws(StorageError) -> (feed: FeedSummary, statistics: FeedStatistics)? {
        guard let slot = try slot(of: feed) else { return nil }
        return try statistics(of: slot)
    }

    private func statistics(
        of slot: HeadsSlot
    ) throws(StorageError) -> (feed: FeedSummary, statistics: FeedStatistics) {
        let summary = FeedSummary(slot, isOwn: slot.feed.site == site)
        return (summary, try FeedStatistics(directory(of: slot), slot: slot))
    }
}
