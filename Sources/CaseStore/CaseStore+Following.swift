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
    /// A read model that is damaged, or holds what the log does not, is built anew. When it can not be written, or a
    /// feed of the log is damaged, ``missingEntries`` and ``viewProblem`` say so; all other feeds are followed.
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
                noteFollowed(to: target, lacking: damage.map(Self.sentence))
            } catch  where Self.isDamage(error) {
                noteFollowed(
                    to: target,
                    lacking: try rebuild(instead: view, progress: progress).map(Self.sentence)
                )
            }
        } catch let error as DatabaseError {
            guard Self.isUnwritable(error) else { return noteFollowed(to: target, lacking: Self.sentence(error)) }
            // Who asks on a full disk is not answered from yesterday.
            let (carried, damage) = try follower.carriedOnInMemory(view, to: target, progress)
            replaceView(carried, problem: Self.memorySentence(error))
            noteFollowed(to: target, lacking: damage.map(Self.sentence))
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
            let built = try folder.building { path in
                let (built, damage) = try follower.build(at: path, to: target, progress)
                if let damage { throw damage }
                try folder.makeCurrent(path)
                return built
            }
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

    private static func sentence(_ damage: StorageError) -> String { "A part of the log can not be read: \(damage)" }

    static func memorySentence(_ error: any Error) -> String {
        "The read model can not be written, so it was built in memory and takes that long each time: \(error)"
    }
}
