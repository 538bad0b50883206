import LogFormat
import StoreIO

extension FeedVerifier {
    // MARK: - One segment

    /// - Parameters:
    ///   - candidates: Its file, or the sealed and the raw one.
    ///   - previous: The segment before, and where it ends in its raw file.
    ///   - next: The first position of the segment behind.
    ///   - ahead: The walk through it, where that was made already.
    /// - Returns: Where the segment's last block ends in its raw file; nil when that is not known.
    /// - Throws: `.halted`, `.inputOutput` when the folder can not be listed; what is wrong with the segment is in the report.
    mutating func verifySegment(
        _ candidates: [SegmentName],
        previous: (first: UInt64, end: UInt64?)?,
        next: UInt64?,
        ahead: Result<SegmentWalk, StorageError>? = nil
    ) throws(StorageError) -> UInt64? {
        let name = candidates[0]
        let path = directory.path(of: name)
        let before = (report, head, isUnbroken)
        report.segments += 1
        if candidates.count > 1 {
            note("The segment is there raw and sealed: sealing was interrupted and will be finished.", path: path)
        }
        do throws(StorageError) {
            let segment = try open(name)
            checkSignatures(with: segment.header.key)
            checkLink(of: segment.header, previous: previous, path: path)
            head = segment.header.previous
            let end = try endOffset(of: segment, next: next)
            let walk: SegmentWalk
            if let ahead {
                walk = try ahead.get()
                progress(walk.bytesRead)
            } else {
                walk = SegmentWalk(of: segment, end: end, stated: stated, progress: progress)
            }
            try take(walk, after: segment.header.previous)
            if segment.footer == nil, name.firstPosition == slot?.segment {
                try checkTail(of: segment, from: end.offsetBytes, after: walk.reached)
            }
            report.wholeSegments.append(
                .init(
                    name: segment.name,
                    header: segment.header,
                    head: walk.reached,
                    rawEndOffsetBytes: segment.footer?.rawEndOffsetBytes
                        ?? (end.isKnown ? end.offsetBytes : walk.offsetBytes)
                )
            )
            return segment.footer?.rawEndOffsetBytes ?? (end.isKnown ? end.offsetBytes : nil)
        } catch {
            // The machine is going down: nothing that is read from now on means anything.
            if error.code == .halted { throw error }
            let sealed = SegmentName(firstPosition: name.firstPosition, kind: .sealed)
            if error.code == .notFound, name.kind == .raw, try directory.fileSystem.exists(directory.path(of: sealed)) {
                // Sealing took the raw file while it was read.
                (report, head, isUnbroken) = before
                return try verifySegment([sealed], previous: previous, next: next)
            }
            report.damagedSegments.append(name.firstPosition)
            // Where nothing lies before it, whatever did is missing: its header, which would say so, can not be read.
            let isFirst = previous == nil && !directory.isBranch
            let first = (head?.position ?? (isFirst ? 0 : name.firstPosition - 1)) + 1
            let last = next.map { $0 - 1 } ?? slot?.stored.position ?? first
            damage(
                Self.cause(of: error),
                path: error.location?.path ?? path,
                offset: error.location?.offsetBytes,
                positions: min(first, last)...max(first, last)
            )
            return nil
        }
    }

    /// Opens a segment, under its other name where sealing took the one that was listed.
    private func open(_ name: SegmentName) throws(StorageError) -> SegmentReader {
        do throws(StorageError) {
            return try SegmentReader(name, in: directory)
        } catch {
            guard error.code == .notFound, name.kind == .raw else { throw error }
            return try SegmentReader(.init(firstPosition: name.firstPosition, kind: .sealed), in: directory)
        }
    }

    /// A header must continue the segment before: same chain, and that segment's true end.
    private mutating func checkLink(
        of header: SegmentHeader,
        previous: (first: UInt64, end: UInt64?)?,
        path: String
    ) {
        guard let previous else {
            if header.firstPosition > 1, !directory.isBranch {
                damage("The feed's first segments are missing.", path: path, positions: 1...header.firstPosition - 1)
            } else if header.firstPosition == 1,
                header.previous != FeedChain.start(key: header.key, epoch: header.feed.epoch, lane: header.feed.lane)
            {
                damage("The first segment does not begin with the feed's first digest.", path: path, offset: 112)
            }
            return
        }
        if let head, head.position < header.previous.position, !isReported(head.position + 1) {
            damage(
                "A segment is missing or cut before this one.",
                path: path,
                positions: head.position + 1...header.previous.position
            )
        } else if let head, head.position == header.previous.position, head.digest != header.previous.digest {
            damage("The segment continues another history than the one before it.", path: path, offset: 112)
        }
        let named = header.predecessor
        if named?.firstPosition != previous.first {
            damage("The segment names another predecessor than the one that is there.", path: path, offset: 96)
        } else if let end = previous.end, named?.endOffsetBytes != end, head == header.previous {
            damage("The segment names another end of its predecessor than there is.", path: path, offset: 104)
        }
    }

