import LogFormat
import StoreIO

/// Finds the true end of a feed when HEADS is only a lower bound: after a restart of the machine, or where the feed's
/// pair is not as a writer leaves it.
///
/// Nothing is shortened and nothing overwritten. A tail that nobody acknowledged is copied to quarantine and closed off
/// by the next segment; anything else that does not fit is damage and is said.
struct FeedRecovery {
    let section: AppendSection
    let directory: FeedDirectory
    let branch: UInt32
    /// What is left of the feed's pair in HEADS; nil when that is nothing.
    let bound: HeadsSlot?
    /// Whether ``bound`` is of this start of the machine, so that the page cache may show what the disk never got.
    let isSameStart: Bool
    /// Whether the feed is this site's, of this or an earlier epoch.
    let isOwn: Bool
    /// The key of an own feed, where it is known without the feed.
    let ownKey: SitePublicKey?
    let attestation: Attestation

    /// What makes stored entries attested.
    enum Attestation {
        /// The site writes the feed: all that is stored.
        case itself
        /// Checkpoints; and without one what the site itself had written when it left the epoch.
        case checkpoints(beyond: FeedHead?)
    }

    /// What recovery found.
    struct Outcome {
        /// nil for a replica of which not even the key can be read: it is pulled anew.
        var slot: HeadsSlot?
        /// Acknowledged entries are missing or different.
        var damage: StorageError?
        /// The end that was acknowledged, where entries are missing there.
        var acknowledged: FeedHead?
    }

    /// - Returns: nil when the folder holds no segment and nothing was ever known of the feed.
    /// - Throws: `.inputOutput`, which is never taken for the end of the log; `.unsupportedFormat`, `.noSpace`.
    func run() throws(StorageError) -> Outcome? {
        // Sync before believing: what the page cache shows may not be on the disk yet.
        try directory.fileSystem.syncDirectory(directory.path)
        guard let last = try directory.segments().max(by: { $0.firstPosition < $1.firstPosition }) else {
            // Who let a replica fall back to nothing left its statements, and a note of what is missing.
            var isKnown = (bound?.stored.position ?? 0) > 0
            if bound == nil { isKnown = try furthestStatement(by: nil) != nil }
            guard isKnown else {
                // Taken out of HEADS it could come back by halves: the older slot of the pair may be of what was cut back.
                guard var slot = bound else { return nil }
                (slot.segment, slot.writtenBytes, slot.durableBytes) = (0, 0, 0)
                return Outcome(slot: slot)
            }
            return try damaged(bound, at: directory.path, "All segments of the feed are gone.")
        }
        // Of a segment that is there raw and sealed, the sealed one holds.
        let sealed = SegmentName(firstPosition: last.firstPosition, kind: .sealed)
        if try directory.fileSystem.exists(directory.path(of: sealed)) { return try runSealed(sealed) }
        return try runRaw(SegmentName(firstPosition: last.firstPosition, kind: .raw))
    }

    private func runSealed(_ name: SegmentName) throws(StorageError) -> Outcome {
        let reader: SegmentReader
        do throws(StorageError) {
            reader = try SegmentReader(name, in: directory)
        } catch  where error.code == .corrupted {
            return try damaged(nil, at: directory.path(of: name), error.message, cause: error)
        }
        guard let footer = reader.footer else {
            preconditionFailure("a sealed segment has a footer")
        }
        var slot = emptySlot(reader.header.key)
        slot.segment = name.firstPosition
        slot.stored = footer.head
        // Its raw file is gone, so the next commit begins a new segment there.
        slot.durableBytes = footer.rawEndOffsetBytes
        slot.writtenBytes = slot.durableBytes
        return try finish(slot, of: reader.header.key, quarantined: 0, contradiction: nil)
    }

