import LogFormat
import LogStore
import StoreIO

/// The oracle for damage: bytes that turned over, were lost, went elsewhere or came back from before, with every sync
/// answered.
///
/// Every acknowledged entry is returned intact, or named by an incident, by `verify`, or by the refusal to open; no wrong
/// byte is ever returned; no file that holds entries is shortened or changed; and unless the store can not be opened at
/// all, it takes and keeps another entry. What `verify` says to wait for its site's statement is shown when that comes.
///
/// One gap no local method closes: the end of a feed that was lost *and* of which nothing durable speaks any more, when
/// the power fails too (``Witnesses``). Entries there may be missing without a word, and are counted.
package struct DamageJudge: Sendable {
    package let crash: CrashJudge

    package init(_ crash: CrashJudge) { self.crash = crash }

    /// What became of the entries.
    package struct Outcome: Sendable {
        package var intact = 0
        package var named = 0
        /// Gone without a word, where nothing local can know.
        package var unwitnessed = 0
        package var isRefused = false

        package init() {}
    }

    /// - Parameters:
    ///   - disk: With nobody on it; it is changed.
    ///   - promises: What was promised before the damage.
    ///   - isAfterPowerCut: Whether HEADS is only a lower bound by now.
    ///   - mayRefuse: Whether something without which no store can be opened may be damaged.
    /// - Returns: What became of the entries.
    /// - Throws: ``Wrong``.
    package func judge(
        _ disk: SimulatedDisk,
        _ promises: LogPromises,
        isAfterPowerCut: Bool,
        mayRefuse: Bool
    ) throws -> Outcome {
        let witnesses = isAfterPowerCut ? try Witnesses(disk, root: crash.root, promises) : nil
        let before = try Files(disk, root: crash.root)
        let store: LogStore
        do throws(StorageError) {
            store = try LogStore.open(at: crash.root, in: disk.process("judge").surroundings, options: crash.options)
        } catch {
            try before.compare(with: Files(disk, root: crash.root))
            guard mayRefuse, error.location != nil, !error.message.isEmpty else { throw error }
            var outcome = Outcome()
            outcome.isRefused = true
            return outcome
        }
        var outcome = try compare(store, promises, witnesses)
        try before.compare(with: Files(disk, root: crash.root))
        // Whoever has to record something can, and what was there before stays as it was.
        let bytes = Array("after the damage".utf8)
        var later = promises
        for lane in [Lane.records, .urgent] {
            let number = later.begin([bytes], to: lane)
            do throws(StorageError) {
                later.acknowledge(number, try store.append([bytes], to: lane))
            } catch {
                guard mayRefuse else { throw Wrong("nothing can be recorded after the damage: \(error)") }
                later.takeBack(number)
            }
        }
        try before.compare(with: Files(disk, root: crash.root))
        let after = disk.crashed(.dropAll)
        let afterwards = try Witnesses(after, root: crash.root, later, knownEnds: witnesses)
        let reopened: LogStore
        do throws(StorageError) {
            reopened = try LogStore.open(
                at: crash.root,
                in: after.process("second judge").surroundings,
                options: crash.options
            )
        } catch {
            guard mayRefuse else { throw error }
            return outcome
        }
        let again = try compare(reopened, later, afterwards)
        outcome.unwitnessed = max(outcome.unwitnessed, again.unwitnessed)
        do {
            try state(reopened, promises)
        } catch let error as StorageError {
            guard mayRefuse else { throw error }
        }
        return outcome
    }

    private func compare(
        _ store: LogStore,
        _ promises: LogPromises,
        _ witnesses: Witnesses?
    ) throws -> Outcome {
        let report = try DamageReport(store)
        var outcome = Outcome()
        for reference in promises.own.keys.sorted(by: { ($0.feed, $0.position) < ($1.feed, $1.position) }) {
            guard let bytes = promises.own[reference] else { continue }
            try compare(reference, bytes, store, report, witnesses, &outcome)
        }
        for feed in promises.commitStart.keys.sorted() {
            try list(feed, store, promises, witnesses)
            try follow(feed, store, promises, report, witnesses)
        }
        if promises.attested.lowerBound > 0 {
            for position in 1...promises.attested.lowerBound {
                let reference = EntryReference(feed: crash.peer.feed, head: crash.peer.heads[Int(position)])
                try compare(reference, crash.peer.entries[Int(position) - 1], store, report, witnesses, &outcome)
            }
        }
        return outcome
    }

    /// Has the origin state again what it stated before, and looks whether that is shown.
    private func state(_ store: LogStore, _ promises: LogPromises) throws {
        let report = try DamageReport(store)
        guard let waiting = report.waiting[crash.peer.feed] else { return }
        let end = min(waiting.upperBound, promises.attested.lowerBound)
        guard waiting.contains(end) else { return }
        do throws(StorageError) {
            try store.attest(crash.peer.checkpoints[Int(end) - 1], key: crash.peer.key)
        } catch {
            // What a disk has from before may be a history that the origin contradicts.
            guard error.code == .moved || error.code == .corrupted && report.isDamaged(crash.peer.feed) else {
                throw error
            }
            return
        }
        for position in waiting.lowerBound...end {
            let reference = EntryReference(feed: crash.peer.feed, head: crash.peer.heads[Int(position)])
            guard !report.isDamaged(reference) else { continue }
            guard try store.entry(reference) == crash.peer.entries[Int(position) - 1] else {
                throw Wrong("position \(position), which waited for its statement, is returned with wrong bytes")
            }
        }
    }

    /// Reads a feed from its beginning, passing over what can not be read: where something else was acknowledged, nothing
    /// is shown.
    private func list(_ feed: FeedID, _ store: LogStore, _ promises: LogPromises, _ witnesses: Witnesses?) throws {
        guard let starts = promises.commitStart[feed] else { return }
        for position in starts.keys.sorted() {
            let found: StoredEntry?
            do throws(StorageError) {
                found = try store.entries(of: feed, after: position - 1, limitBytes: 1).first
            } catch {
                // Whether it may be missing is asked for each reference.
                continue
            }
            guard let found, found.reference.position == position, promises.own[found.reference] != found.bytes else {
                continue
            }
            if let witnesses, !witnesses.know(found.reference) { continue }
            throw Wrong("position \(position) of \(feed) is shown, and is another entry than was acknowledged there")
        }
    }

    /// Reads a feed as the read model does, past damage: no entry but those acknowledged is given, and what is left out is
    /// named.
    private func follow(
        _ feed: FeedID,
        _ store: LogStore,
        _ promises: LogPromises,
        _ report: DamageReport,
        _ witnesses: Witnesses?
    ) throws {
        guard let end = try store.frontier()[feed] else { return }
        let acknowledged = promises.own.keys.filter { $0.feed == feed }
        let positions = Set(acknowledged.map(\.position))
        var position: UInt64 = 0
        while let passage = try store.passage(of: feed, after: position, through: end, limitBytes: 200) {
            if let missing = passage.missing {
                guard missing.lowerBound == position + 1, missing.upperBound <= end.position else {
                    throw Wrong("positions \(missing) of \(feed) are called missing behind position \(position)")
                }
                for reference in acknowledged where missing.contains(reference.position) && !report.names(reference) {
                    if let witnesses, !witnesses.know(reference) { continue }
                    throw Wrong("position \(reference.position) of \(feed) is passed over, and nobody names it")
                }
                position = missing.upperBound
            }
            for entry in passage.entries {
                position += 1
                guard entry.reference.position == position else {
                    throw Wrong("position \(entry.reference.position) of \(feed) is given for position \(position)")
                }
                guard positions.contains(position), promises.own[entry.reference] != entry.bytes else { continue }
                if let witnesses, !witnesses.know(entry.reference) { continue }
                throw Wrong("position \(position) of \(feed) is given behind damage, and is not what was acknowledged")
            }
            guard passage.head.position == position else {
                throw Wrong("a passage of \(feed) ends at \(passage.head.position), and its entries at \(position)")
            }
        }
    }

    private func compare(
        _ reference: EntryReference,
        _ bytes: [UInt8],
        _ store: LogStore,
        _ report: DamageReport,
        _ witnesses: Witnesses?,
        _ outcome: inout Outcome
    ) throws {
        let failure: StorageError
        do {
            guard try store.entry(reference) == bytes else {
                throw Wrong("position \(reference.position) of \(reference.feed) is returned with wrong bytes")
            }
            outcome.intact += 1
            return
        } catch let error as StorageError {
            failure = error
        }
        if report.names(reference) {
            outcome.named += 1
        } else if let witnesses, !witnesses.know(reference) {
            outcome.unwitnessed += 1
        } else {
            throw Wrong(
                "acknowledged position \(reference.position) of \(reference.feed) is gone (\(failure.code)) and nobody"
                    + " says so; \(report.text)"
            )
        }
    }
}

