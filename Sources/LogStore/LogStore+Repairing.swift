import LogFormat
package import StoreIO

// Bringing back what was lost.
extension LogStore {
    /// Fetches what is damaged or missing in any feed, own or not, from a source, and puts it in its place.
    ///
    /// What comes is proven by the chain between the heads that are known here before and behind the gap. Segments are
    /// built whole in `tmp/`, synced and read back before they get their names; damaged files go to quarantine. Killed at
    /// any moment, each gap is as it was or closed, and the next repair does the rest. Incidents of a feed that is whole
    /// afterwards are closed.
    ///
    /// - Parameters:
    ///   - source: Where to fetch; nil to mend only what needs none: damaged statements, and incidents that are settled.
    ///   - progress: Called with the bytes of entries built since the last call.
    /// - Returns: A result for each feed with damage, sorted.
    /// - Throws: `.locked` while the store is being sealed; `.moved` when a feed was changed meanwhile: try again;
    ///   `.corrupted` when whole segments contradict each other; `.noSpace`, `.readOnly`, `.inputOutput`. What was
    ///   repaired before stays repaired.
    /// - Complexity: Reads every feed once, and those with damage again afterwards; the append lock is held only while
    ///   names change.
    package func repair(
        from source: (any RepairSource)?,
        progress: @escaping (UInt64) -> Void = { _ in }
    ) throws(StorageError) -> [RepairResult] {
        try checkWritable()
        // Sealing gives segments other names.
        let lock = try surroundings.fileSystem.openFile(paths.sealLock, .openOrCreate)
        guard try lock.lock(.exclusive, waiting: false) else {
            throw StorageError(
                .locked,
                "The store is being sealed: repair it when that is done.",
                at: .init(path: paths.sealLock)
            )
        }
        var results: [RepairResult] = []
        do throws(StorageError) {
            for slot in try slots().sorted(by: { $0.feed < $1.feed }) where slot.branch == 0 {
                if let result = try repair(slot, from: source, progress) { results.append(result) }
            }
        } catch {
            if error.code != .halted { try lock.unlock() }
            throw error
        }
        try lock.unlock()
        return results
    }

    private func repair(
        _ slot: HeadsSlot,
        from source: (any RepairSource)?,
        _ progress: @escaping (UInt64) -> Void
    ) throws(StorageError) -> RepairResult? {
        var (slot, report) = (slot, try verify(slot, readsAhead: true))
        let wasHeadsOld = report.isHeadsOld
        if wasHeadsOld {
            let found = try whileAppending { (section) throws(StorageError) -> HeadsSlot? in
                try section.recoverAnew(slot.feed, branch: slot.branch)
                return try section.slot(slot.feed, branch: slot.branch)
            }
            slot = found ?? slot
            report = try verify(slot, readsAhead: true)
        }
        let directory = directory(of: slot)
        let open = try incidents().filter {
            $0.feed == slot.feed.description && [Incident.damageKind, Incident.fallBackKind].contains($0.kind)
        }
        guard report.isDamaged || slot.isDamaged || !open.isEmpty || wasHeadsOld else { return nil }
        var result = RepairResult(feed: slot.feed)
        let key = try key(of: slot.feed, report)
        let lost = open.filter { $0.kind == Incident.damageKind }.compactMap(\.acknowledged)
            .max { $0.position < $1.position }
        if let key {
            let gaps = try FeedGap.find(
                in: report,
                slot: slot,
                start: FeedChain.start(key: key, epoch: slot.feed.epoch, lane: slot.feed.lane),
                // Of a replica only what its site stated: nobody can prove more.
                acknowledged: slot.feed.site == site ? lost : report.statedHead
            )
            for gap in gaps {
                let filling = GapFilling(
                    gap: gap,
                    directory: directory,
                    paths: paths,
                    key: key,
                    surroundings: surroundings,
                    progress: progress
                )
                guard let source, let pieces = try filling.pieces(from: source) else {
                    result.missing.append(gap.positions)
                    continue
                }
                try install(pieces, filling, slot, report)
                result.repaired.append(gap.positions)
            }
        } else if slot.stored.position > 0 {
            result.missing.append(1...slot.stored.position)
        }
        if report.findings.contains(where: { $0.weight == .damage && $0.location.path == directory.checkpointsPath }) {
            try mendCheckpoints(directory)
        }
        try settle(slot.feed, from: source?.name, &result)
        return result
    }

    /// This site's own key, or that in any segment of the feed that can be read.
    private func key(of feed: FeedID, _ report: FeedVerifier.Report) throws(StorageError) -> SitePublicKey? {
        if feed.site == site { return identity.publicKey }
        return report.wholeSegments.first?.header.key
    }

    // MARK: - Putting it in its place

