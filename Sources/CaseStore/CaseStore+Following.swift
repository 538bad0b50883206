import CaseModel
import GRDB
import LogFormat
import LogStore
import StoreIO

// How the read model follows the log.
extension CaseStore {
    private var follower: ViewFollower {
        ViewFollower(log: log, folder: folder, surroundings: surroundings, open: opened)
    }

    /// Applies what is in the log and not in the read model.
    ///
    /// A read model that is damaged, or holds what the log does not, is built anew. When it can not be written, or
    /// something in the log is damaged or lost, ``missing`` and ``viewProblem`` say so; everything else is applied.
    ///
    /// What an erasure that has come asks for is done before this returns: see ``settleErasures()``.
    ///
    /// - Parameter progress: Entries applied so far and entries there are.
    /// - Throws: `StorageError` when the log can not be read.
    /// - Complexity: O(feeds) when nothing is new.
    package func catchUp(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let target = try log.frontier()
        try keys.forgetWhatOthersChanged()
        do {
            do {
                try useCurrent()
                let used = view
                guard try follower.fits(used, target) else {
                    throw DamagedView("The read model holds what the log does not.")
                }
                let damage = try follower.follow(used, to: target, progress)
                noteFollowed(to: target, damage: damage)
            } catch  where Self.isDamage(error) {
                noteFollowed(to: target, damage: try rebuild(instead: view, progress: progress))
            }
        } catch let error as DatabaseError {
            guard Self.isUnwritable(error) else { return noteFollowed(to: target, problem: Self.sentence(error)) }
            // Who asks on a full disk is not answered from yesterday.
            let (carried, damage) = try follower.carriedOnInMemory(view, to: target, progress)
            replaceView(carried, problem: Self.memorySentence(error))
            noteFollowed(to: target, damage: damage)
        }
        try settleBranches()
        try settleErasures()
    }

    /// Notes how far the read model came towards `target`, and what it lacks.
    ///
    /// - Parameters:
    ///   - target: What the log has.
    ///   - damage: What of the log could not be read; not worth a word where a person has taken it for lost.
    ///   - problem: What else kept the read model from following.
    private func noteFollowed(to target: Frontier, damage: StorageError? = nil, problem: String? = nil) {
        do {
            let (applied, gaps) = try view.standing()
            let missing = try missing(of: target, applied: applied, gaps)
            var known = applied
            for gap in gaps where gap.positions.lowerBound <= known[gap.feed]?.position ?? 0 {
                known[gap.feed] = gap.before
            }
            note(
                known: Frontier(known.map { Frontier.Row(feed: $0.key, head: $0.value) }),
                target: target,
                missing: missing,
                problem: problem
                    ?? (missing.contains { !$0.isAccepted } ? damage.map(Self.sentence) ?? Self.lossSentence : nil)
            )
        } catch {
            // What can not be asked holds nothing.
            let all = target.rows.filter { $0.head.position > 0 }
            note(
                known: Frontier([]),
                target: target,
                missing: all.map { MissingEntries(feed: $0.feed, positions: 1...$0.head.position) },
                problem: problem ?? "The read model can not be asked: \(error)"
            )
        }
    }

    /// What the read model lacks: what could not be read, what was not applied, and what the log says it lost behind the
    /// end of a feed.
    private func missing(
        of target: Frontier,
        applied: [FeedID: FeedHead],
        _ gaps: [FeedGap]
    ) throws -> [MissingEntries] {
        let losses = try log.losses()
        var lacking = gaps.map { ($0.feed, $0.positions) }
        for row in target.rows {
            let reached = applied[row.feed]?.position ?? 0
            if reached < row.head.position { lacking.append((row.feed, reached + 1...row.head.position)) }
        }
        var seen: [FeedID: UInt64] = [:]
        for loss in losses {
            let end =
                [applied[loss.feed]?.position, target[loss.feed]?.position, seen[loss.feed]]
                .compactMap(\.self).max() ?? 0
            guard loss.positions.upperBound > end else { continue }
            lacking.append((loss.feed, max(loss.positions.lowerBound, end + 1)...loss.positions.upperBound))
            seen[loss.feed] = loss.positions.upperBound
        }
        return lacking.flatMap { feed, positions in
            Self.weighed(positions, of: feed, losses.filter { $0.feed == feed && $0.acceptedMilliseconds != nil })
        }
    }

    /// Cuts a stretch into what was accepted as lost and what was not, in order.
    private static func weighed(
        _ positions: ClosedRange<UInt64>,
        of feed: FeedID,
        _ accepted: [LogStore.Loss]
    ) -> [MissingEntries] {
        var result: [MissingEntries] = []
        var next = positions.lowerBound
        while next <= positions.upperBound {
            let here = accepted.filter { $0.positions.contains(next) }
            let loss = here.max { ($0.acceptedMilliseconds ?? 0) < ($1.acceptedMilliseconds ?? 0) }
            let behind = accepted.map(\.positions.lowerBound).filter { $0 > next }.min().map { $0 - 1 }
            let last = min(loss?.positions.upperBound ?? behind ?? positions.upperBound, positions.upperBound)
            result.append(
                MissingEntries(
                    feed: feed,
                    positions: next...last,
                    acceptedMilliseconds: loss?.acceptedMilliseconds
                )
            )
            next = last + 1
        }
        return result
    }

