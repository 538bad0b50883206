import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import Synchronization

/// Files of a store, one of them with other bytes: the store is opened, read, proven, appended to, and opened again after
/// a power cut that loses all that was not synced.
///
/// The damage oracle in its smallest form. Whatever one file holds:
/// * an entry that is given is the one its chain says; where checksums were not forged, it is the one acknowledged;
/// * an acknowledged entry that is missing is said: an error, a damaged feed, or an incident;
/// * what is acknowledged afterwards is there after a power cut, or its loss is said.
enum StoreFuzz {
    static func segment(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        if mode.contains(.checksums) { Checksums.rawSegment(&bytes, chain: mode.contains(.chain)) }
        let template = StoreTemplate.shared
        let disk = template.copy(restarted: mode.contains(.restart) || mode.contains(.withoutHeads))
        disk.replace(mode.contains(.replica) ? template.replicaRaw : template.ownRaw, with: bytes)
        if mode.contains(.withoutHeads) { disk.replace("\(StoreTemplate.root)/HEADS", with: []) }
        var judge = Judge(disk, isForged: mode.contains(.checksums))
        // Without HEADS nothing but the segments says where a feed ended, and a cut may look like the end.
        judge.isEndKnown = !mode.contains(.withoutHeads)
        judge.isSealing = mode.contains(.sealing)
        try judge.run()
    }

    static func sealed(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        if mode.contains(.checksums) { Checksums.sealedSegment(&bytes, chain: mode.contains(.chain)) }
        let template = StoreTemplate.shared
        let disk = template.copy(restarted: mode.contains(.restart))
        disk.replace(template.ownSealed, with: bytes)
        try Judge(disk, isForged: mode.contains(.checksums)).run()
    }

    static func heads(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        if mode.contains(.checksums) { Checksums.heads(&bytes) }
        let disk = StoreTemplate.shared.copy(restarted: mode.contains(.restart))
        disk.replace("\(StoreTemplate.root)/HEADS", with: bytes)
        var judge = Judge(disk, isForged: mode.contains(.checksums))
        judge.isSealing = mode.contains(.sealing)
        try judge.run()
    }

    static func checkpoints(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        if mode.contains(.checksums) { Checksums.checkpoints(&bytes) }
        let template = StoreTemplate.shared
        let disk = template.copy(restarted: mode.contains(.restart) || mode.contains(.withoutHeads))
        disk.replace(template.replicaCheckpoints, with: bytes)
        if mode.contains(.withoutHeads) { disk.replace("\(StoreTemplate.root)/HEADS", with: []) }
        var judge = Judge(disk, isForged: mode.contains(.checksums))
        // Without HEADS a checkpoint alone says how far a replica may be shown.
        judge.isEndKnown = !mode.contains(.withoutHeads)
        try judge.run()
    }

    static func text(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        if mode.contains(.checksums) { Checksums.text(&bytes) }
        let template = StoreTemplate.shared
        let disk = template.copy(restarted: mode.contains(.restart))
        let names = ["FORMAT", "SITE", "site.key", "REGISTRY", "incidents/1.incident"]
        let path = mode.choice < names.count ? "\(StoreTemplate.root)/\(names[mode.choice])" : template.marker
        do {
            try disk.process().surroundings.fileSystem.replaceFile(path, with: bytes)
            if path.hasSuffix("site.key") { try disk.setStatus(path, mode: 0o600) }
        } catch {
            throw Violation("the simulated disk refused \(path): \(error)")
        }
        var judge = Judge(disk, isForged: true)
        // A store that does not say what it is, or whose it is, is not opened.
        judge.mayRefuse = !path.hasSuffix(".incident") && path != template.marker
        try judge.run()
    }
}

/// Opens a store whose files were changed and holds it to its promises.
struct Judge {
    let disk: SimulatedDisk
    /// Checksums were put right after the change: nothing can tell the bytes from what was written.
    let isForged: Bool
    /// Something beside the changed file says where the feeds ended.
    var isEndKnown = true
    var isSealing = false
    /// Not to be opened at all is an answer too.
    var mayRefuse: Bool

    private let template = StoreTemplate.shared
    private let marker = Array("appended after the damage".utf8)

    init(_ disk: SimulatedDisk, isForged: Bool) {
        self.disk = disk
        self.isForged = isForged
        mayRefuse = isForged
    }

    func run() throws(Violation) {
        guard let store = try open(disk) else { return }
        try look(store)
        guard let reference = append(store) else { return try reopen(nil) }
        try given(reference, by: store, "what was appended is not given")
        if isSealing {
            attempt { () throws(StorageError) in
                _ = try store.closeActiveSegments()
                _ = try store.seal()
            }
            try look(store)
        }
        try reopen(reference)
    }

