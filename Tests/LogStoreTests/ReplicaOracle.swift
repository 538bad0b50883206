import LogFormat
import StoreIO
import Synchronization
import TestSupport

@testable import LogStore

/// What a store that pulls another site's feed has promised so far, and whether a disk keeps it.
///
/// The promise: every head that `receive` returned is stored, every statement that `attest` took is attested, equal to
/// what the origin wrote and dense; nothing is served that no statement covers; a crash is never called damage; the same
/// feed is pulled on from the stored head to its end; and the site's own entries are there, too.
final class ReplicaOracle: Sendable {
    /// A feed as its origin has it.
    struct Truth: Sendable {
        var feed: FeedID
        var key: SitePublicKey
        var registry: RegistryID
        var entries: [[UInt8]]
        /// The head after each position, 0 included.
        var heads: [FeedHead]
        /// As a peer sends them: of several entries, plain and deflated.
        var blocks: [Block]
        /// One for each position from 1 on.
        var checkpoints: [Checkpoint]
    }

    private struct Promises: Sendable {
        var stored: UInt64 = 0
        var attested: UInt64 = 0
        /// What a call that has not returned may have reached.
        var storedAtMost: UInt64 = 0
        var attestedAtMost: UInt64 = 0
        /// Where the feed may end: nothing of a call is kept but all of it.
        var ends: Set<UInt64> = [0]
        var own: [(reference: EntryReference, bytes: [UInt8])] = []
    }

    let truth: Truth
    private let promises = Mutex(Promises())

    /// A disk with a store that joined the registry and holds nothing of the feed, and what a peer could send it.
    ///
    /// The origin sealed the older half, so that blocks of both methods come.
    ///
    /// - Parameters:
    ///   - count: Entries of the origin.
    ///   - seed: Of the disk of the replica.
    /// - Returns: The disk, with nobody on it, and the oracle.
    /// - Throws: What the stores refuse.
    static func start(_ count: Int, seed: UInt64) throws -> (disk: SimulatedDisk, oracle: ReplicaOracle) {
        let machine = SimulatedDisk(seed: 5, machineID: "origin")
        let origin = try LogStore.create(
            at: CrashOracle.root,
            alias: "GY",
            in: machine.process("origin").surroundings,
            options: CrashOracle.options
        )
        let membership = RegistryMembership(foundingEntry: [1, 2, 3])
        try origin.join(membership)
        let feed = FeedID(site: origin.site, epoch: origin.epoch, lane: .records)
        let key = origin.identity.publicKey
        var numbers = SplitMix64(seed: 11)
        var entries: [[UInt8]] = []
        var isHalfSealed = false
        while entries.count < count {
            let commit = (0..<min(isHalfSealed ? 1 : 3, count - entries.count)).map { number in
                Array("fraction \(entries.count + number) given ".utf8) + numbers.bytes(120 + numbers.below(80))
            }
            _ = try origin.append(commit, to: .records, expecting: nil)
            entries += commit
            if !isHalfSealed, entries.count >= count / 3 {
                isHalfSealed = true
                _ = try origin.closeActiveSegments()
                _ = try origin.seal()
            }
        }
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let heads = try [start] + (1...UInt64(count)).map { try origin.head(of: feed, at: $0) }
        let truth = Truth(
            feed: feed,
            key: key,
            registry: membership.registry,
            entries: entries,
            heads: heads,
            blocks: try origin.blocks(of: feed, after: start, limitBytes: 1 << 20),
            checkpoints: try heads.dropFirst().map { head in
                try Checkpoint(signing: head, of: feed, registry: membership.registry, with: origin.identity.signingKey)
            }
        )
        let disk = SimulatedDisk(seed: seed, machineID: "replica")
        let store = try LogStore.create(
            at: CrashOracle.root,
            alias: "HUB",
            in: disk.process("maker").surroundings,
            options: CrashOracle.options
        )
        try store.join(membership)
        try store.close()
        return (disk.killed(), ReplicaOracle(truth))
    }

    private init(_ truth: Truth) { self.truth = truth }

    /// Promises kept elsewhere, for a workload on a copy of the disk.
    func copy() -> ReplicaOracle {
        let copy = ReplicaOracle(truth)
        let now = promises.withLock { $0 }
        copy.promises.withLock { $0 = now }
        return copy
    }

    // MARK: - Work

    /// Where the feed is stored.
    func stored(in store: LogStore) throws(StorageError) -> FeedHead {
        try store.slots().first { $0.feed == truth.feed }?.stored ?? truth.heads[0]
    }

    /// Receives the next blocks after the stored head, and takes the answer as a promise.
    ///
    /// - Returns: False when nothing was left to receive.
    @discardableResult
    func receive(_ count: Int, into store: LogStore) throws(StorageError) -> Bool {
        let head = try stored(in: store)
        let blocks = Array(truth.blocks.filter { $0.header.firstPosition > head.position }.prefix(count))
        guard let last = blocks.last else { return false }
        promises.withLock { promises in
            promises.storedAtMost = max(promises.storedAtMost, last.header.lastPosition)
            promises.ends.insert(last.header.lastPosition)
        }
        let reached = try store.receive(blocks, of: truth.feed, key: truth.key, after: head)
        promises.withLock { $0.stored = max($0.stored, reached.position) }
        return true
    }