    /// Gives built segments their names.
    ///
    /// Of a damaged raw segment the whole sealed one stands beside it for a moment, and holds; a damaged sealed one is
    /// copied to quarantine and then replaced in one step.
    private func install(
        _ pieces: [GapFilling.Piece],
        _ filling: GapFilling,
        _ seen: HeadsSlot,
        _ report: FeedVerifier.Report
    ) throws(StorageError) {
        let gap = filling.gap
        let directory = filling.directory
        let fileSystem = surroundings.fileSystem
        do throws(StorageError) {
            try whileAppending { (section) throws(StorageError) in
                // Who recovers the store empties the folder for temporary files.
                var isBuilt = true
                for piece in pieces where try !fileSystem.exists(piece.path) { isBuilt = false }
                guard isBuilt, var slot = try section.slot(seen.feed), try isUnchanged(slot, seen, gap, report) else {
                    throw StorageError(.moved, "Feed \(seen.feed) was changed while it was repaired: repair it again.")
                }
                try section.makeFolder(directory)
                if gap.isTail || gap.positions.contains(slot.segment), !slot.isPoisoned {
                    // Whoever writes next must not go on in the file that is replaced, whatever happens in between.
                    slot.isPoisoned = true
                    try section.publish(slot)
                    try heads.synchronize()
                }
                for piece in pieces { try section.place(piece, in: directory) }
                if gap.isTail, let last = pieces.last, gap.end.position > slot.stored.position {
                    slot.segment = last.header.firstPosition
                    slot.durableBytes = last.rawEndOffsetBytes
                    slot.writtenBytes = last.rawEndOffsetBytes
                    slot.stored = gap.end
                    slot.attested = gap.end
                    try section.publish(slot)
                    try heads.synchronize()
                }
                cache.forget(below: directory.path)
            }
        } catch {
            if error.code != .halted { try filling.remove(pieces) }
            throw error
        }
    }

    /// Whether the feed still is as it was when the gap was found.
    private func isUnchanged(
        _ slot: HeadsSlot,
        _ seen: HeadsSlot,
        _ gap: FeedGap,
        _ report: FeedVerifier.Report
    ) throws(StorageError) -> Bool {
        // The end of a feed that is written to is somewhere else in a moment.
        if gap.isTail { guard slot.stored == seen.stored, slot.segment == seen.segment else { return false } }
        guard slot.stored.position >= seen.stored.position else { return false }
        let directory = directory(of: slot)
        guard try surroundings.fileSystem.exists(directory.path) else { return report.wholeSegments.isEmpty }
        let names = try directory.segments()
        if let predecessor = gap.predecessor {
            guard names.contains(where: { $0.firstPosition == predecessor.firstPosition }) else { return false }
        }
        guard !gap.isTail else { return !names.contains { $0.firstPosition > gap.end.position } }
        // The segment behind is there and still says what the gap must end with.
        guard let next = names.first(where: { $0.firstPosition == gap.end.position + 1 }) else { return false }
        return try SegmentReader(next, in: directory).header.previous == gap.end
    }

    /// Statements that can not be read go to quarantine; the others stay.
    private func mendCheckpoints(_ directory: FeedDirectory) throws(StorageError) {
        try whileAppending { (section) throws(StorageError) in
            try section.quarantine.copyWhole(
                directory.checkpointsPath,
                called: "\(directory.feed)-CHECKPOINTS",
                nonce: section.nonce()
            )
            try CheckpointFile(directory).keepReadable()
        }
    }

    /// Looks at the feed again, and when it is whole ends what was said of it.
    private func settle(_ feed: FeedID, from source: String?, _ result: inout RepairResult) throws(StorageError) {
        guard let slot = try slot(of: feed) else { return }
        let report = try verify(slot, readsAhead: true)
        let open = try incidents().filter { $0.feed == feed.description }
        let acknowledged = open.map { max($0.acknowledged?.position ?? 0, $0.positions?.upperBound ?? 0) }.max() ?? 0
        guard !report.isDamaged, result.missing.isEmpty, slot.stored.position >= acknowledged else { return }
        result.isWhole = true
        if slot.isDamaged {
            try whileAppending { (section) throws(StorageError) in
                guard var slot = try section.slot(feed) else { return }
                slot.isDamaged = false
                try section.publish(slot)
                try heads.synchronize()
            }
        }
        for incident in open where [Incident.damageKind, Incident.fallBackKind].contains(incident.kind) {
            let how = source.map { "Repaired from \($0)." } ?? "All entries are there and proven."
            try closeIncident(incident.id, by: nil, how: how)
        }
    }
}

extension AppendSection {
    /// Gives one built segment its name; what lay there goes to quarantine. Durable when this returns.
    fileprivate func place(_ piece: GapFilling.Piece, in directory: FeedDirectory) throws(StorageError) {
        let first = piece.header.firstPosition
        let sealed = SegmentName(firstPosition: first, kind: .sealed)
        let raw = SegmentName(firstPosition: first, kind: .raw)
        if try fileSystem.exists(directory.path(of: sealed)) {
            do throws(StorageError) {
                try quarantine.copyWhole(
                    directory.path(of: sealed),
                    called: "\(directory.feed)-\(sealed.fileName)",
                    nonce: nonce()
                )
            } catch {
                // What can not be read can not be copied, and is kept as it is.
                guard error.code == .inputOutput else { throw error }
                try quarantine.move(sealed, of: directory, nonce: nonce())
            }
            try fileSystem.rename(piece.path, to: directory.path(of: sealed))
        } else {
            try fileSystem.renameWithoutReplacing(piece.path, to: directory.path(of: sealed))
        }
        try fileSystem.syncDirectory(directory.path)
        if try fileSystem.exists(directory.path(of: raw)) { try quarantine.move(raw, of: directory, nonce: nonce()) }
        open[OpenKey(feed: directory.feed, branch: 0)] = nil
    }
}
