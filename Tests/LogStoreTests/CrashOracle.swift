import LogFormat
import StoreIO
import Synchronization
import TestSupport

@testable import LogStore

/// What a log has promised so far, and whether a disk keeps it.
///
/// The promise: every acknowledged entry is there, equal, at its reference; positions are dense; of a commit in flight
/// there is all or nothing; a crash alone is never called damage; and the store takes and keeps another append.
final class CrashOracle: Sendable {
    struct Entry: Hashable, Sendable {
        var reference: EntryReference
        var bytes: [UInt8]
    }

    private struct Commit: Hashable, Sendable {
        var lane: Lane
        var entries: [[UInt8]]
    }

    private struct Promises: Hashable, Sendable {
        var isCreated = false
        var acknowledged: [Entry] = []
        /// Commits whose answer nobody has seen.
        var inFlight: [Commit] = []
    }

    /// A disk and what had been promised on it.
    private struct Case: Hashable, Sendable {
        var image: DiskImage
        var promises: Promises
    }

    /// Cases that were looked at already. Crashes at neighbouring calls leave mostly equal disks: the same bytes under
    /// the same promises need no second look.
    private final class Seen: Sendable {
        private let cases = Mutex<Set<Case>>([])

        func insert(_ case: Case) -> Bool { cases.withLock { $0.insert(`case`).inserted } }
    }

    static let root = "/srv/store"
    private let promises = Mutex(Promises())
    private let judged: Seen
    private let branched: Seen

    init() {
        judged = Seen()
        branched = Seen()
    }

    private init(_ other: CrashOracle) {
        judged = other.judged
        branched = other.branched
        let now = other.promises.withLock { $0 }
        promises.withLock { $0 = now }
    }

    var count: Int { promises.withLock { $0.acknowledged.count } }

    /// Small segments and steps, so that a few commits roll and a disk is small.
    static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 1_500
        options.allocationStepBytes = 4_096
        return options
    }

    static func open(on process: SimulatedProcess) throws(StorageError) -> LogStore {
        try LogStore.open(at: root, in: process.surroundings, options: options)
    }

    @discardableResult
    func create(on process: SimulatedProcess) throws -> LogStore {
        let store = try LogStore.create(at: Self.root, alias: "GY", in: process.surroundings, options: Self.options)
        promises.withLock { $0.isCreated = true }
        return store
    }

    /// Appends, and takes the answer as a promise.
    func append(_ entries: [[UInt8]], to lane: Lane, of store: LogStore) throws(StorageError) {
        promises.withLock { $0.inFlight.append(Commit(lane: lane, entries: entries)) }
        let references = try store.append(entries, to: lane, expecting: nil)
        promises.withLock { promises in
            promises.inFlight.removeLast()
            for (reference, bytes) in zip(references, entries) {
                promises.acknowledged.append(Entry(reference: reference, bytes: bytes))
            }
        }
    }

    /// Opens the store as the next process does and compares it with the promises; then appends in two lanes, and
    /// compares again after a power cut that loses all that is not synced. A disk that was judged under the same promises
    /// is not judged again.
    func judge(_ disk: SimulatedDisk) throws {
        guard judged.insert(Case(image: disk.image, promises: promises.withLock { $0 })) else { return }
        guard let store = try open(disk.process("judge")) else { return }
        try compare(store)
        var later: [Entry] = []
        for lane in [Lane.urgent, .records] {
            let bytes = Array("after the crash, lane \(lane.rawValue)".utf8)
            let references = try store.append([bytes], to: lane, expecting: nil)
            guard references.count == 1 else { throw Wrong(what: "one entry got \(references.count) references") }
            later.append(Entry(reference: references[0], bytes: bytes))
        }
        try compare(store, and: later)
        guard let reopened = try open(disk.crashed(.dropAll).process("second judge")) else {
            throw Wrong(what: "the store is gone after a second power cut")
        }
        try compare(reopened, and: later)
    }

    /// Only looks; what it sees beyond the promises must stay from then on.
    func glance(_ store: LogStore) throws {
        let rest = try compare(store)
        promises.withLock { promises in
            for (reference, bytes) in rest {
                promises.acknowledged.append(Entry(reference: reference, bytes: bytes))
                promises.inFlight.removeAll { $0.lane == reference.feed.lane && $0.entries.contains(bytes) }
            }
        }
    }

    /// Promises kept elsewhere, for a workload on a copy of the disk; what was judged stays common knowledge.
    func copy() -> CrashOracle { CrashOracle(self) }

    /// Whether no workload has begun from this disk with these promises; true once.
    func begins(on disk: SimulatedDisk) -> Bool {
        branched.insert(Case(image: disk.image, promises: promises.withLock { $0 }))
    }

    private func open(_ process: SimulatedProcess) throws(StorageError) -> LogStore? {
        do {
            return try Self.open(on: process)
        } catch {
            // Before `create` has returned there may be no store yet; then making one has to work.
            guard !promises.withLock({ $0.isCreated }), error.code == .notAStore || error.code == .notFound else {
                throw error
            }
            return try LogStore.create(at: Self.root, alias: "GY", in: process.surroundings, options: Self.options)
        }
    }

    /// - Returns: What is there beyond the promises.
    @discardableResult
    private func compare(_ store: LogStore, and later: [Entry] = []) throws -> [EntryReference: [UInt8]] {
        let promises = promises.withLock { $0 }
        let expected = promises.acknowledged + later
        let incidents = try store.incidents()
        guard incidents.isEmpty else { throw Wrong(what: "a crash is called \(incidents.map(\.text))") }
        var found: [EntryReference: [UInt8]] = [:]
        for slot in try store.slots() {
            let feed = slot.feed
            guard !slot.isDamaged else { throw Wrong(what: "\(feed) is called damaged") }
            let reader = FeedReader(directory: store.directory(feed, branch: slot.branch), slot: slot)
            let entries = try reader.entries(after: 0, limitBytes: 1 << 30)
            guard entries.map(\.reference.position) == Array(0..<slot.stored.position).map({ $0 + 1 }) else {
                throw Wrong(what: "\(feed) has \(entries.map(\.reference.position)) of \(slot.stored.position)")
            }
            for entry in entries { found[entry.reference] = entry.bytes }
        }
        for entry in expected where found[entry.reference] != entry.bytes {
            throw Wrong(
                what: "acknowledged \(entry.reference.feed) position \(entry.reference.position) is"
                    + " \(found[entry.reference] == nil ? "missing" : "another entry")"
            )
        }
        for entry in expected { found[entry.reference] = nil }
        try compareRest(found, with: promises)
        return found
    }

    /// What is there beyond the promises must be commits in flight, whole.
    private func compareRest(_ rest: [EntryReference: [UInt8]], with promises: Promises) throws {
        var open = promises.inFlight.map { ($0.lane, $0.entries) }
        var byFeed: [FeedID: [(UInt64, [UInt8])]] = [:]
        for (reference, bytes) in rest {
            byFeed[reference.feed, default: []].append((reference.position, bytes))
        }
        for feed in byFeed.keys.sorted() {
            var entries = (byFeed[feed] ?? []).sorted { $0.0 < $1.0 }.map(\.1)
            while !entries.isEmpty {
                guard let index = open.firstIndex(where: { $0.0 == feed.lane && entries.starts(with: $0.1) }) else {
                    throw Wrong(
                        what: "\(entries.count) entries in \(feed) that nobody was promised or half of a commit"
                    )
                }
                entries.removeFirst(open[index].1.count)
                open.remove(at: index)
            }
        }
    }
}
