package import CaseModel
package import LogFormat
package import LogStore
package import StoreIO
import Synchronization

/// The records of a site: the log, the read model that answers questions about it, and the keys of persons.
///
/// The log alone is the truth. What is recorded is acknowledged by the log; the read model follows, and says how far
/// behind it is when it can not. Any number of processes may have the same store open.
package final class CaseStore: Sendable {
    package let log: LogStore
    package let names: SiteNames
    let surroundings: Surroundings
    let folder: ViewFolder
    let keys: PersonKeyStore
    /// Before this moment of the steady clock no carried history is read again: see ``settleBranches()``.
    let branchRest = Mutex<UInt64>(0)
    /// Who recorded what is sealed with which key, as of when the read model had applied so much.
    let sealedAuthors = Mutex<(moment: FrontierDigest, authors: [[UInt8]: Set<SiteID>])?>(nil)
    private let state: Mutex<State>

    private struct State {
        var view: ReadModel
        /// What the read model had applied when it last caught up.
        var known = Frontier([])
        /// The log's own heads at that moment: what a caller has validated against.
        var expected: [FeedID: FeedHead] = [:]
        /// What the read model lacks, how many entries were recorded since that it has not seen, and why.
        var missing: [MissingEntries] = []
        var unseen: UInt64 = 0
        var problem: String?
    }

    var view: ReadModel { state.withLock { $0.view } }

    /// What was recorded and is not in the read model, by feed and position: what is damaged or lost and was not seen
    /// before, and what could not be applied yet. Every answer that rests on it says so.
    package var missing: [MissingEntries] { state.withLock { $0.missing } }
    /// Entries that the read model lacks and that may be brought back; 0 when it has caught up.
    package var missingEntries: UInt64 {
        state.withLock { state in state.missing.filter { !$0.isAccepted }.reduce(state.unseen) { $0 + $1.count } }
    }
    /// Entries that it lacks and that a person has taken for lost.
    package var lostEntries: UInt64 { missing.filter(\.isAccepted).reduce(0) { $0 + $1.count } }
    /// Why the read model could not catch up, or is kept in memory only; nil when all is well.
    package var viewProblem: String? { state.withLock { $0.problem } }
    /// Why no name can be read, or none can be recorded; nil when the keys of persons are usable, or none was needed.
    package var keyProblem: String? { keys.problem }

    /// What the answers of this store rest on: everything that was applied when it last caught up, of each feed up to the
    /// first entry that is missing. Its digest goes with every verdict.
    package var basis: Frontier { state.withLock { $0.known } }

    /// Opens the records of a store and brings the read model up to the log.
    ///
    /// - Parameters:
    ///   - log: The open store.
    ///   - names: What sites are called.
    ///   - surroundings: The machine.
    ///   - progress: Entries applied so far and entries there are.
    /// - Throws: `StorageError` when the log can not be read. A read model that is not usable is built anew without an
    ///   error, in memory where the disk can not be written; keys that can not be read are ``keyProblem``.
    package init(
        _ log: LogStore,
        names: SiteNames,
        in surroundings: Surroundings,
        progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) throws {
        self.log = log
        self.names = names
        self.surroundings = surroundings
        folder = ViewFolder(path: log.paths.view, fileSystem: surroundings.fileSystem)
        keys = PersonKeyStore(path: "\(log.root)/keys.sqlite", fileSystem: surroundings.fileSystem)
        let follower = ViewFollower(log: log, folder: folder, surroundings: surroundings, open: keys.readable)
        let opened = try Self.translated { try follower.inUse(progress) }
        state = Mutex(State(view: opened.view, problem: opened.problem))
        try catchUp(progress: progress)
        try showNewNames()
        try destroyAgain()
    }

    func replaceView(_ view: ReadModel, problem: String? = nil) {
        state.withLock {
            $0.view = view
            $0.problem = problem
        }
    }

    /// The own heads that whoever validates now validates against.
    var expected: [FeedID: FeedHead] { state.withLock { $0.expected } }

    /// Notes how far the read model came.
    ///
    /// - Parameters:
    ///   - known: What it has applied without a gap.
    ///   - target: What the log has.
    ///   - missing: What it lacks.
    ///   - problem: Why that is missing.
    func note(known: Frontier, target: Frontier, missing: [MissingEntries], problem: String?) {
        let own = target.rows(of: log.site).filter { $0.feed.lane.isValidated }
        state.withLock { state in
            state.known = known
            state.expected = Dictionary(uniqueKeysWithValues: own.map { ($0.feed, $0.head) })
            state.missing = missing
            state.unseen = 0
            state.problem = problem ?? (state.view.path == nil ? state.problem : nil)
        }
    }

    /// Notes that entries were recorded and could not be looked at.
    func note(unseen entries: UInt64, problem: String) {
        state.withLock { state in
            state.unseen += entries
            state.problem = problem
        }
    }

    /// Asks the read model, and builds it anew when it turns out to be damaged.
    func query<Result>(_ body: (RecordTable) throws -> Result) throws -> Result {
        try Self.translated {
            let used = view
            do {
                return try used.read(opening: opened, body)
            } catch  where Self.isDamage(error) {
                try rebuild(instead: used)
                return try view.read(opening: opened, body)
            }
        }
    }
}