    private func runRaw(_ name: SegmentName) throws(StorageError) -> Outcome? {
        let segment: RawSegment
        do throws(StorageError) {
            segment = try RawSegment.open(name, in: directory)
        } catch  where error.code == .corrupted {
            return try headerless(name, error)
        }
        try segment.file.synchronizeData()
        var slot = emptySlot(segment.header.key)
        slot.segment = name.firstPosition
        var sizeBytes = try segment.file.status().sizeBytes
        if isSameStart, let bound, bound.isPoisoned, bound.segment == name.firstPosition {
            // A sync failed here, or it was closed: what lies behind is nobody's, and no sync proves anything any more.
            sizeBytes = min(sizeBytes, bound.durableBytes)
        }
        let scan = try SegmentTail(segment, upTo: sizeBytes)
        slot.stored = scan.head
        slot.durableBytes = scan.endOffsetBytes
        slot.writtenBytes = slot.durableBytes
        let key = segment.header.key
        guard scan.hasRest else { return try finish(slot, of: key, quarantined: 0, contradiction: scan.contradiction) }
        if let contradiction = scan.contradiction {
            return try finish(slot, of: key, quarantined: 0, contradiction: contradiction)
        }
        if boundContradicts(slot) { return try finish(slot, of: key, quarantined: 0, contradiction: nil) }
        // A torn tail: what the crash left of a commit that nobody was told of. The next writer begins a new segment.
        slot.isPoisoned = true
        // Who recovered this before has copied it already, and nobody has written since.
        if let bound, bound.isPoisoned, bound.segment == slot.segment, bound.writtenBytes == slot.durableBytes {
            return try finish(slot, of: key, quarantined: 0, contradiction: nil)
        }
        let copied = try section.quarantine.copy(
            of: segment.file,
            from: scan.endOffsetBytes,
            to: scan.restEndBytes,
            feed: directory.feed,
            nonce: section.nonce()
        )
        return try finish(slot, of: key, quarantined: copied, contradiction: nil)
    }

    /// A newest segment without a readable header: made and renamed but never synced, or damaged.
    private func headerless(_ name: SegmentName, _ error: StorageError) throws(StorageError) -> Outcome? {
        let path = directory.path(of: name)
        let bytes = try directory.fileSystem.openFile(path, .read).read(
            upTo: SegmentHeader.lengthBytes + BlockPlace.lengthBytes,
            at: 0
        )
        let isKnown = bound.map { $0.segment >= name.firstPosition } ?? false
        guard !isKnown, bytes.dropFirst(SegmentHeader.lengthBytes).allSatisfy({ $0 == 0 }) else {
            return try damaged(nil, at: path, "The newest segment has no header.", cause: error)
        }
        // Its header was never synced, so nothing in it was ever acknowledged.
        try section.quarantine.move(name, of: directory, nonce: section.nonce())
        return try run()
    }

    /// Whether more was durable than the segments show.
    private func boundContradicts(_ slot: HeadsSlot) -> Bool {
        guard let bound else { return false }
        // A segment that HEADS names and that is gone proves nothing by itself: an empty one is moved to quarantine before
        // its successor, which has the same name, is made. What counts is what was acknowledged.
        if bound.stored.position > slot.stored.position { return true }
        return bound.stored.position == slot.stored.position && bound.stored.digest != slot.stored.digest
    }

    private func finish(
        _ found: HeadsSlot,
        of key: SitePublicKey,
        quarantined: UInt64,
        contradiction: StorageError?
    ) throws(StorageError) -> Outcome {
        var slot = found
        slot.generation = bound?.generation ?? 0
        if let bound, bound.isPoisoned, bound.segment == slot.segment { slot.isPoisoned = true }
        slot.isDamaged = bound?.isDamaged ?? false
        var cause = contradiction
        switch attestation {
        case .itself:
            slot.attested = slot.stored
        case .checkpoints(let ended):
            let (head, damage) = try attested(of: slot, ended: ended)
            slot.attested = head
            cause = cause ?? damage
        }
        let furthest = try furthestStatement(by: key)
        let statement = furthest.flatMap { $0.position > slot.stored.position ? $0 : nil }
        let known = max(bound?.stored.position ?? 0, statement?.position ?? 0)
        let reason =
            cause?.message
            ?? (boundContradicts(slot) || statement != nil
                ? "Entries up to position \(known) were acknowledged and the segments end at \(slot.stored.position)."
                : nil)
        if let reason {
            // An own feed is closed. Of a replica, whatever lies behind the good end is closed off by the next segment.
            slot.isPoisoned = !isOwn
            return try damaged(
                slot,
                at: directory.path(of: .init(firstPosition: slot.segment, kind: .raw)),
                reason,
                cause: cause,
                statement: statement
            )
        }
        if quarantined > 0 || bound == nil || slot.stored != bound?.stored {
            section.options.observer(
                .recovered(directory.feed, position: slot.stored.position, quarantinedBytes: quarantined)
            )
        }
        return Outcome(slot: slot, damage: nil)
    }

