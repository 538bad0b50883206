import Foundation
import LogFormat
import LogStore
import StoreIO
import Synchronization

/// Appending, beside the raw disk, SQLite, LMDB and RocksDB.
struct LogMeasures {
    let bench: Workbench

    /// append.single: one durable entry after the other.
    func appendSingle(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let id = "append.single"
        let part = try bench.entries(corpus).prefix(3000)
        var ours: [Double] = []
        var raw: [Double] = []
        var sqlite: [Double] = []
        var lmdb: [Double] = []
        var rocksDB: [Double] = []
        for _ in 0..<bench.rounds {
            try bench.withStore { store in
                let seconds = try Stopwatch.seconds {
                    for entry in part { _ = try store.append([entry], to: .records) }
                }
                ours.append(Double(part.count) / seconds)
            }
            raw.append(bench.raw.append(part))
            sqlite.append(SQLitePeer(in: bench.directory).appendSingle(part))
            lmdb.append(LMDBPeer(in: bench.directory).append(part))
            rocksDB.append(try RocksDBPeer(in: bench.directory).append(part))
        }
        let name = corpus.rawValue
        report.add(
            Row(id, name, ours, "1/s", peer: (raw, "raw fdatasync"), must: .atLeast(0.85), aim: .atLeast(0.95))
        )
        report.add(Row(id, name, ours, "1/s", peer: (sqlite, "SQLite WAL FULL"), must: .atLeast(0.95)))
        report.add(Row(id, name, ours, "1/s", peer: (rocksDB, "RocksDB sync"), must: .atLeast(1.2)))
        report.add(Row(id, name, ours, "1/s", peer: (lmdb, "LMDB"), must: .atLeast(1.7)))
    }

    /// append.writers64: 64 threads, each appends one entry, waits until it is durable, and appends the next.
    func appendWriters(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let writers = 64
        let each = 300
        let entries = Array(try bench.entries(corpus).prefix(writers * each))
        var ours: [Double] = []
        var raw: [Double] = []
        var batches: [Double] = []
        for _ in 0..<bench.rounds {
            try bench.withStore { store in
                // The first commit makes the segment.
                _ = try store.append([entries[0]], to: .records)
                let before = try StoreFiles.changes(of: store)
                let failure = Mutex<StorageError?>(nil)
                let group = DispatchGroup()
                let began = Stopwatch.now()
                for writer in 0..<writers {
                    group.enter()
                    Thread {
                        defer { group.leave() }
                        for entry in entries[writer * each..<(writer + 1) * each] {
                            do throws(StorageError) {
                                _ = try store.append([entry], to: .records)
                            } catch {
                                failure.withLock { $0 = error }
                            }
                        }
                    }.start()
                }
                group.wait()
                ours.append(Double(entries.count) / (Stopwatch.now() - began))
                if let failure = failure.withLock({ $0 }) { throw failure }
                batches.append(Double(entries.count) / Double(try StoreFiles.changes(of: store) - before))
            }
            raw.append(bench.raw.append(entries, batch: max(1, Int((batches.last ?? 1).rounded()))))
        }
        let size = Int(batches.median.rounded())
        report.add(
            Row(
                "append.writers64",
                corpus.rawValue,
                ours,
                "1/s",
                peer: (raw, "raw fdatasync, \(size) a batch"),
                must: .atLeast(0.4),
                aim: .atLeast(0.6)
            )
        )
    }

    /// append.batch1000: one caller, 1,000 entries in each durable append.
    func appendBatches(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let size = 1000
        let entries = Array(try bench.entries(corpus).prefix(200 * size))
        let parts = stride(from: 0, to: entries.count, by: size).map {
            Array(entries[$0..<min($0 + size, entries.count)])
        }
        var ours: [Double] = []
        var peers: [[Double]] = [[], [], []]
        for _ in 0..<bench.rounds {
            try bench.withStore { store in
                let seconds = try Stopwatch.seconds { for part in parts { _ = try store.append(part, to: .records) } }
                ours.append(Double(entries.count) / seconds)
            }
            peers[0].append(SQLitePeer(in: bench.directory).appendBatches(entries, of: size))
            peers[1].append(LMDBPeer(in: bench.directory).append(entries, inBatchesOf: size))
            peers[2].append(try RocksDBPeer(in: bench.directory).append(entries, inBatchesOf: size))
        }
        for (name, values) in zip(["SQLite WAL FULL", "LMDB", "RocksDB sync"], peers) {
            report.add(
                Row(
                    "append.batch1000",
                    corpus.rawValue,
                    ours,
                    "1/s",
                    peer: (values, name),
                    must: .atLeast(2),
                    aim: .atLeast(4)
                )
            )
        }
    }

    /// import.million: everything durable, in commits of at most 4 MiB.
    func importAll(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let entries = try bench.entries(corpus)
        var ours: [Double] = []
        var sqlite: [Double] = []
        var raw: [Double] = []
        for _ in 0..<bench.rounds {
            try bench.withStore { store in
                ours.append(Double(entries.count) / (try Stopwatch.seconds { try Self.fill(store, entries) }))
            }
            sqlite.append(SQLitePeer(in: bench.directory).importAll(entries))
            raw.append(bench.raw.importAll(entries))
        }
        let name = corpus.rawValue
        report.add(
            Row(
                "import.million",
                name,
                ours,
                "1/s",
                peer: (sqlite, "SQLite, one transaction"),
                must: .atLeast(2),
                isAlternative: true
            )
        )
        report.add(
            Row(
                "import.million",
                name,
                ours,
                "1/s",
                peer: (raw, "raw write and SHA-256"),
                must: .atLeast(0.75),
                aim: .atLeast(0.9),
                isAlternative: true
            )
        )
    }

    /// Appends everything in commits of at most 4 MiB.
    ///
    /// - Returns: The references, when asked for.
    @discardableResult
    static func fill(_ store: LogStore, _ entries: [[UInt8]], keeping: Bool = false) throws -> [EntryReference] {
        var references: [EntryReference] = []
        var start = 0
        while start < entries.count {
            var end = start
            var lengthBytes = 0
            while end < entries.count, lengthBytes + 4 + entries[end].count <= Limits.commitBytes {
                lengthBytes += 4 + entries[end].count
                end += 1
            }
            let made = try store.append(Array(entries[start..<end]), to: .records)
            if keeping { references += made }
            start = end
        }
        return references
    }
}
