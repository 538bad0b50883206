package import LogFormat
package import StoreIO

/// What became of a replica that may be damaged.
package enum FallBackOutcome: Sendable {
    /// All that was acknowledged is there and proven.
    case sound
    /// What is damaged, and all behind it, is in quarantine; the feed stands at `end`, nil when nothing is left of it.
    case fellBack(end: FeedHead?, StorageError)
    /// Damaged, and left as it is: it was fetched again there once, so the disk is at fault; or there is nothing that
    /// could be given up.
    case left(StorageError)
}

extension LogStore {
    /// Reads all of a feed and proves it. Changes nothing.
    ///
    /// - Parameter feed: Which.
    /// - Returns: nil when nothing is published of it.
    /// - Throws: `.inputOutput` when not even the folder can be read; what is wrong with files is in the report.
    package func verify(_ feed: FeedID) throws(StorageError) -> FeedVerifier.Report? {
        guard let slot = try slot(of: feed) else { return nil }
        return try verify(slot)
    }

    /// Takes a damaged replica back to where it is sound, so that the next sync pulls the rest again.
    ///
    /// A damaged segment goes to quarantine as a whole, with all behind it, and an incident is recorded. Each position is
    /// given up once: what is damaged again after it was fetched again is left for a person, until the incident is closed.
    /// Killed in between, the replica has fallen back or the next call does it; only the incident may be missing.
    ///
    /// - Parameter feed: A feed of another site.
    /// - Returns: What was done.
    /// - Throws: `.invalidArgument` for an own feed, whose entries nobody here may give up; `.noSpace`, `.readOnly`,
    ///   `.inputOutput`.
    /// - Complexity: Reads the feed once; a second time, with the append lock held, when it was written to meanwhile.
    package func fallBack(_ feed: FeedID) throws(StorageError) -> FallBackOutcome {
        if feed.site == site {
            throw StorageError(.invalidArgument, "Feed \(feed) is this site's own and is repaired, not given up.")
        }
        guard let seen = try slot(of: feed) else { return .sound }
        let report = try verify(seen)
        guard report.isDamaged else { return .sound }
        return try whileAppending { (section) throws(StorageError) in
            guard let slot = try section.slot(feed) else { return .sound }
            let isSame = slot == seen
            let report = isSame ? report : try FeedVerifier.verify(directory(of: slot), slot: slot)
            // What is missing behind the end is pulled anyway, and there is nothing to give up.
            let damages = report.findings.filter { finding in
                let isBehind = report.statedHead.map { $0.position == finding.location.positions?.upperBound } ?? false
                return finding.weight == .damage && !isBehind
            }
            // A damaged statement is no damaged entry: giving entries up would not bring it back.
            guard
                let finding = damages.first(where: { $0.location.path != directory(of: slot).checkpointsPath })
                    ?? damages.first
            else { return .sound }
            let damage = StorageError(.corrupted, finding.cause, at: finding.location)
            let end = try lastWholeEnd(of: slot, report, finding)
            let first = (end?.position ?? 0) + 1
            let wasFetchedAgain = try allIncidents().contains { incident in
                guard incident.isOpen || incident.closing?.by == Incident.program else { return false }
                return incident.kind == Incident.fallBackKind && incident.feed == feed.description
                    && incident.positions?.contains((report.provenHead?.position ?? 0) + 1) == true
            }
            guard first <= slot.stored.position, !wasFetchedAgain else { return .left(damage) }
            let incident = Incident(
                milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                kind: Incident.fallBackKind,
                feed: feed.description,
                positions: first...slot.stored.position,
                text: "A copy of another site's entries was damaged. Positions \(first) to \(slot.stored.position) of"
                    + " feed \(feed) are in quarantine and are fetched again at the next sync. \(damage)",
                nonce: section.nonce()
            )
            do throws(StorageError) {
                if let end { try section.cutBack(slot, to: end) } else { try section.giveUp(slot) }
            } catch {
                // On a full disk the feed may have fallen back all the same.
                guard error.code != .halted, try section.slot(feed)?.stored != slot.stored else { throw error }
                try incident.save(at: paths, in: surroundings.fileSystem)
                throw error
            }
            cache.forget(below: directory(of: slot).path)
            try incident.save(at: paths, in: surroundings.fileSystem)
            return .fellBack(end: end, damage)
        }
    }

    /// Whose a damaged file or folder is.
    ///
    /// - Parameter path: As a `StorageError` names it.
    /// - Returns: nil when it is no feed's, or that of a later branch.
    package func feed(holding path: String) -> FeedID? {
        guard path.hasPrefix(paths.feeds + "/") else { return nil }
        let name = path.dropFirst(paths.feeds.count + 1).prefix { $0 != "/" }
        guard let key = Self.feed(named: String(name)), key.branch == 0 else { return nil }
        return key.feed
    }

    /// The end of the last segment without damage.
    ///
    /// The rest of a damaged segment can not be told from its sound part by who finds the end of the feed after a power
    /// cut, so all of it goes.
    ///
    /// - Returns: nil when not even the first segment is whole.
    private func lastWholeEnd(
        of slot: HeadsSlot,
        _ report: FeedVerifier.Report,
        _ finding: Finding
    ) throws(StorageError) -> FeedHead? {
        guard let proven = report.provenHead, proven.position > 0 else { return nil }
        let directory = directory(of: slot)
        let names = try directory.segments()
        guard let first = names.last(where: { $0.firstPosition <= proven.position })?.firstPosition else { return nil }
        let inside = names.filter { $0.firstPosition == first }
        guard let name = inside.first(where: { directory.path(of: $0) == finding.location.path }) else {
            return proven
        }
        let before = try SegmentReader(name, in: directory).header.previous
        return before.position > 0 ? before : nil
    }
}
