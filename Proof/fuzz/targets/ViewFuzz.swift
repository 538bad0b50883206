import CaseModel
import CaseStore
import LogFormat
import LogStore
import SimulatedStorage
import StoreIO

/// Entries of a feed, one after the other, into the read model.
///
/// The simulated disk is none for SQLite, so the read model is the one in memory that stands in for a disk that can not be
/// written. Each entry is two bytes of length, least significant first, and its bytes.
enum ViewFuzz {
    /// More says nothing new and takes its time.
    private static let mostEntries = 24

    static func run(_ bytes: [UInt8]) throws(Violation) {
        let entries = split(bytes)
        guard !entries.isEmpty else { return }
        do {
            try follow(entries)
        } catch let error as Violation {
            throw error
        } catch {
            throw Violation("the read model refuses what is in the log: \(error)")
        }
    }

    static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var at = 0
        while at + 2 < bytes.count, entries.count < mostEntries {
            let length = min(max(1, Int(bytes[at]) | Int(bytes[at + 1]) << 8), Limits.entryBytes, bytes.count - at - 2)
            entries.append(Array(bytes[at + 2..<at + 2 + length]))
            at += 2 + length
        }
        return entries
    }

    static func join(_ entries: [[UInt8]]) -> [UInt8] {
        entries.flatMap { [UInt8(truncatingIfNeeded: $0.count), UInt8(truncatingIfNeeded: $0.count >> 8)] + $0 }
    }

    /// Step by step as it is recorded, and all at once: both must show the same.
    private static func follow(_ entries: [[UInt8]]) throws {
        let surroundings = ViewTemplate.shared.disk.killed().process().surroundings
        let log = try LogStore.open(at: StoreTemplate.root, in: surroundings, options: StoreTemplate.options)
        let names = SiteNames(aliases: [log.site: "GY"], firstEpochs: [log.site: log.epoch])
        let stepwise = try CaseStore(log, names: names, in: surroundings)
        for start in stride(from: 0, to: entries.count, by: 5) {
            _ = try log.append(Array(entries[start..<min(start + 5, entries.count)]), to: .records)
            try stepwise.catchUp()
        }
        let whole = try CaseStore(log, names: names, in: surroundings)
        for store in [stepwise, whole] {
            try hold(store.missingEntries == 0, "the read model stays behind: \(store.viewProblem ?? "no reason")")
        }
        let statistics = try stepwise.statistics()
        try hold(statistics.entries == entries.count, "the read model counts other entries than the log")
        try hold(try whole.statistics() == statistics, "the read model counts otherwise when it is built anew")
        let cases = try stepwise.caseRecords()
        try hold(try whole.caseRecords() == cases, "the read model has other cases when it is built anew")
        for record in cases {
            try hold(
                try stepwise.states(of: record) == whole.states(of: record),
                "the records of a case differ when the read model is built anew"
            )
            _ = try stepwise.person(of: record)
            if let number = try names.caseNumber(record) { _ = try stepwise.caseRecord(number) }
        }
        try hold(try stepwise.conflicts() == whole.conflicts(), "conflicts differ when the read model is built anew")
        guard let day = CivilDay(year: 2026, month: 3, day: 2) else { return }
        try hold(
            try stepwise.today(on: day) == whole.today(on: day),
            "what is due differs when the read model is built anew"
        )
        _ = try stepwise.search("1")
    }
}

/// A store without records.
final class ViewTemplate: Sendable {
    static let shared = ViewTemplate()

    let disk = SimulatedDisk(seed: 3)
    let feed: FeedID

    private init() {
        do {
            let store = try LogStore.create(
                at: StoreTemplate.root,
                alias: "GY",
                in: disk.process().surroundings,
                options: StoreTemplate.options
            )
            try store.join(RegistryID(foundedBy: [1]))
            try store.close()
            feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        } catch {
            preconditionFailure("the store that is fuzzed can not be made: \(error)")
        }
    }
}
