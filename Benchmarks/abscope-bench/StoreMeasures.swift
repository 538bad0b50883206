import CaseModel
import CaseStore
import Foundation
import LogFormat
import LogStore
import StoreIO

/// Whole stores: opening, recovering, the read model, one command.
struct StoreMeasures {
    let bench: Workbench

    /// open: a store of 1 GiB that was closed cleanly.
    func open(_ report: inout Report) throws {
        let store = try bench.makeStore()
        let entries = try bench.entries(.plain)
        var length = 0
        while length < 1 << 30 {
            try LogMeasures.fill(store, entries)
            length += entries.reduce(0) { $0 + 4 + $1.count }
        }
        try store.close()
        let times = try (0..<max(bench.rounds, 21)).map { _ in
            try Stopwatch.seconds {
                let opened = try LogStore.open(at: store.root, in: bench.surroundings)
                guard try !opened.frontier().rows.isEmpty else { throw BenchmarkError("the store is empty") }
            } * 1000
        }
        try bench.remove(store)
        report.add(Row("open", "\(length >> 20) MiB", times, "ms", must: .atMost(30), aim: .atMost(10)))
    }

    /// recover: the first opening after the machine stopped, with a segment that is almost full of single entries.
    func recover(_ report: inout Report) throws {
        let store = try bench.makeStore()
        let entries = try bench.entries(.plain)
        let placedBytes = BlockPlace.lengthBytes + BlockHeader.lengthBytes + 4 + entries[0].count
        let count = min(entries.count, (Limits.segmentBytes - SegmentHeader.lengthBytes) / placedBytes - 1)
        for entry in entries.prefix(count) { _ = try store.append([entry], to: .records) }
        let times = try (0..<max(bench.rounds, 9)).map { round in
            var restarted = bench.surroundings
            restarted.machine.bootID = "another start of the machine, number \(round)"
            return try Stopwatch.seconds {
                let opened = try LogStore.open(at: store.root, in: restarted)
                let head = try opened.frontier().rows.first { $0.feed.lane == .records }?.head
                guard head?.position == UInt64(count) else { throw BenchmarkError("not everything was recovered") }
            } * 1000
        }
        try bench.remove(store)
        report.add(
            Row("recover", "\(count) commits", times, "ms", must: .atMost(25), aim: .atMost(12))
        )
    }

    /// view.rebuild: the read model from the log, beside SQLite inserting the rows it ends up with.
    func rebuild(_ report: inout Report) throws {
        let (store, records) = try recordStore()
        let peer = Peer("SQLite, the same rows", must: .atMost(1.5), aim: .atMost(1.2)) {
            guard
                let view = try FileManager.default.contentsOfDirectory(atPath: store.paths.view)
                    .filter({ $0.hasSuffix(".sqlite") }).map({ "\(store.paths.view)/\($0)" })
                    .max(by: { try StoreFiles.bytes(ofFile: $0) < StoreFiles.bytes(ofFile: $1) })
            else { throw BenchmarkError("there is no read model") }
            return try SQLiteCopy(of: view, in: bench.directory).secondsToInsert()
        }
        report.add(
            try bench.compare("view.rebuild", "records", "s", with: [peer]) {
                try Stopwatch.seconds { try records.rebuild() }
            }
        )
        try bench.remove(store)
    }

    /// cli.show: one case out of many, as a whole process.
    func show(_ report: inout Report) throws {
        let (store, records) = try recordStore()
        guard let first = try records.caseRecords().first, let number = try records.names.caseNumber(first) else {
            throw BenchmarkError("the corpus holds no case")
        }
        let arguments = ["case", "show", number.description, "--store", store.root]
        try bench.run(arguments)
        let times = try (0..<max(bench.rounds, 21)).map { _ in
            try bench.runTimed(arguments).seconds * 1000
        }
        try bench.remove(store)
        report.add(Row("cli.show", "records", times, "ms", must: .atMost(15), aim: .atMost(11)))
    }

    /// A store whose references resolve, and its read model.
    private func recordStore() throws -> (LogStore, CaseStore) {
        let store = try bench.makeStore()
        try LogMeasures.fill(store, try bench.records(for: store))
        let names = SiteNames(aliases: [store.site: "GY"], firstEpochs: [store.site: store.epoch])
        return (store, try CaseStore(store, names: names, in: bench.surroundings))
    }
}
