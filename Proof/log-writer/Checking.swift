import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import Synchronization

/// Opens a store after something bad happened and compares it with the transcripts.
///
/// The promise: every acknowledged commit is there, equal, at its place; positions are dense; of a commit nobody was told of
/// there is all or nothing, and at most one a writer; a crash alone is never called damage; recording goes on.
final class Checking: Sendable {
    private let arguments: Arguments
    private let acknowledged: [Acknowledgement]
    private let isCreated: Bool
    private let events = Mutex<[StoreEvent]>([])

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        var acknowledged: [Acknowledgement] = []
        var isCreated = false
        for path in arguments.all("transcript") {
            for line in try LineFile.lines(of: path) {
                if line == "created" {
                    isCreated = true
                } else if let one = Acknowledgement(line) {
                    acknowledged.append(one)
                } else {
                    throw Complaint("a line of \(path) is none of a transcript: \(line)")
                }
            }
        }
        self.acknowledged = acknowledged
        self.isCreated = isCreated || !acknowledged.isEmpty
    }

    /// - Returns: One line of figures.
    /// - Throws: ``Complaint`` for a broken promise; `StorageError` where the store does not even open.
    func run() throws -> String {
        let store = try open()
        var rest = try compare(store, with: acknowledged)
        // Recording goes on, and what it says is a promise like the others.
        let writer = UInt32(try arguments.number("writer", default: 0xFFFF))
        let own = try LineFile(try arguments.required("own"))
        var later: [Acknowledgement] = []
        for (number, lane) in [Lane.urgent, .records].enumerated() {
            var random = SplitMix64(seed: UInt64(writer))
            let commit = UInt32(number + 1)
            let references = try store.append(ProofEntry.commit(commit, by: writer, using: &random), to: lane)
            guard let one = Acknowledgement(writer: writer, commit: commit, references) else {
                throw Complaint("an append after the crash was acknowledged without a place")
            }
            own.append(one.description)
            later.append(one)
        }
        try store.close()
        let counted = rest
        rest = try compare(store, with: acknowledged + later)
        guard rest == counted else { throw Complaint("an append after the crash brought back what was not there") }
        let takeovers = events.withLock { events in
            events.count { if case .takeover = $0 { true } else { false } }
        }
        return "acknowledged \(acknowledged.count) beyond \(counted) takeovers \(takeovers)"
    }

    private func open() throws -> LogStore {
        let surroundings = try arguments.surroundings(LinuxFileSystem())
        let root = try arguments.required("store")
        var options = try arguments.options()
        options.observer = { [self] event in events.withLock { $0.append(event) } }
        do {
            return try LogStore.open(at: root, in: surroundings, options: options)
        } catch {
            // Before `create` has returned there may be no store; then making one has to work.
            guard !isCreated, error.code == .notFound || error.code == .notAStore else { throw error }
            return try LogStore.create(at: root, alias: "PW", in: surroundings, options: options)
        }
    }

    /// - Returns: How many commits are there beyond the acknowledged ones.
    private func compare(_ store: LogStore, with promises: [Acknowledgement]) throws -> Int {
        let incidents = try store.incidents()
        guard incidents.isEmpty else { throw Complaint("a crash is called \(incidents.map(\.text))") }
        for event in events.withLock({ $0 }) {
            switch event {
            case .damaged, .newEpoch, .poisoned, .readOnly: throw Complaint("a crash is called \(event)")
            case .takeover, .recovered, .waiting, .headsNotSynchronized, .markerNotWritten: break
            }
        }
        for report in try store.verify() where report.isDamaged {
            throw Complaint("\(report.feed) is called damaged: \(report.findings)")
        }
        var found: [Key: Found] = [:]
        for feed in try store.feeds() { try collect(feed, of: store, into: &found) }
        for promise in promises {
            guard let there = found[Key(promise.writer, promise.commit)] else {
                throw Complaint("acknowledged and missing: \(promise)")
            }
            guard there.feed == promise.feed, there.positions == promise.positions,
                there.digestPrefix == promise.digestPrefix
            else { throw Complaint("acknowledged as \(promise) and found at \(there)") }
        }
        return try judgeRest(found, beyond: promises)
    }

    /// Of each writer at most the one commit that followed its last acknowledged one.
    private func judgeRest(_ found: [Key: Found], beyond promises: [Acknowledgement]) throws -> Int {
        var rest = found
        var lastCommits: [UInt32: UInt32] = [:]
        for promise in promises {
            rest[Key(promise.writer, promise.commit)] = nil
            lastCommits[promise.writer] = max(lastCommits[promise.writer] ?? 0, promise.commit)
        }
        for key in rest.keys.sorted() where key.commit != (lastCommits[key.writer] ?? 0) + 1 {
            throw Complaint(
                "commit \(key.commit) of writer \(key.writer) is there, which was told of \(lastCommits[key.writer] ?? 0)"
            )
        }
        return rest.count
    }

    private struct Key: Hashable, Comparable {
        var writer: UInt32
        var commit: UInt32
        init(_ writer: UInt32, _ commit: UInt32) { (self.writer, self.commit) = (writer, commit) }
        static func < (left: Key, right: Key) -> Bool { (left.writer, left.commit) < (right.writer, right.commit) }
    }

    private struct Found {
        var feed: String
        var positions: ClosedRange<UInt64>
        var digestPrefix: UInt64
    }

    /// Reads a feed to its end: dense, every entry one of ours in every byte, commits whole, each writer's in its order.
    private func collect(_ feed: FeedSummary, of store: LogStore, into found: inout [Key: Found]) throws {
        guard !feed.isDamaged, feed.isOwn, feed.branch == 0, feed.feed.epoch == store.epoch else {
            throw Complaint("\(feed.feed) is damaged, a branch or of another epoch after a crash alone")
        }
        var last: [UInt32: UInt32] = [:]
        var position: UInt64 = 0
        var current: (entry: ProofEntry, first: UInt64)?
        while true {
            let entries = try store.entries(of: feed.feed, after: position, limitBytes: 1 << 20)
            if entries.isEmpty { break }
            for stored in entries {
                position += 1
                guard stored.reference.position == position else {
                    throw Complaint("\(feed.feed) goes from \(position - 1) to \(stored.reference.position)")
                }
                guard let entry = ProofEntry(stored.bytes) else {
                    throw Complaint("\(feed.feed) position \(position) has bytes nobody wrote")
                }
                let begins = entry.index == 0
                let first = begins ? position : (current?.first ?? 0)
                if !begins || current != nil {
                    guard let before = current?.entry, before.writer == entry.writer, before.commit == entry.commit,
                        before.count == entry.count, before.index + 1 == entry.index
                    else { throw Complaint("\(feed.feed) position \(position): half of a commit") }
                }
                guard entry.index + 1 == entry.count else {
                    current = (entry, first)
                    continue
                }
                current = nil
                let key = Key(entry.writer, entry.commit)
                guard found[key] == nil, entry.commit > last[entry.writer] ?? 0 else {
                    throw Complaint("\(feed.feed) position \(position): commit \(entry.commit) again or out of order")
                }
                last[entry.writer] = entry.commit
                found[key] = Found(
                    feed: feed.feed.description,
                    positions: first...position,
                    digestPrefix: stored.reference.digestPrefix
                )
            }
        }
        guard current == nil, position == feed.stored.position else {
            throw Complaint("\(feed.feed) ends at \(position), not at \(feed.stored.position), or inside a commit")
        }
    }
}
