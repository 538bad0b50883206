import Foundation
import LogFormat
import LogStore
import StoreIO

/// How cost grows with a feed's length, entries of 200 bytes: what should cost the same for each entry, and what should
/// not depend on the length at all.
struct ScaleMeasures {
    let bench: Workbench

    /// Stores of 10,000 entries and ten times as many again, up to `largest`.
    func run(upTo largest: Int, _ report: inout Report) throws {
        var count = 10_000
        while count <= largest {
            for row in try rows(count) { report.add(row) }
            count *= 10
        }
    }

    private func rows(_ count: Int) throws -> [Row] {
        let store = try bench.makeStore()
        let pool = try bench.entries(.plain)
        var references: [EntryReference] = []
        var left = count
        let filled = try Stopwatch.seconds {
            while left > 0 {
                references += try LogMeasures.fill(store, Array(pool.prefix(left)), keeping: true)
                left -= min(left, pool.count)
            }
        }
        let appended = try (0..<1000).map { index in
            try Stopwatch.seconds { _ = try store.append([pool[index]], to: .records) } * 1e6
        }
        _ = try store.closeActiveSegments()
        let sealing = try Stopwatch.seconds { _ = try store.seal(writesAhead: true) }
        let verifying = try Stopwatch.seconds {
            guard try store.verify(readsAhead: true).allSatisfy({ !$0.isDamaged }) else {
                throw BenchmarkError("the store is damaged")
            }
        }
        try store.close()
        let opened = try (0..<9).map { _ in
            try Stopwatch.seconds { _ = try LogStore.open(at: store.root, in: bench.surroundings).frontier() } * 1000
        }
        var numbers = SystemRandomNumberGenerator()
        let reader = try LogStore.open(at: store.root, in: bench.surroundings)
        let read = try (0..<5000).map { _ in
            let reference = references[Int.random(in: 0..<references.count, using: &numbers)]
            return try Stopwatch.seconds { _ = try reader.entry(of: reference.feed, at: reference.position) } * 1e6
        }
        try bench.remove(store)
        let each = 1e9 / Double(count)
        return [
            Row("import", "\(count)", [filled * each], "ns an entry"),
            Row("append.single", "\(count)", appended, "us"),
            Row("seal", "\(count)", [sealing * each], "ns an entry"),
            Row("verify", "\(count)", [verifying * each], "ns an entry"),
            Row("open", "\(count)", opened, "ms"),
            Row("get.random", "\(count)", read, "us"),
        ]
    }
}
