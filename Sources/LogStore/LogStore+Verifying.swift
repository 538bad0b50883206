import LogFormat
package import StoreIO

// Proving a store.
extension LogStore {
    /// Reads everything and proves it: every feed, and every file beside the feeds. Changes nothing, and may run beside
    /// writers.
    ///
    /// - Parameters:
    ///   - readsAhead: Sealed segments are walked on two threads.
    ///   - progress: Called with the bytes of segments read so far and those there are.
    /// - Returns: What was proven and what was found.
    /// - Throws: `.inputOutput` when not even the folders can be read; what is wrong with files is in the report.
    /// - Complexity: Reads every segment once.
    package func verifyAll(
        readsAhead: Bool = false,
        progress: @escaping (_ doneBytes: UInt64, _ totalBytes: UInt64) -> Void = { _, _ in }
    ) throws(StorageError) -> StoreReport {
        var verifier = StoreVerifier(
            paths: paths,
            fileSystem: surroundings.fileSystem,
            site: site,
            heads: heads
        )
        try verifier.checkFiles()
        let folders = try feedFolders()
        let before = try verifier.strangers(in: folders)
        var report = StoreReport()
        report.feeds = try verify(readsAhead: readsAhead, progress: progress)
        verifier.add(strangers: before, seenAgain: try verifier.strangers(in: folders))
        report.findings = verifier.findings
        let incidents = try allIncidents()
        for index in report.feeds.indices { addLosses(incidents, to: &report.feeds[index]) }
        report.weigh(incidents.filter { $0.kind == Incident.acceptedLossKind }, below: paths.root)
        return report
    }

    /// Reads every feed and proves it. Changes nothing.
    ///
    /// - Parameters:
    ///   - readsAhead: Sealed segments are walked on two threads.
    ///   - progress: Called with the bytes read so far and the bytes there are.
    /// - Returns: A report for each feed and branch, sorted.
    /// - Throws: `.inputOutput` when not even the folders can be read; what is wrong with files is in the reports.
    package func verify(
        readsAhead: Bool = false,
        progress: @escaping (_ doneBytes: UInt64, _ totalBytes: UInt64) -> Void = { _, _ in }
    ) throws(StorageError) -> [FeedVerifier.Report] {
        let slots = try slots().sorted { ($0.feed, $0.branch) < ($1.feed, $1.branch) }
        var total: UInt64 = 0
        for slot in slots {
            let directory = directory(of: slot)
            guard try surroundings.fileSystem.exists(directory.path) else { continue }
            for name in try directory.segments() {
                total += try surroundings.fileSystem.status(directory.path(of: name))?.sizeBytes ?? 0
            }
        }
        var done: UInt64 = 0
        var reports: [FeedVerifier.Report] = []
        for slot in slots {
            let report = try verify(slot, readsAhead: readsAhead) { bytes in
                done += bytes
                progress(min(done, total), total)
            }
            reports.append(report)
        }
        return reports
    }

    /// Verifies a feed beside whoever writes to it.
    ///
    /// What is published does not change, so a head and the segments there were while it was the head are judged together;
    /// a segment that began later is nobody's yet. Only a replica can be cut back meanwhile, which shows by its head.
    func verify(
        _ seen: HeadsSlot,
        readsAhead: Bool = false,
        progress: @escaping (UInt64) -> Void = { _ in }
    ) throws(StorageError) -> FeedVerifier.Report {
        var slot = seen
        var attempt = 1
        while true {
            let directory = directory(of: slot)
            let isThere = try surroundings.fileSystem.exists(directory.path)
            let names = try isThere ? directory.segments() : nil
            // Before the head is read: it is kept after what it speaks of.
            var stated = try isThere ? CheckpointFile(directory).furthest() : 0
            guard let now = try current(slot) else { return FeedVerifier.Report(feed: slot.feed) }
            if now.segment != slot.segment {
                if attempt < Self.verifyAttempts {
                    slot = now
                    attempt += 1
                    continue
                }
                stated = 0
            } else {
                slot = now
            }
            var report = try FeedVerifier.verify(
                directory,
                slot: slot,
                names: names,
                statedThrough: stated,
                readsAhead: readsAhead,
                progress: progress
            )
            if let unpublished = report.unpublished, try isHeadsOld(slot, unpublished) {
                report.isHeadsOld = true
                report.findings.append(
                    Finding(
                        .damage,
                        at: .init(
                            path: paths.heads,
                            positions: slot.stored.position + 1...unpublished.head.position
                        ),
                        "HEADS is older than the segments: entries that were recorded are not shown."
                    )
                )
            }
            guard report.isDamaged, attempt < Self.verifyAttempts else { return report }
            guard let after = try current(slot) else { return FeedVerifier.Report(feed: slot.feed) }
            if after.stored.position >= slot.stored.position { return report }
            slot = after
            attempt += 1
        }
    }

