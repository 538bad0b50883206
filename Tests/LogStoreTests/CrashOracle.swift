import LogFormat
import LogStore
import StoreIO
import Synchronization
import TestSupport

/// What a store has promised so far, and whether a disk keeps it: ``CrashJudge`` asked about every disk once.
final class CrashOracle: Sendable {
    private struct State: Hashable, Sendable {
        var isCreated = false
        var promises = LogPromises()
    }

    /// A disk and what had been promised on it.
    private struct Case: Hashable, Sendable {
        var image: DiskImage
        var state: State
    }

    /// Cases that were looked at already. Crashes at neighbouring calls leave mostly equal disks: the same bytes under
    /// the same promises need no second look.
    private final class Seen: Sendable {
        private let cases = Mutex<Set<Case>>([])

        func insert(_ case: Case) -> Bool { cases.withLock { $0.insert(`case`).inserted } }
    }

    static let root = "/srv/store"
    private let crashJudge: CrashJudge
    private let state = Mutex(State())
    private let judged: Seen
    private let branched: Seen

    init() throws {
        // The site belongs to no registry, so that nothing of the peer comes.
        let peer = try PeerFeed(count: 1, registry: RegistryID(foundedBy: [1]), seed: 1)
        crashJudge = CrashJudge(root: Self.root, options: Self.options, peer: peer)
        judged = Seen()
        branched = Seen()
    }

    private init(_ other: CrashOracle) {
        crashJudge = other.crashJudge
        judged = other.judged
        branched = other.branched
        let now = other.state.withLock { $0 }
        state.withLock { $0 = now }
    }

    /// Small segments and steps, so that a few commits roll and a disk is small.
    static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 1_500
        // A commit of several blocks is written in as many pieces.
        options.pieceBytes = 1
        options.allocationStepBytes = 4_096
        return options
    }

    static func open(on process: SimulatedProcess) throws(StorageError) -> LogStore {
        try LogStore.open(at: root, in: process.surroundings, options: options)
    }

    func create(on process: SimulatedProcess) throws(StorageError) {
        _ = try LogStore.create(at: Self.root, alias: "GY", in: process.surroundings, options: Self.options)
        state.withLock { $0.isCreated = true }
    }

    /// Appends, and takes the answer as a promise.
    func append(_ entries: [[UInt8]], to lane: Lane, of store: LogStore) throws(StorageError) {
        let number = state.withLock { $0.promises.begin(entries, to: lane) }
        let references = try store.append(entries, to: lane)
        state.withLock { $0.promises.acknowledge(number, references) }
    }

    /// Judges a disk with nobody on it. One that was judged under the same promises is not judged again.
    func judge(_ disk: SimulatedDisk) throws {
        let state = state.withLock { $0 }
        guard judged.insert(Case(image: disk.image, state: state)) else { return }
        do {
            try crashJudge.judge(disk, state.promises, isSealing: false)
        } catch {
            // Before `create` has returned there may be no store yet; then making one has to work.
            guard !state.isCreated, let failure = error as? StorageError,
                failure.code == .notAStore || failure.code == .notFound
            else { throw error }
            let process = disk.process("second creator")
            _ = try LogStore.create(at: Self.root, alias: "GY", in: process.surroundings, options: Self.options)
            try crashJudge.judge(disk, state.promises, isSealing: false)
        }
    }

    /// Only looks; what it sees beyond the promises must stay from then on.
    func glance(_ store: LogStore) throws {
        var promises = state.withLock { $0.promises }
        try crashJudge.compare(store, &promises)
        let seen = promises
        state.withLock { $0.promises = seen }
    }

    /// Promises kept elsewhere, for a workload on a copy of the disk; what was judged stays common knowledge.
    func copy() -> CrashOracle { CrashOracle(self) }

    /// Whether no workload has begun from this disk with these promises; true once.
    func begins(on disk: SimulatedDisk) -> Bool {
        branched.insert(Case(image: disk.image, state: state.withLock { $0 }))
    }
}
