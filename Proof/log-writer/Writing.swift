import LogFormat
import LogStore
import SimulatedStorage
import StoreIO

/// Appends seeded commits to a store, seals now and then, and says after each acknowledged commit where it lies.
struct Writing {
    private let store: LogStore
    private let transcript: LineFile
    private var writer: UInt32
    private let seed: UInt64
    private var random: SplitMix64

    init(_ arguments: Arguments) throws {
        let point: KillPoint?
        if let text = arguments.text("kill") {
            guard let parsed = KillPoint(text) else {
                throw Complaint("--kill \(text) is not CALL:TARGET:NUMBER:before|middle|after")
            }
            point = parsed
        } else {
            point = nil
        }
        let calls = Calls(killingAt: point, trace: try arguments.text("trace").map { try LineFile($0) })
        let surroundings = try arguments.surroundings(KillingFileSystem(calls: calls))
        let root = try arguments.required("store")
        transcript = try LineFile(try arguments.required("transcript"))
        writer = UInt32(try arguments.number("writer", default: 1))
        seed = UInt64(try arguments.number("seed", default: 1))
        random = SplitMix64(seed: SplitMix64.mix(seed, UInt64(writer)))
        let options = try arguments.options()
        if try surroundings.fileSystem.exists(root) {
            store = try LogStore.open(at: root, in: surroundings, options: options)
        } else {
            store = try LogStore.create(at: root, alias: "PW", in: surroundings, options: options)
            transcript.append("created")
        }
    }

    /// Another writer of the same process, for a thread of its own.
    func colleague(_ number: Int) -> Writing {
        var colleague = self
        colleague.writer += UInt32(number) << 16
        colleague.random = SplitMix64(seed: SplitMix64.mix(seed, UInt64(colleague.writer)))
        return colleague
    }

    /// Appends `commits` commits; for ever when that is 0.
    mutating func run(commits: Int) throws {
        var number: UInt32 = 0
        while commits == 0 || number < UInt32(commits) {
            number += 1
            let lane: Lane = random.chance(1, in: 4) ? .urgent : .records
            let entries = ProofEntry.commit(number, by: writer, using: &random)
            let references = try append(entries, to: lane, isExpecting: random.chance(1, in: 3))
            guard let acknowledgement = Acknowledgement(writer: writer, commit: number, references) else {
                throw Complaint("commit \(number) was acknowledged without a place")
            }
            transcript.append(acknowledgement.description)
            if random.chance(1, in: 8) { try look(upTo: references[0].position, of: references[0].feed) }
            if random.chance(1, in: 24) { _ = try store.closeActiveSegments() }
            if random.chance(1, in: 12) { _ = try store.seal(level: 1) }
        }
        try store.close()
    }

    /// Reads what others may be sealing.
    private mutating func look(upTo position: UInt64, of feed: FeedID) throws {
        let after = UInt64(random.below(Int(position)))
        guard let first = try store.entries(of: feed, after: after, limitBytes: 4_096).first,
            first.reference.position == after + 1, ProofEntry(first.bytes) != nil
        else { throw Complaint("\(feed) position \(after + 1) can not be read while others write") }
    }

    /// As a caller does who validates first: on `.moved` it looks again and retries.
    private func append(_ entries: [[UInt8]], to lane: Lane, isExpecting: Bool) throws -> [EntryReference] {
        while true {
            var expecting: [FeedID: FeedHead]?
            if isExpecting {
                expecting = [:]
                for feed in try store.feeds() where feed.isOwn { expecting?[feed.feed] = feed.stored }
            }
            do {
                return try store.append(entries, to: lane, expecting: expecting)
            } catch {
                guard error.code == .moved else { throw error }
            }
        }
    }
}
