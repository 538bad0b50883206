package import LogFormat
import LogStore
import StoreIO

/// Turns over every byte of a small store, one at a time, and compares what the store says with what
/// `Protocol/log-format.md` says of that byte.
///
/// The store has an own feed of three segments (sealed, raw and closed, raw and in use) and a replica with checkpoints.
/// Each byte is judged twice: found by a running machine, and found after a restart.
package struct ByteSweep: Sendable {
    /// What follows from a byte that is not what it was.
    package enum Verdict: Sendable, Hashable {
        /// Nothing acknowledged depends on it: everything is returned, and nothing is called damage.
        case harmless
        /// Everything is returned; it may be said that something is damaged.
        case intact
        /// It is said that entries at these positions are damaged, and all others are returned.
        case named(FeedID, ClosedRange<UInt64>)
        /// The store is not opened, and the file is named.
        case refused
        /// Everything is returned, and nothing can be recorded.
        case readOnly
    }

    /// Bytes of a file of which the format says the same.
    package struct Region: Sendable {
        package var path: String
        package var bytes: Range<Int>
        /// What the format calls it.
        package var name: String
        package var running: Verdict
        package var restarted: Verdict
    }

    /// What a sweep amounted to.
    package struct Figures: Sendable {
        package var files = 0
        package var bytes = 0
        package var judged = 0
        /// By the name of the region: how many bytes it has.
        package var regions: [String: Int] = [:]
        package var failures: [String] = []

        package init() {}
    }

    private let disk: SimulatedDisk
    private let judge: CrashJudge
    private let promises: LogPromises
    package let regions: [Region]

    /// - Parameters:
    ///   - start: A disk with a store that joined the registry and holds nothing, all of it durable.
    ///   - judge: Knows the store and the peer.
    /// - Throws: What the store throws where it must not.
    package init(from start: SimulatedDisk, _ judge: CrashJudge) throws {
        disk = start.killed()
        self.judge = judge
        var promises = LogPromises()
        let store = try LogStore.open(at: judge.root, in: disk.process("writer").surroundings, options: judge.options)
        func append(_ text: String) throws {
            for number in 0..<2 {
                let entries = (0...number).map {
                    Array("\(text) \(number) \($0)".utf8) + [UInt8](repeating: 7, count: 40)
                }
                let commit = promises.begin(entries, to: .records)
                promises.acknowledge(commit, try store.append(entries, to: .records))
            }
        }
        try append("sealed")
        _ = try store.closeActiveSegments()
        _ = try store.seal()
        try append("closed")
        _ = try store.closeActiveSegments()
        try append("in use")
        let peer = judge.peer
        try store.receive(Array(peer.blocks.prefix(2)), of: peer.feed, key: peer.key, after: peer.heads[0])
        let end = peer.blocks[1].header.lastPosition
        try store.attest(peer.checkpoints[0], key: peer.key)
        try store.attest(peer.checkpoints[Int(end) - 1], key: peer.key)
        promises.stored = end...end
        promises.attested = end...end
        // HEADS becomes a durable bound.
        try store.close()
        let own = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        self.promises = promises
        regions = try Regions(disk, judge, own: own, ownEnd: promises.last(of: own), peerEnd: end).all
    }

    /// - Parameters:
    ///   - stride: Every how many bytes one is turned over.
    ///   - offset: The first.
    ///   - bits: Which of its bits, each for itself; nil for one that changes from byte to byte.
    /// - Returns: What was looked at, and every byte of which the store says something else than the format.
    package func run(stride: Int = 1, from offset: Int = 0, bits: ClosedRange<Int>? = nil) -> Figures {
        var figures = Figures()
        figures.files = Set(regions.map(\.path)).count
        var number = 0
        for region in regions {
            for byte in region.bytes {
                defer { number += 1 }
                guard number % stride == offset % stride else { continue }
                figures.bytes += 1
                figures.regions[region.name, default: 0] += 1
                for bit in bits ?? (byte * 5 + 3) % 8...(byte * 5 + 3) % 8 {
                    for isRestarted in [false, true] {
                        figures.judged += 1
                        do {
                            try look(at: region, byte: byte, bit: bit, isRestarted: isRestarted)
                        } catch {
                            figures.failures.append(
                                "\(region.name), byte \(byte) bit \(bit) of \(region.path)"
                                    + "\(isRestarted ? " after a restart" : ""): \(error)"
                            )
                        }
                    }
                }
            }
        }
        return figures
    }

    private func look(at region: Region, byte: Int, bit: Int, isRestarted: Bool) throws {
        var disk = disk.killed()
        disk.recordCalls(false)
        try disk.flipBit(region.path, byte: byte, bit: bit)
        if isRestarted { disk = disk.crashed(.keepAll) }
        let verdict = isRestarted ? region.restarted : region.running
        let before = try Files(disk, root: judge.root)
        let store: LogStore
        do throws(StorageError) {
            store = try LogStore.open(at: judge.root, in: disk.process("judge").surroundings, options: judge.options)
        } catch {
            guard verdict == .refused, error.location?.path == region.path else { throw error }
            return
        }
        if verdict == .refused { throw Wrong("the store is opened as if nothing were wrong") }
        if verdict == .readOnly, store.writeRefusal == nil {
            throw Wrong("it is taken for a store that can be written")
        }
        let report = try DamageReport(store)
        for (reference, bytes) in promises.own { try compare(reference, bytes, store, report, verdict) }
        for position in 1...Int(promises.attested.lowerBound) {
            let reference = EntryReference(feed: judge.peer.feed, head: judge.peer.heads[position])
            try compare(reference, judge.peer.entries[position - 1], store, report, verdict)
        }
        switch verdict {
        case .harmless where report.isDamaged: throw Wrong("it is called damage: \(report.text)")
        case .named where !report.isDamaged: throw Wrong("nobody says that anything is damaged")
        default: break
        }
        try before.compare(with: Files(disk, root: judge.root))
    }

    private func compare(
        _ reference: EntryReference,
        _ bytes: [UInt8],
        _ store: LogStore,
        _ report: DamageReport,
        _ verdict: Verdict
    ) throws {
        do {
            guard try store.entry(reference) == bytes else {
                throw Wrong("position \(reference.position) is returned with wrong bytes")
            }
        } catch let error as StorageError {
            guard case .named(let feed, let positions) = verdict, feed == reference.feed,
                positions.contains(reference.position)
            else { throw Wrong("position \(reference.position) of \(reference.feed) is not returned: \(error)") }
            guard report.names(reference) else {
                throw Wrong("position \(reference.position) is gone and not named: \(report.text)")
            }
        }
    }
}