    private func open(_ disk: SimulatedDisk) throws(Violation) -> LogStore? {
        do {
            return try LogStore.open(
                at: StoreTemplate.root,
                in: disk.process().surroundings,
                options: StoreTemplate.options
            )
        } catch {
            // A whole file of another format is no damage.
            let isRefused = mayRefuse || error.code == .unsupportedFormat
            try hold(isRefused, "a store with one damaged file is not opened: \(error)")
            return nil
        }
    }

    private func reopen(_ reference: EntryReference?) throws(Violation) {
        let after = disk.crashed(.dropAll)
        guard let store = try open(after) else { return }
        if let reference { try given(reference, by: store, "what was appended is gone after a power cut") }
        try look(store)
    }

    /// Reads everything, and everything that tells about it.
    private func look(_ store: LogStore) throws(Violation) {
        attempt { () throws(StorageError) in _ = try store.membership() }
        attempt { () throws(StorageError) in _ = try store.statistics() }
        var incidents = 0
        attempt { () throws(StorageError) in incidents = try store.incidents().count }
        let feeds: [FeedSummary]
        do {
            feeds = try store.feeds()
        } catch {
            return
        }
        var reports: [FeedVerifier.Report] = []
        attempt { () throws(StorageError) in reports = try store.verify() }
        for summary in feeds where summary.branch == 0 {
            attempt { () throws(StorageError) in _ = try store.checkpoint(of: summary.feed) }
            try read(summary, of: store, report: reports.first { $0.feed == summary.feed }, incidents: incidents)
        }
        guard incidents == 0, isEndKnown, !isForged else { return }
        for feed in template.acknowledged.keys.sorted() {
            try hold(feeds.contains { $0.feed == feed }, "feed \(feed) is missing and nobody says so")
        }
    }

    private func read(
        _ summary: FeedSummary,
        of store: LogStore,
        report: FeedVerifier.Report?,
        incidents: Int
    ) throws(Violation) {
        let feed = summary.feed
        var isSaid = summary.isDamaged || incidents > 0
        var entries: [StoredEntry] = []
        do {
            entries = try store.entries(of: feed, after: 0, limitBytes: .max)
        } catch {
            isSaid = true
            // Up to the damage it is read all the same.
            attempt { () throws(StorageError) in entries = try store.entries(of: feed, after: 0, limitBytes: 1) }
        }
        attempt { () throws(StorageError) in
            _ = try store.blocks(of: feed, after: store.head(of: feed, at: 0), limitBytes: 1 << 16)
        }
        guard let key = template.keys[feed.site] else { return }
        var chain = FeedChain(continuing: FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane))
        let isProven = report.map { !$0.isDamaged } ?? false
        for entry in entries {
            chain.append(entry.bytes)
            let holds =
                entry.reference.position == chain.head.position
                && entry.reference.digestPrefix == chain.head.digest.prefix
            // Who can forge checksums can forge an index; then it is verify that has to see it.
            try hold(holds || (isForged && !isProven), "entry \(entry.reference) is not what the chain says")
        }
        guard let acknowledged = template.acknowledged[feed], !isForged else { return }
        for (number, (given, written)) in zip(entries, acknowledged).enumerated() {
            try hold(given.bytes == written, "entry \(number + 1) of \(feed) is given wrong")
        }
        guard isEndKnown, !isSaid else { return }
        try hold(
            entries.count >= acknowledged.count,
            "only \(entries.count) entries of \(feed) are given, and nobody says so"
        )
    }

    private func append(_ store: LogStore) -> EntryReference? {
        do {
            return try store.append([marker], to: .records).first
        } catch {
            return nil
        }
    }

    /// What was acknowledged is given as it was, or its place is named as damaged: it may lie behind what was damaged in
    /// the same segment, which an append does not read again.
    private func given(_ reference: EntryReference, by store: LogStore, _ message: String) throws(Violation) {
        let bytes: [UInt8]
        do {
            bytes = try store.entry(reference)
        } catch {
            var isSaid = error.code == .corrupted || (isForged && error.code == .unsupportedFormat)
            if !isSaid { attempt { () throws(StorageError) in isSaid = try !store.incidents().isEmpty } }
            return try hold(isSaid, "\(message): \(error)")
        }
        try hold(bytes == marker, "\(message): other bytes at \(reference)")
    }

    /// Runs what may be refused with a sentence: an error of storage is an answer, a trap is not.
    private func attempt(_ body: () throws(StorageError) -> Void) {
        do {
            try body()
        } catch {
            // The answer is of no further interest here.
            return
        }
    }
}
