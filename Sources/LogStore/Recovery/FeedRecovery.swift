import LogFormat
import StoreIO

/// Finds the true end of a feed when HEADS is only a lower bound: after a restart of the machine, or without HEADS.
///
/// Nothing is shortened and nothing overwritten. A tail that nobody acknowledged is copied to quarantine and closed off
/// by the next segment; anything else that does not fit is damage and is said.
struct FeedRecovery {
    let section: AppendSection
    let directory: FeedDirectory
    let branch: UInt32
    /// What HEADS said before the restart; nil when it said nothing.
    let bound: HeadsSlot?
    /// A site's own feed attests itself; a replica is attested by checkpoints.
    let isOwn: Bool

    /// What recovery found.
    struct Outcome {
        var slot: HeadsSlot
        /// Acknowledged entries are missing or different.
        var damage: StorageError?
    }

    /// - Returns: nil when the folder holds no segment and nothing was ever known of the feed.
    /// - Throws: `.inputOutput`, which is never taken for the end of the log; `.unsupportedFormat`, `.noSpace`.
    func run() throws(StorageError) -> Outcome? {
        // Sync before believing: what the page cache shows may not be on the disk yet.
        try directory.fileSystem.syncDirectory(directory.path)
        guard let last = try directory.segments().max(by: { $0.firstPosition < $1.firstPosition }) else {
            guard let bound, bound.stored.position > 0 else { return nil }
            return damaged(bound, at: directory.path, "All segments of the feed are gone.")
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
            let key = try anyKey()
            let slot = bound ?? emptySlot(key)
            return damaged(slot, at: directory.path(of: name), error.message, cause: error)
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
        return try finish(slot, quarantined: 0, contradiction: nil)
    }

    private func runRaw(_ name: SegmentName) throws(StorageError) -> Outcome {
        let segment: RawSegment
        do throws(StorageError) {
            segment = try RawSegment.open(name, in: directory)
        } catch  where error.code == .corrupted {
            return try headerless(name, error)
        }
        try segment.file.synchronizeData()
        var slot = emptySlot(segment.header.key)
        slot.segment = name.firstPosition
        let scan = try SegmentTail(segment, upTo: try segment.file.status().sizeBytes)
        slot.stored = scan.head
        slot.durableBytes = scan.endOffsetBytes
        slot.writtenBytes = slot.durableBytes
        guard scan.hasRest else { return try finish(slot, quarantined: 0, contradiction: scan.contradiction) }
        if let contradiction = scan.contradiction {
            return try finish(slot, quarantined: 0, contradiction: contradiction)
        }
        if boundContradicts(slot) { return try finish(slot, quarantined: 0, contradiction: nil) }
        // A torn tail: what the crash left of a commit that nobody was told of.
        let copied = try section.quarantine.copy(
            of: segment.file,
            from: scan.endOffsetBytes,
            to: scan.restEndBytes,
            feed: directory.feed,
            nonce: section.nonce()
        )
        slot.writtenBytes = scan.restEndBytes
        return try finish(slot, quarantined: copied, contradiction: nil)
    }

    /// A newest segment without a readable header: made and renamed but never synced, or damaged.
    private func headerless(_ name: SegmentName, _ error: StorageError) throws(StorageError) -> Outcome {
        let key = try anyKey()
        if let bound, bound.segment >= name.firstPosition {
            return damaged(bound, at: directory.path(of: name), "The newest segment has no header.", cause: error)
        }
        let bytes = try directory.fileSystem.openFile(directory.path(of: name), .read).read(
            upTo: SegmentHeader.lengthBytes + BlockPlace.lengthBytes,
            at: 0
        )
        guard bytes.dropFirst(SegmentHeader.lengthBytes).allSatisfy({ $0 == 0 }) else {
            return damaged(
                bound ?? emptySlot(key),
                at: directory.path(of: name),
                "The newest segment has no header.",
                cause: error
            )
        }
        // Its header was never synced, so nothing in it was ever acknowledged.
        try section.quarantine.move(name, of: directory, nonce: section.nonce())
        return try run() ?? Outcome(slot: emptySlot(key), damage: nil)
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
        quarantined: UInt64,
        contradiction: StorageError?
    ) throws(StorageError) -> Outcome {
        var slot = found
        slot.generation = bound?.generation ?? 0
        slot.isPoisoned = bound.map { $0.isPoisoned && $0.segment == slot.segment } ?? false
        slot.isDamaged = bound?.isDamaged ?? false
        if isOwn {
            slot.attested = slot.stored
        } else {
            slot.attested = try attested(of: slot)
        }
        let reason =
            contradiction?.message
            ?? (boundContradicts(slot)
                ? "Entries up to position \(bound?.stored.position ?? 0) were acknowledged and the segments end at"
                    + " \(slot.stored.position)." : nil)
        if let reason {
            var outcome = damaged(
                slot,
                at: directory.path(of: .init(firstPosition: slot.segment, kind: .raw)),
                reason,
                cause: contradiction
            )
            // A replica falls back to its last good position and is pulled again; an own feed is closed.
            outcome.slot.isDamaged = isOwn
            // Whatever lies behind the good end is closed off by the next segment.
            outcome.slot.isPoisoned = !isOwn
            return outcome
        }
        if quarantined > 0 || bound == nil || slot.stored != bound?.stored {
            section.options.observer(
                .recovered(directory.feed, position: slot.stored.position, quarantinedBytes: quarantined)
            )
        }
        return Outcome(slot: slot, damage: nil)
    }

    /// The newest checkpoint that the stored entries reach and agree with.
    private func attested(of slot: HeadsSlot) throws(StorageError) -> FeedHead {
        var attested = emptySlot(nil).attested
        let reader = FeedReader(directory: directory, slot: slot, end: slot.stored, cache: SegmentCache())
        if let best = try CheckpointFile(directory).best(through: slot.stored.position),
            try reader.head(at: best.head.position) == best.head
        {
            attested = best.head
        } else if slot.stored.position > 0 {
            attested = try reader.head(at: 0)
        } else {
            attested = slot.stored
        }
        return attested
    }

    private func damaged(
        _ slot: HeadsSlot,
        at path: String,
        _ reason: String,
        cause: StorageError? = nil
    ) -> Outcome {
        var slot = slot
        slot.isDamaged = isOwn
        let missing = bound.flatMap { bound -> ClosedRange<UInt64>? in
            bound.stored.position > slot.stored.position ? slot.stored.position + 1...bound.stored.position : nil
        }
        return Outcome(
            slot: slot,
            damage: StorageError(
                .corrupted,
                reason,
                at: cause?.location ?? .init(path: path, positions: missing),
                cause: cause
            )
        )
    }

    private func emptySlot(_ key: SitePublicKey?) -> HeadsSlot {
        let start =
            key.map { FeedChain.start(key: $0, epoch: directory.feed.epoch, lane: directory.feed.lane) }
            ?? bound?.attested ?? FeedHead(position: 0, digest: .unknown)
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

    /// The site's key from any segment of the feed that still says it.
    private func anyKey() throws(StorageError) -> SitePublicKey? {
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

extension ChainDigest {
    /// Stands where not even the site's key is known; no chain starts with it.
    fileprivate static var unknown: ChainDigest {
        guard let digest = ChainDigest([UInt8](repeating: 0, count: lengthBytes)) else {
            preconditionFailure("a digest has that many bytes")
        }
        return digest
    }
}
