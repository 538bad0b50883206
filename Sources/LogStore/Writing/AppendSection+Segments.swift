import LogFormat
import StoreIO

// Where a commit goes: the segment in use, its end, and the next one.
extension AppendSection {
    /// The segment to write to: with room, with nothing behind its durable end.
    func prepare(
        _ slot: inout HeadsSlot,
        key: SitePublicKey,
        forBytes count: UInt64
    ) throws(StorageError) -> RawSegment {
        if slot.segment == 0 {
            let directory = directory(slot.feed, branch: slot.branch)
            try makeFolder(directory)
            return try reserve(roll(&slot, after: nil, key: key, in: directory), for: slot, count: count)
        }
        guard let segment = try current(slot) else {
            let directory = directory(slot.feed, branch: slot.branch)
            let end = try predecessor(withoutRawFileOf: slot, in: directory)
            return try reserve(roll(&slot, after: end, key: key, in: directory), for: slot, count: count)
        }
        if SeededBug.takeoverAdoptsUnacknowledged.isPlanted { slot.durableBytes = slot.writtenBytes }
        let isPoisoned = slot.isPoisoned && !SeededBug.poisonIgnored.isPlanted
        if slot.writtenBytes > slot.durableBytes || isPoisoned {
            return try reserve(takeOver(segment, &slot, key: key), for: slot, count: count)
        }
        let isEmpty: Bool
        do throws(StorageError) {
            isEmpty = try segment.isEmpty(at: slot.durableBytes)
        } catch  where error.code == .inputOutput {
            // What can not be read can not be trusted with more.
            slot.isPoisoned = true
            try publish(slot)
            options.observer(.poisoned(slot.feed, error))
            return try reserve(takeOver(segment, &slot, key: key), for: slot, count: count)
        }
        guard isEmpty else {
            if try hasEntries(segment, behind: slot.durableBytes) { try findAgain(slot) }
            throw FeedDirectory.damage(
                .trailingBytes,
                path: segment.file.path,
                offsetBytes: slot.durableBytes
            )
        }
        // HEADS may lie there as it was before the segment was closed; who wrote the slot last knows that it does not.
        if segment.ownGeneration != slot.generation {
            let next = SegmentName(firstPosition: slot.stored.position + 1, kind: .raw)
            if try isTaken(next, in: directory(slot.feed, branch: slot.branch)) { try findAgain(slot) }
        }
        let age = surroundings.clock.millisecondsSinceEpoch() - segment.header.createdMilliseconds
        let isOld = age >= options.segmentAgeMilliseconds && slot.durableBytes > UInt64(SegmentHeader.lengthBytes)
        if slot.durableBytes >= UInt64(options.segmentBytes) || isOld {
            let end = SegmentHeader.Predecessor(firstPosition: slot.segment, endOffsetBytes: slot.durableBytes)
            let directory = directory(slot.feed, branch: slot.branch)
            return try reserve(roll(&slot, after: end, key: key, in: directory), for: slot, count: count)
        }
        return try reserve(segment, for: slot, count: count)
    }