    /// Builds the read model anew from the log, beside the one in use, and then uses it.
    ///
    /// - Throws: `StorageError`, with `.corrupted` when the one in use holds what can not be read any more: it stays, for it
    ///   is all that is left of that. ``CaseStoreError`` with `.view`.
    /// - Complexity: One pass over the log; about 20 s for a million entries.
    package func rebuild(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let target = try log.frontier()
        try Self.translated {
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            let built = try folder.building { path in
                let (built, damage) = try follower.build(at: path, to: target, progress)
                try checkHoldsAll(built, damage)
                try folder.makeCurrent(path)
                return (view: built, damage: damage)
            }
            replaceView(built.view)
            noteFollowed(to: target, damage: built.damage)
        }
    }

    /// - Throws: `.corrupted` when the read model in use holds what the log has lost, and so the new one lacks.
    private func checkHoldsAll(_ built: ReadModel, _ damage: StorageError?) throws {
        let used = view
        let held: (heads: [FeedID: FeedHead], gaps: [FeedGap])
        do {
            held = try used.standing()
        } catch is DatabaseError {
            return
        } catch is DamagedView {
            return
        }
        let isHeldAlone = try held.heads.contains { feed, head in
            try follower.isLostBehindEnd(feed, through: head, heldBy: used)
        }
        let isLostAgain = try built.gaps().contains { gap in
            let isMissingThere = held.gaps.contains { known in
                known.feed == gap.feed && known.positions.contains(gap.positions.lowerBound)
                    && known.positions.contains(gap.positions.upperBound)
            }
            return !isMissingThere && gap.positions.lowerBound <= held.heads[gap.feed]?.position ?? 0
        }
        guard isHeldAlone || isLostAgain else { return }
        throw damage
            ?? StorageError(
                .corrupted,
                "The read model in use holds entries that the log has lost, so it is kept. Bring them back with"
                    + " `abscope log repair --from`."
            )
    }

    /// Builds the read model anew because `damaged` is not usable; or uses the one another process has built meanwhile.
    ///
    /// - Returns: What kept it from holding everything the log has; nil when nothing did.
    @discardableResult
    func rebuild(
        instead damaged: ReadModel,
        progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) throws -> StorageError? {
        let target = try log.frontier()
        do {
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            if let path = try folder.current(), path != damaged.path {
                do {
                    let built = try ReadModel(path: path)
                    let damage = try follower.follow(built, to: target, progress)
                    replaceView(built)
                    return damage
                } catch  where Self.isDamage(error) {
                    // That one is no better.
                }
            }
            let (built, damage) = try follower.buildCurrent(to: target, progress)
            replaceView(built)
            return damage
        } catch  where Self.isUnwritable(error) {
            let (built, damage) = try follower.buildInMemory(to: target, progress)
            replaceView(built, problem: Self.memorySentence(error))
            return damage
        }
    }

    /// Another process may have built a new file.
    func useCurrent() throws {
        guard let used = view.path, let path = try folder.current(), path != used else { return }
        replaceView(try ReadModel(path: path))
    }

    // MARK: - What went wrong

    /// Errors of the database as errors of the record store.
    static func translated<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw CaseStoreError(.view, sentence(error))
        } catch let error as DamagedView {
            throw CaseStoreError(.view, error.description)
        }
    }

    /// Whether the read model is to be thrown away.
    static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case let error as DatabaseError: error.isDamage
        case is DamagedView: true
        // What was decoded when it was applied no longer can be.
        case is RecordError: true
        default: false
        }
    }

    /// Whether the folder of the read model can not be written: its disk is full or read-only, fails, or it is another's.
    ///
    /// SQLite calls it an I/O error when a full disk has no room for the file `-shm`, which readers need as well.
    static func isUnwritable(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError:
            [.readOnly, .noSpace, .permissionDenied].contains(error.code)
        case let error as DatabaseError:
            [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_PERM].contains(error.resultCode)
                || [
                    .SQLITE_IOERR_WRITE, .SQLITE_IOERR_TRUNCATE, .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMSIZE,
                    .SQLITE_IOERR_SHMMAP,
                ].contains(error.extendedResultCode)
        default: false
        }
    }

    private static func sentence(_ error: DatabaseError) -> String {
        "The read model can not be used (\(error.resultCode)). Nothing recorded is concerned: make room on the disk, or"
            + " run `abscope view rebuild`."
    }

    private static let lossSentence = "A part of the log was lost: `abscope log verify` names it."

    private static func sentence(_ damage: StorageError) -> String { "A part of the log can not be read: \(damage)" }

    static func memorySentence(_ error: any Error) -> String {
        // What SQLite was asked meanwhile is of no use to whoever has to make room.
        let why = (error as? DatabaseError).map { "\($0.resultCode)" } ?? "\(error)"
        return "The read model can not be written, so it was built in memory and takes that long each time: \(why)"
    }
}