/// Everything a store says about its damage.
struct DamageReport {
    private var ranges: [FeedID: [ClosedRange<UInt64>]] = [:]
    private var whole: Set<FeedID> = []
    /// Stored and not shown before the feed's site states it.
    private(set) var waiting: [FeedID: ClosedRange<UInt64>] = [:]
    /// Whether any damage is said.
    private(set) var isDamaged = false
    /// An incident that speaks of all feeds of this site.
    private var isOwnNamed = false
    private let site: SiteID
    private(set) var text: String

    init(_ store: LogStore) throws {
        site = store.site
        var said: [String] = []
        for report in try store.verify() {
            waiting[report.feed] = report.waitingPositions
            for finding in report.findings where finding.weight == .damage {
                said.append(finding.description)
                if let positions = finding.location.positions {
                    ranges[report.feed, default: []].append(positions)
                } else {
                    whole.insert(report.feed)
                }
            }
        }
        for incident in try store.incidents() {
            said.append(incident.text)
            let feed = store.incidentFeed(incident)
            if let feed, let positions = incident.positions {
                ranges[feed, default: []].append(positions)
            } else if let feed {
                whole.insert(feed)
            } else {
                isOwnNamed = true
            }
        }
        isDamaged = !said.isEmpty
        for (feed, positions) in waiting { said.append("\(feed) waits for a statement about positions \(positions)") }
        text = said.isEmpty ? "there is no report" : said.joined(separator: " | ")
    }

    func names(_ reference: EntryReference) -> Bool {
        isDamaged(reference) || waiting[reference.feed]?.contains(reference.position) == true
    }

    func isDamaged(_ feed: FeedID) -> Bool { whole.contains(feed) || ranges[feed] != nil }

    func isDamaged(_ reference: EntryReference) -> Bool {
        whole.contains(reference.feed) || (isOwnNamed && reference.feed.site == site)
            || (ranges[reference.feed] ?? []).contains { $0.contains(reference.position) }
    }
}

extension LogStore {
    /// The feed an incident is about; nil when it is about the store.
    fileprivate func incidentFeed(_ incident: Incident) -> FeedID? {
        guard let text = incident.feed else { return nil }
        return feed(holding: "\(paths.feeds)/\(text)")
    }
}
