import CaseModel
import GRDB
import LogFormat
import LogStore
import StoreIO

// How the read model follows the log.
extension CaseStore {
    /// Applies what is in the log and not in the read model.
    ///
    /// A read model that is damaged, or holds what the log does not, is built anew. When it can not be written, or a
    /// feed of the log is damaged, ``missingEntries`` and ``viewProblem`` say so; all other feeds are followed.
    ///
    /// - Parameter progress: Entries applied so far and entries there are.
    /// - Throws: `StorageError` when the log can not be read.
    /// - Complexity: O(feeds) when nothing is new.
    package func catchUp(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let target = try log.frontier()
        do {
            do {
                try useCurrent()
                let used = view
                guard try Self.fits(used, target, log) else {
                    throw DamagedView("The read model holds what the log does not.")
                }
                let damage = try Self.follow(used, log, to: target, surroundings, open: opened, progress)
                noteFollowed(to: target, lacking: damage.map(Self.sentence))
            } catch  where Self.isDamage(error) {
                noteFollowed(
                    to: target,
                    lacking: try rebuild(instead: view, progress: progress).map(Self.sentence)
                )
            }
        } catch let error as DatabaseError {
            noteFollowed(to: target, lacking: Self.sentence(error))
        }
    }

    /// Notes that the read model came up to `target`, or how far it came when `problem` kept it from that.
    private func noteFollowed(to target: Frontier, lacking problem: String?) {
        guard let problem else { return note(known: target, target: target, missing: 0, problem: nil) }
        let known: Frontier
        do {
            known = Frontier(try view.frontier().map { Frontier.Row(feed: $0.key, head: $0.value) })
        } catch {
            known = Frontier([])
        }
        let missing = target.rows.reduce(UInt64(0)) { sum, row in
            sum + row.head.position - min(row.head.position, known[row.feed]?.position ?? 0)
        }
        note(known: known, target: target, missing: missing, problem: problem)
    }

