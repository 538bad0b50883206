package import LogFormat
package import StoreIO

/// Reads one feed from its first to its last byte and proves all of it, or says what it can not prove.
///
/// Changes nothing, stops at nothing: behind a damaged place it goes on with the next segment, whose header says where
/// the chain stands.
package struct FeedVerifier: ~Copyable {
    /// What a feed turned out to be.
    package struct Report: Hashable, Sendable {
        package var feed: FeedID
        /// Entries proven by the chain.
        package var provenEntries: UInt64 = 0
        /// The end of the unbroken chain from the feed's beginning: what can be trusted without any repair.
        package var provenHead: FeedHead?
        package var segments = 0
        package var bytesRead: UInt64 = 0
        package var findings: [Finding] = []

        init(feed: FeedID) {
            self.feed = feed
        }

        /// Whether acknowledged entries are damaged or missing.
        package var isDamaged: Bool { findings.contains { $0.weight == .damage } }

        /// Acknowledged positions that can not be read, in order.
        package var lostPositions: [ClosedRange<UInt64>] {
            findings.filter { $0.weight == .damage }.compactMap(\.location.positions)
                .sorted { $0.lowerBound < $1.lowerBound }
        }
    }

    private let directory: FeedDirectory
    private let slot: HeadsSlot?
    private let names: [SegmentName]?
    private let readsAhead: Bool
    private let progress: (UInt64) -> Void

    private var report: Report
    private var inflater = Inflater()
    /// The head up to which the chain is known; nil right behind damage.
    private var head: FeedHead?
    private var isUnbroken = true
    private var checkpoints: [Checkpoint] = []

    /// - Parameters:
    ///   - directory: The feed.
    ///   - slot: Its published head, read before; nil when nothing is published of it.
    ///   - names: Its segments when that was the published head; nil to list them now, when nobody writes.
    ///   - readsAhead: Sealed segments are read and inflated on a second thread meanwhile.
    ///   - progress: Called with the bytes read since the last call.
    /// - Returns: What was proven and what was found.
    /// - Throws: `.inputOutput` when the folder can not be listed; what is wrong with files is in the report.
    package static func verify(
        _ directory: FeedDirectory,
        slot: HeadsSlot?,
        names: [SegmentName]? = nil,
        readsAhead: Bool = false,
        progress: @escaping (UInt64) -> Void = { _ in }
    ) throws(StorageError) -> Report {
        var verifier = FeedVerifier(
            directory: directory,
            slot: slot,
            names: names,
            readsAhead: readsAhead,
            progress: progress
        )
        try verifier.run()
        return verifier.report
    }

    private init(
        directory: FeedDirectory,
        slot: HeadsSlot?,
        names: [SegmentName]?,
        readsAhead: Bool,
        progress: @escaping (UInt64) -> Void
    ) {
        self.directory = directory
        self.slot = slot
        self.names = names
        self.readsAhead = readsAhead
        self.progress = progress
        report = Report(feed: directory.feed)
    }

    // MARK: - The feed

    private mutating func run() throws(StorageError) {
        guard try directory.fileSystem.exists(directory.path) else {
            if let slot, slot.stored.position > 0 {
                damage("The feed's folder is gone.", path: directory.path, positions: 1...slot.stored.position)
            }
            return
        }
        try readCheckpoints()
        let names = if let names { names } else { try directory.segments() }
        var firsts: [UInt64] = []
        for name in names where firsts.last != name.firstPosition { firsts.append(name.firstPosition) }
        var previous: (first: UInt64, end: UInt64?)?
        for (index, first) in firsts.enumerated() {
            let next = index + 1 < firsts.count ? firsts[index + 1] : nil
            let candidates = names.filter { $0.firstPosition == first }
            let end = try verifySegment(candidates, previous: previous, next: next)
            previous = (first, end)
        }
        checkEnd()
        for checkpoint in checkpoints where checkpoint.head.position > (report.provenHead?.position ?? 0) {
            note("A checkpoint speaks of position \(checkpoint.head.position), which is not proven here.")
        }
    }

    /// Compares what was proven with what was acknowledged.
    private mutating func checkEnd() {
        guard let slot, slot.stored.position > 0 else { return }
        let reached = head?.position ?? 0
        if reached < slot.stored.position, !isReported(reached + 1) {
            damage(
                "Acknowledged entries are missing at the end.",
                path: directory.path,
                positions: reached + 1...slot.stored.position
            )
        } else if let head, head.position == slot.stored.position, head.digest != slot.stored.digest {
            damage(
                "The chain ends with another digest than the one that was acknowledged.",
                path: directory.path,
                positions: head.position...head.position
            )
        }
    }

    private func isReported(_ position: UInt64) -> Bool {
        report.lostPositions.contains { $0.contains(position) }
    }

    // MARK: - One segment

    /// - Returns: Where the segment's last block ends in its raw file; nil when that is not known.
    private mutating func verifySegment(
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
            checkLink(of: segment.header, previous: previous, path: path)
            head = segment.header.previous
            let end = try endOffset(of: segment, next: next)
            try verifyBlocks(of: segment, end: end, next: next)
            if segment.footer == nil, name.firstPosition == slot?.segment { try checkTail(of: path, from: end.bytes) }
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
            let first = (head?.position ?? name.firstPosition - 1) + 1
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
    ) throws(StorageError) {
        var number = 0
        var reached = segment.header.previous
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
            if last < block.header.lastPosition { return }
            if let next, last + 1 == next { return }
        }
        if let footer = segment.footer, footer.head != reached {
            throw FeedDirectory.damage(.chain, path: segment.path)
        }
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

    // MARK: - Checkpoints

    private mutating func readCheckpoints() throws(StorageError) {
        do throws(StorageError) {
            checkpoints = try CheckpointFile(directory).rows().filter { $0.feed == directory.feed }
        } catch {
            if error.code == .halted { throw error }
            damage(Self.cause(of: error), path: directory.checkpointsPath, offset: error.location?.offsetBytes)
            // The chain itself needs none.
            isUnbroken = true
        }
    }

    // MARK: - Findings

    /// What is wrong, without the advice that whoever met it elsewhere is given: to run what is running.
    private static func cause(of error: StorageError) -> String {
        guard error.code == .corrupted, let cause = error.cause as? FormatError else { return error.message }
        return "Damaged: \(cause)."
    }

    private mutating func damage(
        _ cause: String,
        path: String,
        offset: UInt64? = nil,
        positions: ClosedRange<UInt64>? = nil
    ) {
        isUnbroken = false
        report.findings.append(
            Finding(.damage, at: .init(path: path, offsetBytes: offset, positions: positions), cause)
        )
    }

    private mutating func note(_ cause: String, path: String? = nil) {
        report.findings.append(Finding(.note, at: .init(path: path ?? directory.path), cause))
    }
}