    /// The furthest head that was attested and that the stored entries reach and agree with.
    ///
    /// - Returns: The head, and the damage met while looking for it.
    private func attested(
        of slot: HeadsSlot,
        ended: FeedHead?
    ) throws(StorageError) -> (FeedHead, damage: StorageError?) {
        let known = [bound?.attested, ended].compactMap(\.self)
        // All that is left was attested; that the rest is missing is said elsewhere.
        if let last = known.first, last.position > slot.stored.position { return (slot.stored, nil) }
        var damage: StorageError?
        var candidates = known
        do throws(StorageError) {
            candidates += try CheckpointFile(directory).rows().map(\.head)
        } catch  where error.code == .corrupted {
            damage = error
        }
        let reader = FeedReader(directory: directory, slot: slot, end: slot.stored, cache: SegmentCache())
        let reachable = candidates.filter { $0.position > 0 && $0.position <= slot.stored.position }
        for head in reachable.sorted(by: { $0.position > $1.position }) {
            do throws(StorageError) {
                if try reader.head(at: head.position) == head { return (head, damage) }
            } catch  where error.code == .corrupted {
                damage = damage ?? error
                // It was shown before, and whoever reads as far as the damage is told.
                if known.contains(head) { return (head, damage) }
            }
        }
        return (slot.attested, damage)
    }

    /// The furthest head that the feed's site has stated to the store. What it speaks of was stored before it was kept, and
    /// shown.
    ///
    /// - Parameter key: That must have signed it; nil when nothing is left that says which it is.
    /// - Returns: nil without statements, and for a feed that needs none.
    /// - Throws: `.inputOutput`.
    private func furthestStatement(by key: SitePublicKey?) throws(StorageError) -> FeedHead? {
        guard case .checkpoints = attestation else { return nil }
        let statements = try CheckpointFile(directory).content().rows.map(\.checkpoint)
        for statement in statements.sorted(by: { $0.head.position > $1.head.position })
        where statement.feed == directory.feed {
            guard let key else { return statement.head }
            do throws(FormatError) {
                try statement.verify(key: key)
                return statement.head
            } catch {
                // Another's word says nothing; `log verify` names it.
                continue
            }
        }
        return nil
    }

    /// The outcome of damage, with what is left of the feed; `found` is nil when only HEADS or another segment can tell.
    private func damaged(
        _ found: HeadsSlot?,
        at path: String,
        _ reason: String,
        cause: StorageError? = nil,
        statement: FeedHead? = nil
    ) throws(StorageError) -> Outcome {
        var slot = found ?? bound
        if slot == nil, let key = try anyKey() { slot = emptySlot(key) }
        slot?.isDamaged = isOwn
        if slot == nil {
            // Nobody can read any of it, and it would be in the way of what is pulled.
            for name in try directory.segments() {
                try section.quarantine.move(name, of: directory, nonce: section.nonce())
            }
        }
        let end = slot?.stored.position ?? 0
        var furthest = statement
        if found == nil { furthest = try furthestStatement(by: nil) }
        let acknowledged = [bound?.stored, furthest].compactMap(\.self).max { $0.position < $1.position }
        // What a statement behind the end covers is not shown any more either, as far as no other one does.
        let shown = statement == nil ? end : min(end, slot?.attested.position ?? 0)
        let missing = acknowledged.flatMap { $0.position > end ? shown + 1...$0.position : nil }
        var location = cause?.location ?? .init(path: path)
        // What is missing counts, not where somebody stumbled.
        location.positions = missing ?? location.positions
        return Outcome(
            slot: slot,
            damage: StorageError(.corrupted, reason, at: location, cause: cause),
            acknowledged: acknowledged
        )
    }

    /// The slot of the feed without entries.
    private func emptySlot(_ key: SitePublicKey) -> HeadsSlot {
        let start = FeedChain.start(key: key, epoch: directory.feed.epoch, lane: directory.feed.lane)
        return HeadsSlot(
            feed: directory.feed,
            branch: branch,
            generation: bound?.generation ?? 0,
            segment: 0,
            writtenBytes: 0,
            durableBytes: 0,
            stored: start,
            attested: start
        )
    }

    /// The site's key: this one's own, or from any segment of the feed that still says it.
    private func anyKey() throws(StorageError) -> SitePublicKey? {
        if let ownKey { return ownKey }
        for name in try directory.segments() {
            do throws(StorageError) {
                return try SegmentReader(name, in: directory).header.key
            } catch  where error.code == .corrupted {
                continue
            }
        }
        return nil
    }
}