    /// Makes the folder of a feed, if it is not there, and sees to it that its name is durable. Where the store lost
    /// the folder of all feeds, that is made again: what was in it is missed as before, for HEADS knows of it.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: One directory sync; two where the folder was not there.
    func makeFolder(_ directory: FeedDirectory) throws(StorageError) {
        if try !fileSystem.exists(directory.path) {
            if try !fileSystem.exists(paths.feeds) { try fileSystem.makeDirectory(paths.feeds) }
            // Also when it was there, here and below: who made it may have been killed before its name was durable.
            try fileSystem.syncDirectory(paths.root)
            try fileSystem.makeDirectory(directory.path)
        }
        try fileSystem.syncDirectory(paths.feeds)
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

    /// The raw file of the segment in use: the one that is open, if it still carries the name.
    ///
    /// - Returns: nil when there is no file of that name.
    /// - Complexity: One status call for a segment that is open; its path is not made anew.
    private func current(_ slot: HeadsSlot) throws(StorageError) -> RawSegment? {
        let key = OpenKey(feed: slot.feed, branch: slot.branch)
        if let known = open[key], known.header.firstPosition == slot.segment {
            guard let status = try fileSystem.status(known.file.path) else { return nil }
            if status.inode == known.inode || SeededBug.staleDescriptor.isPlanted { return known }
        }
        let directory = directory(slot.feed, branch: slot.branch)
        let name = SegmentName(firstPosition: slot.segment, kind: .raw)
        guard try fileSystem.exists(directory.path(of: name)) else { return nil }
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
        key: SitePublicKey
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
        let next = try close(segment, &slot, key: key, in: directory(slot.feed, branch: slot.branch))
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
        do throws(StorageError) {
            return try closeAsPublished(feed, branch: branch)
        } catch {
            // The feed was found to end further on.
            guard error.code == .moved else { throw error }
            return try closeAsPublished(feed, branch: branch)
        }
    }

    private func closeAsPublished(_ feed: FeedID, branch: UInt32) throws(StorageError) -> Bool {
        guard var slot = try slot(feed, branch: branch), slot.segment != 0, !slot.isDamaged, !slot.isPoisoned,
            slot.writtenBytes == slot.durableBytes, slot.durableBytes > UInt64(SegmentHeader.lengthBytes)
        else { return false }
        guard let segment = try current(slot) else { return false }
        if try hasEntries(segment, behind: slot.durableBytes) { try findAgain(slot) }
        _ = try close(segment, &slot, key: segment.header.key, in: directory(feed, branch: branch))
        return true
    }

    /// Whether a segment begins where the feed is said to end, and has entries: then it ends somewhere else.
    private func isTaken(_ name: SegmentName, in directory: FeedDirectory) throws(StorageError) -> Bool {
        let sealed = SegmentName(firstPosition: name.firstPosition, kind: .sealed)
        if try fileSystem.exists(directory.path(of: sealed)) { return true }
        guard try fileSystem.exists(directory.path(of: name)) else { return false }
        do throws(StorageError) {
            return try RawSegment.open(name, in: directory).holdsBlock(at: UInt64(SegmentHeader.lengthBytes))
        } catch {
            // Without a header nothing in it can be told from what a crash left.
            guard error.code == .corrupted else { throw error }
            return false
        }
    }

    /// Whether whole entries lie behind what HEADS names as the end.
    private func hasEntries(_ segment: RawSegment, behind end: UInt64) throws(StorageError) -> Bool {
        do throws(StorageError) {
            return try segment.holdsBlock(at: end)
        } catch {
            // What can not be read takes no more entries, and is closed the sooner.
            guard error.code == .inputOutput else { throw error }
            return false
        }
    }

    /// The segments hold more of a feed than HEADS said when it was read: a disk that returns what was there before. To
    /// believe HEADS would give positions a second meaning, so the feed is found again from its segments.
    ///
    /// - Throws: `.moved` when the feed ends further on; what recovery throws. Returns when HEADS was right.
    private func findAgain(_ slot: HeadsSlot) throws(StorageError) {
        try recoverAnew(slot.feed, branch: slot.branch)
        guard let now = try self.slot(slot.feed, branch: slot.branch), now.stored.position > slot.stored.position else {
            return
        }
        throw StorageError(
            .moved,
            "Feed \(slot.feed) ends at position \(now.stored.position) and not at \(slot.stored.position): look again and"
                + " retry.",
            at: .init(path: paths.heads)
        )
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
        if try isTaken(name, in: directory) { try findAgain(slot) }
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
        // Whoever died while making one held the lock that is held here.
        try LogStore.removeTemporaryFiles(paths, ending: RawSegment.temporaryEnding, in: fileSystem)
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
