import LogFormat
import LogStore
import StoreIO

/// The oracle for damage: bytes that turned over, were lost, went elsewhere or came back from before, with every sync
/// answered.
///
/// Every acknowledged entry is returned intact, or named by an incident, by `verify`, or by the refusal to open; no wrong
/// byte is ever returned; no file that holds entries is shortened or changed; and unless the store can not be opened at
/// all, it takes and keeps another entry.
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
    ///   - isHeadsOld: Whether HEADS may be as it was before, on a machine that runs on: what was attested since is shown
    ///     again after a restart at the latest, or when it is attested once more.
    /// - Returns: What became of the entries.
    /// - Throws: ``Wrong``.
    package func judge(
        _ disk: SimulatedDisk,
        _ promises: LogPromises,
        isAfterPowerCut: Bool,
        mayRefuse: Bool,
        isHeadsOld: Bool
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
        var outcome = try compare(store, promises, witnesses, isHeadsOld: isHeadsOld)
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
        let again = try compare(reopened, later, afterwards, isHeadsOld: false)
        outcome.unwitnessed = max(outcome.unwitnessed, again.unwitnessed)
        return outcome
    }

    private func compare(
        _ store: LogStore,
        _ promises: LogPromises,
        _ witnesses: Witnesses?,
        isHeadsOld: Bool
    ) throws -> Outcome {
        let report = try DamageReport(store)
        var outcome = Outcome()
        for reference in promises.own.keys.sorted(by: { ($0.feed, $0.position) < ($1.feed, $1.position) }) {
            guard let bytes = promises.own[reference] else { continue }
            try compare(reference, bytes, store, report, witnesses, &outcome)
        }
        if promises.attested.lowerBound > 0 {
            for position in 1...promises.attested.lowerBound {
                let reference = EntryReference(feed: crash.peer.feed, head: crash.peer.heads[Int(position)])
                if isHeadsOld, try isHidden(reference, store) {
                    outcome.unwitnessed += 1
                    continue
                }
                try compare(reference, crash.peer.entries[Int(position) - 1], store, report, witnesses, &outcome)
            }
        }
        return outcome
    }

    /// Whether an entry lies behind what the store takes for attested.
    private func isHidden(_ reference: EntryReference, _ store: LogStore) throws(StorageError) -> Bool {
        guard let replica = try crash.replica(store) else { return false }
        return reference.position > replica.attested.position && reference.position <= replica.stored.position
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
    /// Whether anything at all is said.
    private(set) var isDamaged = false
    /// An incident that speaks of all feeds of this site.
    private var isOwnNamed = false
    private let site: SiteID
    private(set) var text: String

    init(_ store: LogStore) throws {
        site = store.site
        var said: [String] = []
        for report in try store.verify() {
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
        text = said.isEmpty ? "there is no report" : said.joined(separator: " | ")
    }

    func names(_ reference: EntryReference) -> Bool {
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
