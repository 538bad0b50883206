package import LogFormat
package import LogStore
package import SyncProtocol

/// Taking a bundle: once through the file, once more where an end had to be given up first, and again as long as the
/// roster in it admits what was passed over: of several administrators any may come first, and one is known by the other.
package struct BundlePass {
    package let taking: BundleTaking
    /// What the sender says it holds; nil when the file ends before that.
    package private(set) var statement: BundleStatement?
    package private(set) var ending = BundleFile.Ending.cut
    /// Whole parts that were read.
    package private(set) var parts: UInt64 = 0
    /// The epoch in which this site goes on, where the bundle shows that its store was set back.
    package private(set) var newEpoch: EpochID?
    /// Where feeds stood before anything was taken.
    package private(set) var before: [FeedID: UInt64]

    /// Takes all that a bundle has for this site. Stopped anywhere, what was stored stays, and it can be taken again.
    ///
    /// - Parameters:
    ///   - bundle: Opened with ``BundleFile/secret(for:_:)``.
    ///   - secret: What opens it.
    ///   - log: Where the entries go.
    ///   - roster: As it stands here.
    ///   - draft: For what this site says in lane 0 by itself.
    ///   - keys: Gets keys of persons, sealed to this site; the same ones again every time.
    ///   - progress: Called with how many bytes of the file were read.
    /// - Returns: What came of it.
    /// - Throws: ``BundleRefusal/senderRevoked(_:)``; `StorageError`; what `keys` throws.
    package static func take(
        _ bundle: BundleFile,
        _ secret: BundleSecret,
        into log: LogStore,
        _ roster: Roster,
        _ draft: RosterDraft,
        keys: ([[UInt8]]) throws -> Void = { _ in },
        progress: (UInt64) -> Void = { _ in }
    ) throws -> BundlePass {
        var pass = try BundlePass(bundle, secret, log, roster, after: nil, keys, progress)
        let newEpoch = try pass.settle(with: bundle.header.sender, log, draft)
        var isFirst = true
        while isFirst && (pass.taking.gaveUpEnds || newEpoch != nil) || pass.taking.admitsMore {
            isFirst = false
            pass = try BundlePass(bundle, secret, log, pass.taking.roster, after: pass, keys, progress)
        }
        pass.newEpoch = newEpoch
        return pass
    }

    /// Does what the contradictions ask for that the bundle shows.
    ///
    /// - Returns: The epoch that was opened; nil when none was.
    private func settle(with sender: SiteID, _ log: LogStore, _ draft: RosterDraft) throws -> EpochID? {
        let name = taking.roster[sender]?.alias ?? sender.description
        var newEpoch: EpochID?
        // Of several lanes that are ahead or differ the first opens the next one.
        let epoch = log.epoch
        // By who says so: of DATA nobody knows who wrote it.
        var found: [BundleTaking.Word: [SyncIncident]] = [:]
        for (feed, outcome) in taking.outcomes.sorted(by: { $0.key < $1.key }) {
            var (position, isOwn) = (UInt64(0), feed.site == log.site && feed.epoch == epoch)
            switch outcome.problem {
            case .ownBeyond(let place): (position, isOwn) = (place, true)
            case .differs(let place): position = place
            default: continue
            }
            let row = statement?.vector[feed]
            let incident = SyncIncident(
                kind: isOwn ? .ownEpochAhead : outcome.word == .roster ? .cutOffDiffers : .diverged,
                feed: feed,
                position: position,
                isReportedByPeer: false,
                digest: row.flatMap { $0.position == position ? $0.digest : nil }
            )
            guard isOwn else {
                found[outcome.word, default: []].append(incident)
                continue
            }
            // The sender states what it holds of its receivers' feeds: without that there is nothing in DATA to go by.
            guard outcome.word == .sender else { continue }
            if case .newEpoch(let next) = try log.settle(incident, with: name, draft) { newEpoch = next }
        }
        try log.note(found[.roster] ?? [], with: nil)
        try log.note(found[.sender] ?? [], with: name)
        try log.note(found[.nobody] ?? [], with: nil)
        return newEpoch
    }

    private init(
        _ bundle: BundleFile,
        _ secret: BundleSecret,
        _ log: LogStore,
        _ roster: Roster,
        after former: BundlePass?,
        _ keys: ([[UInt8]]) throws -> Void,
        _ progress: (UInt64) -> Void
    ) throws {
        taking = try BundleTaking(log, from: bundle.header.sender, roster: roster, after: former?.taking)
        before = former?.before ?? [:]
        var cursor = BundleFile.Cursor(bundle, secret)
        while let event = try cursor.next() {
            switch event {
            case .statement(let statement):
                self.statement = statement
                taking.take(statement)
            case .message(let message):
                try taking.take(message)
                if case .keys(let packets, _) = message { try keys(packets) }
            }
            progress(cursor.offsetBytes)
        }
        try taking.finish()
        ending = cursor.ending ?? .cut
        parts = cursor.chunks
        for (feed, outcome) in taking.outcomes where before[feed] == nil { before[feed] = outcome.before }
    }
}
