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
    let quarantine: Quarantine
    private(set) var snapshot: HeadsFile.Snapshot
    /// Segments this process has open, from one section to the next.
    var open: [OpenKey: RawSegment]
    private(set) var rolledSegments = 0
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
        snapshot: HeadsFile.Snapshot,
        open: [OpenKey: RawSegment]
    ) {
        self.paths = paths
        self.surroundings = surroundings
        self.options = options
        self.heads = heads
        self.snapshot = snapshot
        self.open = open
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
    /// commit has noted what it was about to write, and not counted it.
    ///
    /// - Throws: `.corrupted` when its pair was damaged since the section began; `.inputOutput`.
    func slot(_ feed: FeedID, branch: UInt32 = 0) throws(StorageError) -> HeadsSlot? {
        guard let index = snapshot.index(of: feed, branch: branch) else { return nil }
        if fresh.contains(index) { return snapshot.slots[index] }
        guard let slot = try heads.slot(at: index) else {
            // To take the feed for a new one would set its first segment aside. The next section recovers it.
            snapshot.isCurrent = false
            throw StorageError(
                .corrupted,
                "HEADS was damaged while the store was in use. Nothing was recorded: run the command again, and the store"
                    + " finds its ends from the segments.",
                at: .init(path: paths.heads)
            )
        }
        snapshot.slots[index] = slot
        fresh.insert(index)
        return slot
    }

    /// Writes a slot and tells the readers.
    func publish(_ slot: HeadsSlot) throws(StorageError) {
        try write(slot)
        snapshot.changeCounter = try heads.countChange(after: snapshot.changeCounter)
    }

    /// Writes a slot without telling the readers.
    private func write(_ slot: HeadsSlot) throws(StorageError) {
        // A pair that was damaged or never written is used before the file grows.
        let index =
            snapshot.index(of: slot.feed, branch: slot.branch) ?? snapshot.slots.firstIndex { $0 == nil }
            ?? snapshot.slots.count
        var slot = slot
        if index < snapshot.slots.count, let known = snapshot.slots[index] {
            slot.generation = max(slot.generation, known.generation)
        }
        try heads.write(&slot, at: index)
        if index < snapshot.slots.count { snapshot.slots[index] = slot } else { snapshot.slots.append(slot) }
        fresh.insert(index)
    }

    /// Replaces everything known, after recovery.
    func republish(_ slots: [HeadsSlot]) throws(StorageError) {
        for slot in slots { try write(slot) }
        // A damaged pair that stayed would make every later opener recover again.
        for index in snapshot.slots.indices where snapshot.slots[index] == nil { try heads.erase(at: index) }
        snapshot.changeCounter = try heads.countChange(after: snapshot.changeCounter)
        try heads.synchronize()
        snapshot.isCurrent = true
    }

    // MARK: - Committing

    /// Writes blocks to the end of a feed; durable when this returns.
    ///
    /// - Parameters:
    ///   - blocks: Continue the feed's stored head; their chain was checked or made by the caller.
    ///   - feed: The feed.
    ///   - branch: 0 for the feed itself.
    ///   - key: The key of the feed's site.
    ///   - attested: Where the feed is attested afterwards; nil for a site's own feed, which attests itself.
    /// - Returns: The published slot.
    /// - Throws: `.noSpace` before anything was written; `.poisoned` when a fresh segment failed too; `.corrupted` when
    ///   the place to write at is taken; `.inputOutput`.
    /// - Complexity: One data sync; two more and a directory sync when a segment begins.
    @discardableResult
    func commit(
        _ blocks: [Block],
        to feed: FeedID,
        branch: UInt32 = 0,
        key: SitePublicKey,
        attested: FeedHead? = nil
    ) throws(StorageError) -> HeadsSlot {
        var slot = try slot(feed, branch: branch) ?? newSlot(feed, branch: branch, key: key)
        guard let last = blocks.last else { return slot }
        for attempt in 1...2 {
            let segment = try prepare(&slot, key: key, forBytes: encodedBytes(of: blocks))
            let bytes = segment.encode(blocks, at: slot.durableBytes)
            slot.writtenBytes = slot.durableBytes + UInt64(bytes.count)
            try write(slot)
            do throws(StorageError) {
                try segment.file.write(bytes, at: slot.durableBytes)
                try segment.file.synchronizeData()
            } catch {
                // A failed sync says nothing about what is on the disk, and never will: the segment is closed for ever.
                guard error.code != .halted else { throw error }
                slot.isPoisoned = true
                try publish(slot)
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
            slot.stored = last.header.head
            slot.attested = attested ?? slot.stored
            try publish(slot)
            return slot
        }
        preconditionFailure("the second attempt returns or throws")
    }

    private func encodedBytes(of blocks: [Block]) -> UInt64 {
        blocks.reduce(0) { $0 + UInt64(BlockPlace.lengthBytes + $1.header.encodedLengthBytes) }
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

    /// The segment to write to: with room, with nothing behind its durable end.
    private func prepare(
        _ slot: inout HeadsSlot,
        key: SitePublicKey,
        forBytes count: UInt64
    ) throws(StorageError) -> RawSegment {
        let directory = directory(slot.feed, branch: slot.branch)
        if slot.segment == 0 {
            if try !fileSystem.exists(directory.path) { try fileSystem.makeDirectory(directory.path) }
            // Also when it was there: who made it may have been killed before its name was durable.
            try fileSystem.syncDirectory(paths.feeds)
            return try reserve(roll(&slot, after: nil, key: key, in: directory), for: slot, count: count)
        }
        let name = SegmentName(firstPosition: slot.segment, kind: .raw)
        if try fileSystem.status(directory.path(of: name)) == nil {
            let end = try predecessor(withoutRawFileOf: slot, in: directory)
            return try reserve(roll(&slot, after: end, key: key, in: directory), for: slot, count: count)
        }
        let segment = try current(name, slot: slot, in: directory)
        if slot.writtenBytes > slot.durableBytes || slot.isPoisoned {
            return try reserve(takeOver(segment, &slot, key: key, in: directory), for: slot, count: count)
        }
        let isEmpty: Bool
        do throws(StorageError) {
            isEmpty = try segment.isEmpty(at: slot.durableBytes)
        } catch  where error.code == .inputOutput {
            // What can not be read can not be trusted with more.
            slot.isPoisoned = true
            try publish(slot)
            options.observer(.poisoned(slot.feed, error))
            return try reserve(takeOver(segment, &slot, key: key, in: directory), for: slot, count: count)
        }
        guard isEmpty else {
            throw FeedDirectory.damage(
                .trailingBytes,
                path: segment.file.path,
                offsetBytes: slot.durableBytes
            )
        }
        let age = surroundings.clock.millisecondsSinceEpoch() - segment.header.createdMilliseconds
        let isOld = age >= options.segmentAgeMilliseconds && slot.durableBytes > UInt64(SegmentHeader.lengthBytes)
        if slot.durableBytes >= UInt64(options.segmentBytes) || isOld {
            let end = SegmentHeader.Predecessor(firstPosition: slot.segment, endOffsetBytes: slot.durableBytes)
            return try reserve(roll(&slot, after: end, key: key, in: directory), for: slot, count: count)
        }
        return try reserve(segment, for: slot, count: count)
    }

    /// What the next segment names as its predecessor when the segment that HEADS names has no raw file: it was sealed,
    /// or its last writer was killed after an empty one was set aside and before its successor was made.
    ///
    /// - Throws: `.corrupted` when the file is gone with entries that were acknowledged.
    private func predecessor(
        withoutRawFileOf slot: HeadsSlot,
        in directory: FeedDirectory
    ) throws(StorageError) -> SegmentHeader.Predecessor? {
        guard slot.durableBytes <= UInt64(SegmentHeader.lengthBytes) else {
            let sealed = SegmentName(firstPosition: slot.segment, kind: .sealed)
            guard try fileSystem.exists(directory.path(of: sealed)) else {
                throw FeedDirectory.damage(
                    .truncated,
                    path: directory.path(of: .init(firstPosition: slot.segment, kind: .raw)),
                    positions: slot.segment...max(slot.segment, slot.stored.position)
                )
            }
            return .init(firstPosition: slot.segment, endOffsetBytes: slot.durableBytes)
        }
        guard let before = try directory.segments().last(where: { $0.firstPosition < slot.segment }) else { return nil }
        let reader = try SegmentReader(before, in: directory)
        if let footer = reader.footer {
            return .init(firstPosition: before.firstPosition, endOffsetBytes: footer.rawEndOffsetBytes)
        }
        let size = try reader.sizeBytes()
        guard let (_, row) = try reader.row(holding: slot.stored.position, endOffsetBytes: size) else {
            throw FeedDirectory.damage(
                .truncated,
                path: reader.path,
                positions: slot.stored.position...slot.stored.position
            )
        }
        return .init(firstPosition: before.firstPosition, endOffsetBytes: row.offsetBytes + UInt64(row.lengthBytes))
    }

    /// The open segment, if the file is still the one that carries the name.
    private func current(
        _ name: SegmentName,
        slot: HeadsSlot,
        in directory: FeedDirectory
    ) throws(StorageError) -> RawSegment {
        let key = OpenKey(feed: slot.feed, branch: slot.branch)
        if let known = open[key], known.header.firstPosition == name.firstPosition,
            try fileSystem.status(directory.path(of: name))?.inode == known.inode
        {
            return known
        }
        let segment = try RawSegment.open(name, in: directory)
        open[key] = segment
        return segment
    }

    /// Makes sure that the write that comes can not fail for want of space.
    private func reserve(
        _ segment: RawSegment,
        for slot: HeadsSlot,
        count: UInt64
    ) throws(StorageError) -> RawSegment {
        let end = slot.durableBytes + count
        guard options.allocationStepBytes > 0, end > segment.allocatedBytes else { return segment }
        let step = UInt64(options.allocationStepBytes)
        let target = (end + step - 1) / step * step
        try segment.file.allocate(segment.allocatedBytes..<target)
        var segment = segment
        segment.allocatedBytes = target
        open[OpenKey(feed: slot.feed, branch: slot.branch)] = segment
        return segment
    }

    /// The last writer died inside a commit, or the disk failed: what it had not acknowledged is set aside, and a new
    /// segment begins at the durable end.
    private func takeOver(
        _ segment: RawSegment,
        _ slot: inout HeadsSlot,
        key: SitePublicKey,
        in directory: FeedDirectory
    ) throws(StorageError) -> RawSegment {
        let wasPoisoned = slot.isPoisoned
        var setAside: UInt64 = 0
        if !wasPoisoned {
            do throws(StorageError) {
                setAside = try quarantine.copy(
                    of: segment.file,
                    from: slot.durableBytes,
                    to: slot.writtenBytes,
                    feed: slot.feed,
                    nonce: nonce()
                )
            } catch  where error.code == .inputOutput {
                // Nobody was told of these bytes, and they stay where they are: that they can not be read must not keep
                // anybody from recording.
                options.observer(.poisoned(slot.feed, error))
            }
        }
        let next = try close(segment, &slot, key: key, in: directory)
        if !wasPoisoned { options.observer(.takeover(slot.feed, quarantinedBytes: setAside)) }
        return next
    }

    /// Ends `segment` at the slot's durable end and begins the next.
    func close(
        _ segment: RawSegment,
        _ slot: inout HeadsSlot,
        key: SitePublicKey,
        in directory: FeedDirectory
    ) throws(StorageError) -> RawSegment {
        var predecessor: SegmentHeader.Predecessor? = .init(
            firstPosition: slot.segment,
            endOffsetBytes: slot.durableBytes
        )
        if slot.durableBytes <= UInt64(SegmentHeader.lengthBytes) {
            // Nothing in it was ever acknowledged, and its successor would have the same name.
            try quarantine.move(.init(firstPosition: slot.segment, kind: .raw), of: directory, nonce: nonce())
            predecessor = segment.header.predecessor
        }
        return try roll(&slot, after: predecessor, key: key, in: directory)
    }

    /// Ends the segment in use of a feed, so that it can be sealed; the next entry goes to a new one.
    ///
    /// - Returns: False when there is nothing to end: no entry in it, or a state that only the next append resolves.
    func closeActive(_ feed: FeedID, branch: UInt32) throws(StorageError) -> Bool {
        guard var slot = try slot(feed, branch: branch), slot.segment != 0, !slot.isDamaged, !slot.isPoisoned,
            slot.writtenBytes == slot.durableBytes, slot.durableBytes > UInt64(SegmentHeader.lengthBytes)
        else { return false }
        let directory = directory(feed, branch: branch)
        let name = SegmentName(firstPosition: slot.segment, kind: .raw)
        guard try fileSystem.exists(directory.path(of: name)) else { return false }
        let segment = try current(name, slot: slot, in: directory)
        _ = try close(segment, &slot, key: segment.header.key, in: directory)
        return true
    }

    /// Begins a segment at the slot's stored head and publishes it.
    private func roll(
        _ slot: inout HeadsSlot,
        after predecessor: SegmentHeader.Predecessor?,
        key: SitePublicKey,
        in directory: FeedDirectory
    ) throws(StorageError) -> RawSegment {
        let salt = surroundings.random.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let header = SegmentHeader(
            kind: .raw,
            feed: slot.feed,
            key: key,
            salt: salt,
            previous: slot.stored,
            predecessor: predecessor,
            createdMilliseconds: surroundings.clock.millisecondsSinceEpoch()
        )
        let name = SegmentName(firstPosition: header.firstPosition, kind: .raw)
        // A process that died between making the file and publishing it left an empty segment of this name.
        if try fileSystem.exists(directory.path(of: name)) {
            try quarantine.move(name, of: directory, nonce: nonce())
        }
        // First of all the segment before takes nothing more. Whoever dies between making the next one and publishing it
        // would leave two that end the feed, and what is appended to the first would be lost when that is sealed.
        let isEnding = slot.segment != 0 && !slot.isPoisoned
        if isEnding {
            slot.isPoisoned = true
            try write(slot)
        }
        let segment: RawSegment
        do throws(StorageError) {
            segment = try RawSegment.create(
                header,
                in: directory,
                paths: paths,
                nonce: nonce(),
                allocationStepBytes: options.allocationStepBytes
            )
        } catch {
            // Nothing was made: the segment before can go on, which on a full disk may have room reserved.
            if isEnding, error.code != .halted, try !fileSystem.exists(directory.path(of: name)) {
                slot.isPoisoned = false
                try write(slot)
            }
            throw error
        }
        slot.segment = header.firstPosition
        slot.durableBytes = UInt64(SegmentHeader.lengthBytes)
        slot.writtenBytes = slot.durableBytes
        slot.isPoisoned = false
        try publish(slot)
        // What HEADS says of the segment before is needed to judge it after a power cut.
        try heads.synchronize()
        rolledSegments += 1
        open[OpenKey(feed: slot.feed, branch: slot.branch)] = segment
        return segment
    }
}
