import LogFormat
package import LogStore
import StoreIO

/// The oracle for crashes: kills, power cuts, and calls that fail and say so.
///
/// Every acknowledged entry is there, equal, at its reference; positions are dense; of a commit in flight there is all or
/// nothing; a replica holds what its origin signed, and shows no more than that; nothing is called damage; and the store
/// takes and keeps another append.
package struct CrashJudge: Sendable {
    package let root: String
    package let options: StoreOptions
    package let peer: PeerFeed

    package init(root: String, options: StoreOptions, peer: PeerFeed) {
        self.root = root
        self.options = options
        self.peer = peer
    }

    /// Opens the store as the next process does, compares, appends, pulls, and compares again after another power cut
    /// that loses all that is not synced.
    ///
    /// - Parameters:
    ///   - disk: With nobody on it; it is changed.
    ///   - promises: What was promised on it.
    ///   - isSealing: Close and seal segments in between.
    /// - Throws: ``Wrong``, or what the store threw where it must not.
    package func judge(_ disk: SimulatedDisk, _ promises: LogPromises, isSealing: Bool) throws {
        var promises = promises
        let store = try LogStore.open(at: root, in: disk.process("judge").surroundings, options: options)
        try compare(store, &promises)
        for lane in [Lane.urgent, .records] {
            let bytes = Array("after the crash, lane \(lane.rawValue)".utf8)
            let number = promises.begin([bytes], to: lane)
            promises.acknowledge(number, try store.append([bytes], to: lane))
        }
        try pull(store, &promises)
        if isSealing {
            _ = try store.closeActiveSegments()
            guard try store.seal() != nil else { throw Wrong("a dead process still seals") }
        }
        try compare(store, &promises)
        let later = disk.crashed(.dropAll)
        try compare(
            LogStore.open(at: root, in: later.process("second judge").surroundings, options: options),
            &promises
        )
    }

    /// Pulls the peer's feed to its end and attests it.
    private func pull(_ store: LogStore, _ promises: inout LogPromises) throws {
        guard store.registry != nil else { return }
        var head = try replica(store)?.stored ?? peer.heads[0]
        if head != peer.heads[Int(head.position)] { head = try store.discardUnattested(of: peer.feed) ?? peer.heads[0] }
        try store.receive(peer.blocks(after: head), of: peer.feed, key: peer.key, after: head)
        let end = UInt64(peer.entries.count)
        try store.attest(peer.checkpoints[Int(end) - 1], key: peer.key)
        promises.stored = end...end
        promises.attested = end...end
    }

    func replica(_ store: LogStore) throws(StorageError) -> FeedSummary? {
        try store.feeds().first { $0.feed == peer.feed }
    }

    /// Compares what is there with the promises; what is seen beyond them is promised from then on.
    ///
    /// - Parameters:
    ///   - store: Open.
    ///   - promises: What was promised.
    ///   - mayFail: Calls of it may fail and say so: what it can not read it rightly calls damage.
    ///   - mayLack: It said when it was opened that it can only be read and that the newest entries may be missing. What
    ///     it shows must be right all the same.
    /// - Throws: ``Wrong``, and what the store throws.
    package func compare(
        _ store: LogStore,
        _ promises: inout LogPromises,
        mayFail: Bool = false,
        mayLack: Bool = false
    ) throws {
        let incidents = try store.incidents()
        guard incidents.isEmpty else { throw Wrong("a crash is called \(incidents.map(\.text))") }
        for report in try store.verify() where report.isDamaged {
            if mayFail {
                throw StorageError(.inputOutput, "\(report.findings)", at: .init(path: root))
            }
            throw Wrong("a crash is called \(report.findings)")
        }
        var found: [EntryReference: [UInt8]] = [:]
        for summary in try store.feeds() {
            guard !summary.isDamaged else { throw Wrong("\(summary.feed) is called damaged") }
            if summary.isOwn {
                try compareOwn(summary, store, &promises, &found)
            } else {
                try compareReplica(summary, store, &promises, mayLack: mayLack)
            }
        }
        for (reference, bytes) in promises.own where found[reference] != bytes {
            if mayLack, found[reference] == nil { continue }
            throw Wrong(
                "acknowledged position \(reference.position) of \(reference.feed) is"
                    + (found[reference] == nil ? " missing" : " another entry")
            )
        }
        if try replica(store) == nil, promises.stored.lowerBound > 0, !mayLack { throw Wrong("the replica is gone") }
    }

    private func compareOwn(
        _ summary: FeedSummary,
        _ store: LogStore,
        _ promises: inout LogPromises,
        _ found: inout [EntryReference: [UInt8]]
    ) throws {
        let all = try store.entries(of: summary.feed, after: 0, limitBytes: 1 << 30)
        guard all.map(\.reference.position) == Array(0..<summary.stored.position).map({ $0 + 1 }) else {
            throw Wrong("\(summary.feed) has \(all.map(\.reference.position)) of \(summary.stored.position)")
        }
        for entry in all { found[entry.reference] = entry.bytes }
        if let last = all.last, try store.entry(last.reference) != last.bytes {
            throw Wrong("the last entry of \(summary.feed) is another when it is asked for by its reference")
        }
        var rest = all[...]
        while let entry = rest.first {
            if promises.own[entry.reference] != nil {
                rest = rest.dropFirst()
                continue
            }
            // Beyond the promises: commits in flight, each whole.
            let index = promises.inFlight.firstIndex {
                $0.lane == summary.feed.lane && rest.prefix($0.entries.count).map(\.bytes) == $0.entries
            }
            guard let index else {
                throw Wrong(
                    "position \(entry.reference.position) of \(summary.feed) is nothing that anybody was promised, or"
                        + " a part of a commit"
                )
            }
            let count = promises.inFlight[index].entries.count
            promises.see(rest.prefix(count).map(\.reference), commit: index)
            rest = rest.dropFirst(count)
        }
    }

    private func compareReplica(
        _ summary: FeedSummary,
        _ store: LogStore,
        _ promises: inout LogPromises,
        mayLack: Bool
    ) throws {
        let (stored, attested) = (summary.stored, summary.attested)
        let possible = (
            stored: mayLack ? 0...promises.stored.upperBound : promises.stored,
            attested: mayLack ? 0...promises.attested.upperBound : promises.attested
        )
        guard possible.stored.contains(stored.position), possible.attested.contains(attested.position) else {
            throw Wrong(
                "the replica is stored to \(stored.position), attested to \(attested.position); promised were"
                    + " \(promises.stored) and \(promises.attested)"
            )
        }
        let known = [peer.heads, peer.otherHeads].map { $0[Int(stored.position)] }
        guard known.contains(stored), attested == peer.heads[Int(attested.position)] else {
            throw Wrong("a head of the replica is not the origin's")
        }
        promises.stored = max(stored.position, promises.stored.lowerBound)...promises.stored.upperBound
        promises.attested = max(attested.position, promises.attested.lowerBound)...promises.attested.upperBound
        let shown = try store.entries(of: summary.feed, after: 0, limitBytes: 1 << 30)
        guard shown.map(\.bytes) == Array(peer.entries.prefix(Int(attested.position))) else {
            throw Wrong("shown are \(shown.count) entries, or others, of \(attested.position) attested")
        }
        let row = try store.frontier().rows.first { $0.feed == peer.feed }
        guard row?.head ?? peer.heads[0] == attested else { throw Wrong("the frontier says \(row as Any)") }
        guard attested.position < stored.position else { return }
        do {
            _ = try store.entry(EntryReference(feed: peer.feed, head: peer.heads[Int(attested.position) + 1]))
        } catch {
            guard error.code == .notFound else { throw error }
            return
        }
        throw Wrong("an entry is served that nobody attested")
    }
}

/// What an oracle found.
package struct Wrong: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
