import CaseModel
import GRDB
import LogFormat
import LogStore
import StoreIO

// How the read model follows the log.
extension CaseStore {
    /// Applies what is in the log and not in the read model.
    ///
    /// A read model that is damaged, or holds what the log does not, is built anew. When it can not be written,
    /// ``missingEntries`` and ``viewProblem`` say so; nothing recorded is concerned.
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
                try Self.follow(used, log, to: target, surroundings, open: opened, progress)
            } catch  where Self.isDamage(error) {
                try rebuild(instead: view, progress: progress)
            }
            note(known: target, target: target, missing: 0, problem: nil)
        } catch let error as DatabaseError {
            let known: Frontier
            do {
                known = Frontier(try view.frontier().map { Frontier.Row(feed: $0.key, head: $0.value) })
            } catch is DatabaseError {
                known = Frontier([])
            }
            let missing = target.rows.reduce(UInt64(0)) { sum, row in
                sum + row.head.position - min(row.head.position, known[row.feed]?.position ?? 0)
            }
            note(known: known, target: target, missing: missing, problem: Self.sentence(error))
        }
    }

    /// Builds the read model anew from the log, beside the one in use, and then uses it.
    ///
    /// - Throws: `StorageError`, ``CaseStoreError`` with `.view`; the one in use then stays.
    /// - Complexity: One pass over the log; about 20 s for a million entries.
    package func rebuild(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let target = try log.frontier()
        try Self.translated {
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            replaceView(try Self.build(log, folder, to: target, surroundings, open: opened, progress))
        }
        note(known: target, target: target, missing: 0, problem: nil)
    }

    /// Builds the read model anew because `damaged` is not usable; or uses the one another process has built meanwhile.
    func rebuild(
        instead damaged: ReadModel,
        progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) throws {
        let target = try log.frontier()
        do {
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            if let path = try folder.current(), path != damaged.path {
                do {
                    return replaceView(try ReadModel(path: path))
                } catch  where Self.isDamage(error) {
                    // That one is no better.
                }
            }
            replaceView(try Self.build(log, folder, to: target, surroundings, open: opened, progress))
        } catch  where Self.isUnwritable(error) {
            replaceView(
                try Self.buildInMemory(log, to: target, surroundings, open: opened, progress),
                problem: Self.memorySentence(error)
            )
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
            return (try build(log, folder, to: target, surroundings, open: open, progress), nil)
        } catch  where isUnwritable(error) {
            return (try buildInMemory(log, to: target, surroundings, open: open, progress), memorySentence(error))
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
    ) throws -> ReadModel {
        let path = try folder.next()
        let next = try ReadModel(path: path, isBeingBuilt: true)
        try follow(next, log, to: target, surroundings, open: open, progress)
        try next.settle()
        try folder.makeCurrent(path)
        return next
    }

    private static func buildInMemory(
        _ log: LogStore,
        to target: Frontier,
        _ surroundings: Surroundings,
        open: @escaping (RecordChange) throws -> RecordChange,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> ReadModel {
        let next = try ReadModel(path: nil)
        try follow(next, log, to: target, surroundings, open: open, progress)
        return next
    }

    // MARK: - Steps

    /// Whether everything the read model holds is in the log.
    private static func fits(_ view: ReadModel, _ target: Frontier, _ log: LogStore) throws -> Bool {
        for (feed, head) in try view.frontier() {
            guard let there = target[feed] else { return false }
            guard there.position >= head.position else {
                // Unless another process applied what was recorded after `target` was read.
                guard let now = try log.frontier()[feed], now.position >= head.position else { return false }
                if try log.head(of: feed, at: head.position).digest != head.digest { return false }
                continue
            }
            if there.position == head.position {
                if there.digest != head.digest { return false }
            } else if try log.head(of: feed, at: head.position).digest != head.digest {
                return false
            }
        }
        return true
    }

    private static func follow(
        _ view: ReadModel,
        _ log: LogStore,
        to target: Frontier,
        _ surroundings: Surroundings,
        open: @escaping (RecordChange) throws -> RecordChange,
        _ progress: (UInt64, UInt64) -> Void
    ) throws {
        var applied = try view.frontier()
        let total = target.rows.reduce(UInt64(0)) { $0 + $1.head.position }
        for row in target.rows {
            while (applied[row.feed]?.position ?? 0) < row.head.position {
                let before = applied[row.feed]
                let position = before?.position ?? 0
                let entries = try log.entries(of: row.feed, after: position, limitBytes: 1 << 20)
                    .prefix { $0.reference.position <= row.head.position }
                guard let last = entries.last else {
                    throw CaseStoreError(
                        .invalid,
                        "Feed \(row.feed) ends before its published head: run `abscope log verify`."
                    )
                }
                let head =
                    last.reference.position == row.head.position
                    ? row.head : try log.head(of: row.feed, at: last.reference.position)
                let isDone = try view.apply(
                    entries.map { AppliedEntry(reference: $0.reference, bytes: $0.bytes) },
                    of: row.feed,
                    before: before,
                    after: head,
                    milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                    open: open
                )
                if isDone { applied[row.feed] = head } else { applied = try progressed(view, from: before, row.feed) }
                progress(applied.values.reduce(UInt64(0)) { $0 + $1.position }, total)
            }
        }
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

    private static func memorySentence(_ error: any Error) -> String {
        "The read model can not be written, so it was built in memory and takes that long each time: \(error)"
    }
}
