package import LogFormat
package import StoreIO

/// Reads one feed from its first to its last byte and proves all of it, or says what it can not prove.
///
/// Changes nothing, stops at nothing: behind a damaged place it goes on with the next segment, whose header says where
/// the chain stands.
package struct FeedVerifier: ~Copyable {
    let directory: FeedDirectory
    let slot: HeadsSlot?
    private let names: [SegmentName]?
    private let statedThrough: UInt64
    let readsAhead: Bool
    let progress: (UInt64) -> Void

    var report: Report
    /// The head up to which the chain is known; nil right behind damage.
    var head: FeedHead?
    var isUnbroken = true
    var checkpoints: [Checkpoint] = []
    private var areSignaturesChecked = false

    /// - Parameters:
    ///   - directory: The feed.
    ///   - slot: Its published head, read before; nil when nothing is published of it.
    ///   - names: Its segments when that was the published head; nil to list them now, when nobody writes.
    ///   - statedThrough: The furthest statement there was before the published head was read; one that came later may
    ///     speak of entries that did so too. Not to be given when nobody writes.
    ///   - readsAhead: Sealed segments are walked on two threads.
    ///   - progress: Called with the bytes read since the last call.
    /// - Returns: What was proven and what was found.
    /// - Throws: `.inputOutput` when the folder can not be listed; what is wrong with files is in the report.
    package static func verify(
        _ directory: FeedDirectory,
        slot: HeadsSlot?,
        names: [SegmentName]? = nil,
        statedThrough: UInt64 = .max,
        readsAhead: Bool = false,
        progress: @escaping (UInt64) -> Void = { _ in }
    ) throws(StorageError) -> Report {
        var verifier = FeedVerifier(
            directory: directory,
            slot: slot,
            names: names,
            statedThrough: statedThrough,
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
        statedThrough: UInt64,
        readsAhead: Bool,
        progress: @escaping (UInt64) -> Void
    ) {
        self.directory = directory
        self.slot = slot
        self.names = names
        self.statedThrough = statedThrough
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
        let segments = firsts.enumerated().map { index, first in
            (candidates: names.filter { $0.firstPosition == first }, next: firsts.dropFirst(index + 1).first)
        }
        let sealed = segments.filter { $0.candidates[0].kind == .sealed }.map { ($0.candidates[0], $0.next) }
        let ahead = readsAhead && sealed.count > 1 ? walks(through: sealed) : nil
        var previous: (first: UInt64, end: UInt64?)?
        for (candidates, next) in segments {
            let first = candidates[0].firstPosition
            let walk = candidates[0].kind == .sealed ? ahead?.next() : nil
            let end = try verifySegment(candidates, previous: previous, next: next, ahead: walk)
            previous = (first, end)
        }
        checkEnd()
        checkStatements()
        checkWaiting()
    }

    /// What is stored and not stated is not shown. Only the site can tell whether it ever stated it: a statement that was
    /// lost leaves the same as a pull that is not through.
    private mutating func checkWaiting() {
        guard let slot, let head else { return }
        let end = min(head.position, slot.stored.position)
        guard slot.attested.position < end else { return }
        let positions = slot.attested.position + 1...end
        report.waitingPositions = positions
        report.findings.append(
            Finding(
                .note,
                at: .init(path: directory.path, positions: positions),
                "Entries are stored and not shown: no statement of the feed's site about them is here. They are shown when"
                    + " it comes."
            )
        )
    }

    /// What the site stated was stored here before the statement was kept, and shown.
    private mutating func checkStatements() {
        let proven = report.provenHead?.position ?? 0
        let end = max(head?.position ?? 0, slot?.stored.position ?? 0)
        for checkpoint in checkpoints where proven < checkpoint.head.position && checkpoint.head.position <= end {
            note("A checkpoint speaks of position \(checkpoint.head.position), which is not proven here.")
        }
        let beyond = checkpoints.map(\.head).filter { $0.position > end && $0.position <= statedThrough }
        guard let slot, let furthest = beyond.max(by: { $0.position < $1.position }) else { return }
        report.statedHead = furthest
        // What is left is not shown further than another statement says.
        damage(
            "Entries that the feed's site stated and that were shown are missing at the end.",
            path: directory.path,
            positions: min(end, slot.attested.position) + 1...furthest.position
        )
    }

    /// Sealed segments walked on threads of their own, in order.
    private func walks(
        through sealed: [(name: SegmentName, next: UInt64?)]
    ) -> Ahead<Result<SegmentWalk, StorageError>> {
        let (directory, stated) = (directory, stated)
        return Ahead(limit: 4, threads: 2) { number in
            guard number < sealed.count else { return nil }
            let end = SegmentWalk.End(offsetBytes: 0, isKnown: true, successor: sealed[number].next)
            return Result { () throws(StorageError) in
                SegmentWalk(of: try SegmentReader(sealed[number].name, in: directory), end: end, stated: stated)
            }
        }
    }

    /// Positions of which somebody signed a digest, in order.
    var stated: [UInt64] { checkpoints.map(\.head.position).sorted() }

    /// Compares what was proven with what was acknowledged.
    private mutating func checkEnd() {
        if let slot, let head, head.position > slot.stored.position {
            report.unpublished = .init(head: head, hasSegment: true)
        }
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

    func isReported(_ position: UInt64) -> Bool {
        report.lostPositions.contains { $0.contains(position) }
    }

    // MARK: - Checkpoints

    private mutating func readCheckpoints() throws(StorageError) {
        let content: CheckpointFile.Content
        do throws(StorageError) {
            content = try CheckpointFile(directory).content()
        } catch {
            if error.code == .halted { throw error }
            damageOfStatements(Self.cause(of: error), offset: error.location?.offsetBytes)
            return
        }
        checkpoints = content.rows.map(\.checkpoint).filter { $0.feed == directory.feed }
        for row in content.rows where row.checkpoint.feed != directory.feed {
            damageOfStatements("The statement is of another feed.", offset: row.offsetBytes)
        }
        for row in content.unreadable {
            if row.isUnfinished {
                note("A statement was not written to its end; it is fetched again.", path: directory.checkpointsPath)
            } else {
                damageOfStatements(Self.sentence(row.cause), offset: row.offsetBytes)
            }
        }
    }

    /// A statement counts when it bears the signature of the feed's site.
    mutating func checkSignatures(with key: SitePublicKey) {
        guard !areSignaturesChecked else { return }
        areSignaturesChecked = true
        var signed: [Checkpoint] = []
        for checkpoint in checkpoints {
            do throws(FormatError) {
                try checkpoint.verify(key: key)
                signed.append(checkpoint)
            } catch {
                damageOfStatements(
                    "The statement about position \(checkpoint.head.position) is not signed by the feed's site."
                )
            }
        }
        checkpoints = signed
    }

    // MARK: - Findings

    /// What is wrong, without the advice that whoever met it elsewhere is given: to run what is running.
    static func cause(of error: StorageError) -> String {
        guard error.code == .corrupted, let cause = error.cause as? FormatError else { return error.message }
        return sentence(cause)
    }

    private static func sentence(_ cause: FormatError) -> String {
        let text = String(describing: cause)
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    /// The chain itself needs no statement, and stays as unbroken as it was.
    private mutating func damageOfStatements(_ cause: String, offset: UInt64? = nil) {
        let location = StorageError.Location(path: directory.checkpointsPath, offsetBytes: offset)
        report.findings.append(Finding(.damage, at: location, cause))
    }

    mutating func damage(
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

    mutating func note(_ cause: String, path: String? = nil) {
        report.findings.append(Finding(.note, at: .init(path: path ?? directory.path), cause))
    }
}