    /// So often a feed is looked at again that others change meanwhile.
    private static var verifyAttempts: Int { 8 }

    /// Whether entries behind the published head are no writer's that is at work or was killed, which would have noted in
    /// HEADS before how far it writes: then HEADS is as it was some time ago.
    private func isHeadsOld(
        _ slot: HeadsSlot,
        _ unpublished: FeedVerifier.Report.Unpublished
    ) throws(StorageError) -> Bool {
        // Behind the end of a poisoned segment there may be what a failed sync left; and behind that of a replica that is
        // being cut back, whole segments.
        if slot.isPoisoned {
            guard unpublished.hasSegment, slot.feed.site == site, slot.feed.epoch == epoch else { return false }
        }
        guard unpublished.hasSegment || slot.writtenBytes == slot.durableBytes else { return false }
        // Who may only read a store that nobody recovered has lower bounds, and was told so.
        let now = try snapshot()
        return now.isPublished && now.slots.contains(slot)
    }

    private func current(_ slot: HeadsSlot) throws(StorageError) -> HeadsSlot? {
        if slot.branch == 0 { return try self.slot(of: slot.feed, readingAnew: true) }
        return try slots().first { $0.feed == slot.feed && $0.branch == slot.branch }
    }

    /// Files in the store's folder that are none of its own, and leftovers of interrupted work.
    ///
    /// - Throws: `.inputOutput`.
    package func strangers() throws(StorageError) -> [Finding] {
        var verifier = StoreVerifier(
            paths: paths,
            fileSystem: surroundings.fileSystem,
            site: site,
            heads: heads
        )
        let folders = try feedFolders()
        let before = try verifier.strangers(in: folders)
        verifier.add(strangers: before, seenAgain: try verifier.strangers(in: folders))
        return verifier.findings
    }

    /// Folders beside the store's that somebody who was killed had begun to make it in, by `abscope init` or
    /// `abscope restore`. They may hold any part of a store.
    ///
    /// - Returns: Their paths, sorted; none in which somebody is at work.
    /// - Throws: `.inputOutput`.
    package func unfinishedFolders() throws(StorageError) -> [String] {
        try UnfinishedStore.left(beside: paths.root, in: surroundings)
    }

    /// Folders below `feeds/` that are named as a feed's.
    private func feedFolders() throws(StorageError) -> [String] {
        // Where the folder itself is gone, each feed says so.
        guard try surroundings.fileSystem.exists(paths.feeds) else { return [] }
        return try surroundings.fileSystem.listDirectory(paths.feeds).filter { Self.feed(named: $0) != nil }
    }

    /// What recovery found missing is not in the segments any more: only the note of it, and the feed's mark, know.
    private func addLosses(_ incidents: [Incident], to report: inout FeedVerifier.Report) {
        let name = report.feed.description
        let end = report.provenHead?.position ?? 0
        for incident in incidents where incident.feed == name {
            let isKnown = incident.isOpen && incident.kind == Incident.damageKind
            guard isKnown || incident.kind == Incident.acceptedLossKind, let lost = incident.positions,
                lost.upperBound > end, !report.lostPositions.contains(where: { $0.contains(lost.upperBound) })
            else { continue }
            report.findings.append(
                Finding(
                    .damage,
                    at: .init(
                        path: paths.feed(report.feed),
                        positions: max(lost.lowerBound, end + 1)...lost.upperBound
                    ),
                    "Acknowledged entries were found missing earlier, and have not come back."
                )
            )
        }
    }
}