    /// Builds the read model anew from the log, beside the one in use, and then uses it.
    ///
    /// - Throws: `StorageError`, with `.corrupted` when a part of the log can not be read; ``CaseStoreError`` with
    ///   `.view`. The one in use then stays: it may hold what the log has lost.
    /// - Complexity: One pass over the log; about 20 s for a million entries.
    package func rebuild(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let target = try log.frontier()
        try Self.translated {
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            let path = try folder.makeNext()
            let (built, damage) = try Self.built(at: path, log, to: target, surroundings, open: opened, progress)
            if let damage {
                try folder.discard(path)
                throw damage
            }
            try folder.makeCurrent(path)
            replaceView(built)
        }
        note(known: target, target: target, missing: 0, problem: nil)
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
                    let damage = try Self.follow(built, log, to: target, surroundings, open: opened, progress)
                    replaceView(built)
                    return damage
                } catch  where Self.isDamage(error) {
                    // That one is no better.
                }
            }
            let (built, damage) = try Self.build(log, folder, to: target, surroundings, open: opened, progress)
            replaceView(built)
            return damage
        } catch  where Self.isUnwritable(error) {
            let (built, damage) = try Self.buildInMemory(log, to: target, surroundings, open: opened, progress)
            replaceView(built, problem: Self.memorySentence(error))
            return damage
        }
    }

    /// Another process may have built a new file.
    func useCurrent() throws {
        guard let used = view.path, let path = try folder.current(), path != used else { return }
        replaceView(try ReadModel(path: path))
    }

    // MARK: - Before there is a store

    /// The read model in use; a new one, complete, where there is none.
    static func openView(
        _ log: LogStore,
        _ folder: ViewFolder,
        _ keys: PersonKeyStore,
        _ surroundings: Surroundings,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, problem: String?) {
        func openedCurrent() throws -> ReadModel? {
            guard let path = try folder.current() else { return nil }
            do {
                return try ReadModel(path: path)
            } catch  where isDamage(error) {
                return nil
            }
        }
        let target = try log.frontier()
        let open: (RecordChange) throws -> RecordChange = { try keys.opened($0) }
        do {
            if let view = try openedCurrent() { return (view, nil) }
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            if let view = try openedCurrent() { return (view, nil) }
            return (try build(log, folder, to: target, surroundings, open: open, progress).view, nil)
        } catch  where isUnwritable(error) {
            let built = try buildInMemory(log, to: target, surroundings, open: open, progress).view
            return (built, memorySentence(error))
        }
    }

    /// A new file beside the one in use, whole and named as current. Only under the folder's lock.
    private static func build(
        _ log: LogStore,
        _ folder: ViewFolder,
        to target: Frontier,
        _ surroundings: Surroundings,
        open: @escaping (RecordChange) throws -> RecordChange,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        let path = try folder.makeNext()
        let (next, damage) = try built(at: path, log, to: target, surroundings, open: open, progress)
        try folder.makeCurrent(path)
        return (next, damage)
    }

    private static func built(
        at path: String,
        _ log: LogStore,
        to target: Frontier,
        _ surroundings: Surroundings,
        open: @escaping (RecordChange) throws -> RecordChange,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        let next = try ReadModel(path: path, isBeingBuilt: true)
        let damage = try follow(next, log, to: target, surroundings, open: open, progress)
        try next.settle()
        return (next, damage)
    }

    private static func buildInMemory(
        _ log: LogStore,
        to target: Frontier,
        _ surroundings: Surroundings,
        open: @escaping (RecordChange) throws -> RecordChange,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        let next = try ReadModel(path: nil)
        return (next, try follow(next, log, to: target, surroundings, open: open, progress))
    }

    // MARK: - Steps

    /// Whether everything the read model holds is in the log. Where the log is damaged, what was applied before stands.
    private static func fits(_ view: ReadModel, _ target: Frontier, _ log: LogStore) throws -> Bool {
        for (feed, head) in try view.frontier() {
            guard let there = target[feed] else { return false }
            if there.position < head.position {
                // Unless another process applied what was recorded after `target` was read.
                guard let now = try log.frontier()[feed], now.position >= head.position else { return false }
            }
            let known: FeedHead?
            do {
                known = there.position == head.position ? there : try log.head(of: feed, at: head.position)
            } catch {
                guard error.code == .corrupted else { throw error }
                known = nil
            }
            if let known, known.digest != head.digest { return false }
        }
        return true
    }

    /// Applies what `view` lacks of `target`.
    ///
    /// - Returns: The damage at which a feed had to be left until it is repaired, of the first such feed; nil when
    ///   everything was applied.
    private static func follow(
        _ view: ReadModel,
        _ log: LogStore,
        to target: Frontier,
        _ surroundings: Surroundings,
        open: @escaping (RecordChange) throws -> RecordChange,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> StorageError? {
        var applied = try view.frontier()
        let total = target.rows.reduce(UInt64(0)) { $0 + $1.head.position }
        var damage: StorageError?
        for row in target.rows {
            while (applied[row.feed]?.position ?? 0) < row.head.position {
                let before = applied[row.feed]
                let step: (entries: [AppliedEntry], head: FeedHead)
                do {
                    step = try next(of: row, after: before?.position ?? 0, log)
                } catch {
                    guard error.code == .corrupted else { throw error }
                    damage = damage ?? error
                    break
                }
                let isDone = try view.apply(
                    step.entries,
                    of: row.feed,
                    before: before,
                    after: step.head,
                    milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                    open: open
                )
                if isDone {
                    applied[row.feed] = step.head
                } else {
                    applied = try progressed(view, from: before, row.feed)
                }
                progress(applied.values.reduce(UInt64(0)) { $0 + $1.position }, total)
            }
        }
        return damage
    }

    /// The next entries of a feed, and the head after them.
    private static func next(
        of row: Frontier.Row,
        after position: UInt64,
        _ log: LogStore
    ) throws(StorageError) -> (entries: [AppliedEntry], head: FeedHead) {
        let entries = try log.entries(of: row.feed, after: position, limitBytes: 1 << 20)
            .prefix { $0.reference.position <= row.head.position }
        guard let last = entries.last else {
            throw StorageError(.corrupted, "Feed \(row.feed) ends before its published head: run `abscope log verify`.")
        }
        let head =
            last.reference.position == row.head.position
            ? row.head : try log.head(of: row.feed, at: last.reference.position)
        return (entries.map { AppliedEntry(reference: $0.reference, bytes: $0.bytes) }, head)
    }

    /// Another process applied the feed meanwhile.
    private static func progressed(
        _ view: ReadModel,
        from before: FeedHead?,
        _ feed: FeedID
    ) throws -> [FeedID: FeedHead] {
        let applied = try view.frontier()
        guard let now = applied[feed], now.position > before?.position ?? 0 else {
            throw DamagedView("The read model went back.")
        }
        return applied
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

    /// Whether the folder of the read model can not be written: its disk is full or read-only, or it is another's.
    private static func isUnwritable(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError:
            [.readOnly, .noSpace, .permissionDenied].contains(error.code)
        case let error as DatabaseError:
            [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_PERM].contains(error.resultCode)
        default: false
        }
    }

    private static func sentence(_ error: DatabaseError) -> String {
        "The read model can not be used (\(error.resultCode)). Nothing recorded is concerned: make room on the disk, or"
            + " run `abscope view rebuild`."
    }

    private static func sentence(_ damage: StorageError) -> String { "A part of the log can not be read: \(damage)" }

    private static func memorySentence(_ error: any Error) -> String {
        "The read model can not be written, so it was built in memory and takes that long each time: \(error)"
    }
}