    /// Where a segment's blocks end: known from its successor or from the published head. Otherwise (a file between is
    /// missing) blocks are followed as long as they are good, and what is missing shows by its positions.
    private func endOffset(
        of segment: SegmentReader,
        next: UInt64?
    ) throws(StorageError) -> SegmentWalk.End {
        // What lies behind the beginning of a segment that is missing is none of the feed's, but a dead writer's.
        var successor = next
        func known(_ offsetBytes: UInt64, isKnown: Bool = true) -> SegmentWalk.End {
            .init(offsetBytes: offsetBytes, isKnown: isKnown, successor: successor)
        }
        if segment.footer != nil { return known(0) }
        if let next {
            let name = try directory.segments().first { $0.firstPosition == next }
            guard let name else { throw FeedDirectory.damage(.inconsistent, path: segment.path) }
            do throws(StorageError) {
                if let named = try open(name).header.predecessor {
                    if named.firstPosition == segment.name.firstPosition { return known(named.endOffsetBytes) }
                    if named.firstPosition > segment.name.firstPosition { successor = min(next, named.firstPosition) }
                }
            } catch {
                // The successor's own damage is reported when it is its turn.
                if error.code == .halted { throw error }
            }
        } else if let slot {
            if slot.segment == segment.name.firstPosition { return known(slot.durableBytes) }
            if slot.segment > segment.name.firstPosition { successor = slot.segment }
        }
        return known(try segment.sizeBytes(), isKnown: false)
    }

    /// Enters what a walk through a segment proved.
    ///
    /// - Throws: Why it ended before the segment did.
    private mutating func take(_ walk: SegmentWalk, after before: FeedHead) throws(StorageError) {
        report.bytesRead += walk.bytesRead
        report.provenEntries += walk.reached.position - before.position
        if walk.reached != before {
            head = walk.reached
            let contradicted = walk.witnesses.filter { witness in
                checkpoints.contains { $0.head.position == witness.head.position && $0.head != witness.head }
            }
            if isUnbroken { report.provenHead = contradicted.first?.block ?? walk.reached }
            for witness in contradicted {
                damage(
                    "The origin signed another history at this position.",
                    path: directory.checkpointsPath,
                    positions: witness.head.position...witness.head.position
                )
            }
        }
        if let failure = walk.failure { throw failure }
    }

    /// Behind the synced bytes of the active segment there may be zeros, or what a writer that died left.
    private mutating func checkTail(
        of segment: SegmentReader,
        from end: UInt64,
        after published: FeedHead
    ) throws(StorageError) {
        let path = segment.path
        let file = try directory.fileSystem.openFile(path, .read)
        let bytes = try file.read(upTo: Limits.commitStoredBytes, at: end)
        var head = published
        var inflater = Inflater()
        var offset = end
        while offset - end < UInt64(bytes.count) {
            do throws(FormatError) {
                let found = try SegmentScan.block(
                    in: bytes,
                    at: Int(offset - end),
                    bufferOffsetBytes: end,
                    salt: segment.header.salt
                )
                let encoded = bytes[Int(found.blockOffsetBytes - end)..<Int(found.endOffsetBytes - end)]
                head = try Block(decoding: Array(encoded)).verified(after: head, using: &inflater)
                offset = found.endOffsetBytes
            } catch {
                break
            }
        }
        // A segment of which the middle is gone may end before the published head even so.
        if head.position > slot?.stored.position ?? 0 { report.unpublished = .init(head: head, hasSegment: false) }
        guard let last = SegmentScan.lastNonZero(in: bytes, from: 0) else { return }
        report.findings.append(
            Finding(
                .note,
                at: .init(path: path, offsetBytes: end),
                "\(last + 1) bytes follow that were never acknowledged."
            )
        )
    }
}