    /// Has the store attest up to a position, and takes the return as a promise.
    func attest(_ position: UInt64, in store: LogStore) throws(StorageError) {
        promises.withLock { $0.attestedAtMost = max($0.attestedAtMost, position) }
        try store.attest(truth.checkpoints[Int(position) - 1], key: truth.key)
        promises.withLock { $0.attested = max($0.attested, position) }
    }

    /// Has the store attest all that it has stored.
    func attestStored(in store: LogStore) throws(StorageError) {
        let head = try stored(in: store)
        try attest(head.position, in: store)
    }

    /// Appends to the site's own lane; only for work whose own appends are not in flight when it is broken off.
    func append(_ text: String, to store: LogStore) throws(StorageError) {
        let bytes = Array(text.utf8) + [UInt8](repeating: 1, count: 300)
        let references = try store.append([bytes], to: .records)
        promises.withLock { promises in
            for reference in references { promises.own.append((reference, bytes)) }
        }
    }

    // MARK: - Judging

    /// Opens the store as the next process does and compares it with the promises; then pulls and attests the rest from
    /// the stored head, and compares again after a power cut that loses all that is not synced.
    func judge(_ disk: SimulatedDisk) throws {
        let store = try CrashOracle.open(on: disk.process("judge"))
        try compare(store)
        // What is promised from here on concerns this disk alone.
        let later = copy()
        while try later.receive(8, into: store) {}
        try later.attest(UInt64(truth.entries.count), in: store)
        try later.compare(store)
        try later.compare(try CrashOracle.open(on: disk.crashed(.dropAll).process("second judge")))
    }

    /// Only looks.
    func compare(_ store: LogStore) throws {
        let promises = promises.withLock { $0 }
        let incidents = try store.incidents()
        guard incidents.isEmpty else { throw Wrong("a crash is called \(incidents.map(\.text))") }
        try compareReplica(store, promises)
        try compareOwn(store)
    }

    /// The site's own entries.
    func compareOwn(_ store: LogStore) throws {
        for (reference, bytes) in promises.withLock({ $0.own }) where try store.entry(reference) != bytes {
            throw Wrong("own entry \(reference.position) is another")
        }
    }

    private func compareReplica(_ store: LogStore, _ promises: Promises) throws {
        guard let slot = try store.slots().first(where: { $0.feed == truth.feed }) else {
            guard promises.stored == 0 else { throw Wrong("the feed is gone") }
            return
        }
        guard !slot.isDamaged else { throw Wrong("the replica is called damaged") }
        let (stored, attested) = (slot.stored.position, slot.attested.position)
        guard promises.stored...max(promises.stored, promises.storedAtMost) ~= stored else {
            throw Wrong("stored to \(stored), promised to \(promises.stored), asked \(promises.storedAtMost)")
        }
        guard promises.ends.contains(stored) else {
            throw Wrong("stored to \(stored), half of what came at once")
        }
        guard attested >= promises.attested, attested <= min(promises.attestedAtMost, stored) else {
            throw Wrong("attested to \(attested), promised to \(promises.attested), stored to \(stored)")
        }
        guard slot.stored == truth.heads[Int(stored)], slot.attested == truth.heads[Int(attested)] else {
            throw Wrong("a head is not the origin's")
        }
        // Beyond what is attested too: this is what the next blocks will continue.
        let all = try store.reader(slot, through: slot.stored).entries(after: 0, limitBytes: 1 << 20)
        guard all.map(\.bytes) == Array(truth.entries.prefix(Int(stored))),
            all.map(\.reference.position) == (0..<stored).map({ $0 + 1 })
        else { throw Wrong("stored are \(all.count) entries, or others, of \(stored)") }
        try compareServed(store, slot.attested)
    }

    /// Whatever way somebody asks, they get what is attested and nothing behind it.
    private func compareServed(_ store: LogStore, _ attested: FeedHead) throws {
        let expected = Array(truth.entries.prefix(Int(attested.position)))
        let shown = try store.entries(of: truth.feed, after: 0, limitBytes: 1 << 20)
        guard shown.map(\.bytes) == expected else { throw Wrong("shown are \(shown.count) of \(attested)") }
        let row = try store.frontier().rows.first { $0.feed == truth.feed }
        guard row?.head ?? truth.heads[0] == attested else { throw Wrong("the frontier says \(row as Any)") }
        let handedOn = try store.blocks(of: truth.feed, after: truth.heads[0], limitBytes: 1 << 20)
        var inflater = Inflater()
        var head = truth.heads[0]
        for block in handedOn { head = try block.verified(after: head, using: &inflater) }
        guard head == attested else { throw Wrong("handed on up to \(head), attested to \(attested)") }
        let checkpoint = try store.checkpoint(of: truth.feed)
        guard checkpoint?.head ?? truth.heads[0] == attested else {
            throw Wrong("attested to \(attested), passed on with \(checkpoint?.head as Any)")
        }
        guard attested.position < truth.entries.count else { return }
        let beyond = EntryReference(feed: truth.feed, head: truth.heads[Int(attested.position) + 1])
        do {
            _ = try store.entry(beyond)
        } catch {
            guard error.code == .notFound else { throw error }
            return
        }
        throw Wrong("an entry is served that nobody attested")
    }
}
