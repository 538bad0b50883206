import LogFormat
import StoreIO

extension FeedVerifier {
    // MARK: - One segment

    /// - Returns: Where the segment's last block ends in its raw file; nil when that is not known.
    mutating func verifySegment(
        _ candidates: [SegmentName],
        previous: (first: UInt64, end: UInt64?)?,
        next: UInt64?
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
            let reached = try verifyBlocks(of: segment, end: end, next: next)
            if segment.footer == nil, name.firstPosition == slot?.segment { try checkTail(of: path, from: end.bytes) }
            report.wholeSegments.append(
                .init(
                    name: segment.name,
                    header: segment.header,
                    head: reached.head,
                    rawEndOffsetBytes: segment.footer?.rawEndOffsetBytes
                        ?? (end.isKnown ? end.bytes : reached.offsetBytes)
                )
            )
            return segment.footer?.rawEndOffsetBytes ?? (end.isKnown ? end.bytes : nil)
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
    ) throws(StorageError) -> (bytes: UInt64, isKnown: Bool) {
        if segment.footer != nil { return (0, true) }
        if let next {
            let successor = try directory.segments().first { $0.firstPosition == next }
            guard let successor else { throw FeedDirectory.damage(.inconsistent, path: segment.path) }
            do throws(StorageError) {
                let named = try open(successor).header.predecessor
                if let named, named.firstPosition == segment.name.firstPosition { return (named.endOffsetBytes, true) }
            } catch {
                // The successor's own damage is reported when it is its turn.
                if error.code == .halted { throw error }
            }
        } else if let slot, slot.segment == segment.name.firstPosition {
            return (slot.durableBytes, true)
        }
        return (try segment.sizeBytes(), false)
    }

    private mutating func verifyBlocks(
        of segment: SegmentReader,
        end: (bytes: UInt64, isKnown: Bool),
        next: UInt64?
    ) throws(StorageError) -> (head: FeedHead, offsetBytes: UInt64) {
        var number = 0
        var reached = segment.header.previous
        var offset = UInt64(SegmentHeader.lengthBytes)
        var ahead = segment.footer != nil && readsAhead ? BlocksAhead(of: segment) : nil
        while true {
            let row: SegmentReader.Row
            do throws(StorageError) {
                guard let found = try segment.row(number: number, endOffsetBytes: end.bytes) else { break }
                row = found
            } catch {
                if !end.isKnown, error.code == .corrupted { break }
                throw error
            }
            number += 1
            guard row.previous == reached else {
                throw FeedDirectory.damage(.chain, path: segment.path, offsetBytes: row.offsetBytes)
            }
            let block: ReadBlock
            if let next = try ahead?.next() {
                block = next
            } else {
                block = try ReadBlock(at: row, of: segment, using: &inflater)
            }
            // What lies behind the next segment's beginning was given up when the segment was closed.
            let last = min(block.header.lastPosition, next.map { $0 - 1 } ?? block.header.lastPosition)
            reached = try prove(block, after: reached, through: last, in: segment, at: row)
            report.bytesRead += UInt64(row.lengthBytes)
            progress(UInt64(row.lengthBytes))
            offset = row.offsetBytes + UInt64(row.lengthBytes)
            if last < block.header.lastPosition { return (reached, offset) }
            if let next, last + 1 == next { return (reached, offset) }
        }
        if let footer = segment.footer, footer.head != reached {
            throw FeedDirectory.damage(.chain, path: segment.path)
        }
        return (reached, offset)
    }

    private mutating func prove(
        _ block: ReadBlock,
        after before: FeedHead,
        through last: UInt64,
        in segment: SegmentReader,
        at row: SegmentReader.Row
    ) throws(StorageError) -> FeedHead {
        var reached = before
        var contradicted: [UInt64] = []
        let statements = checkpoints
        _ = try FeedDirectory.decoding(
            segment.path,
            at: row.offsetBytes,
            positions: block.header.firstPosition...block.header.lastPosition
        ) { () throws(FormatError) in
            var position = before.position
            return try block.header.prove(block.raw, after: before) { digest, _ in
                position += 1
                guard position <= last else { return true }
                reached = FeedHead(position: position, digest: digest)
                if statements.contains(where: { $0.head.position == position && $0.head.digest != digest }) {
                    contradicted.append(position)
                }
                return true
            }
        }
        report.provenEntries += reached.position - before.position
        head = reached
        if isUnbroken { report.provenHead = reached }
        for position in contradicted {
            damage(
                "The origin signed another history at this position.",
                path: directory.checkpointsPath,
                positions: position...position
            )
        }
        return reached
    }

    /// Behind the synced bytes of the active segment there may be zeros, or what a writer that died left.
    private mutating func checkTail(of path: String, from end: UInt64) throws(StorageError) {
        let file = try directory.fileSystem.openFile(path, .read)
        let bytes = try file.read(upTo: Limits.commitStoredBytes, at: end)
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
