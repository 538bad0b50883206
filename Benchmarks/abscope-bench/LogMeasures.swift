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
        let part = try bench.entries(corpus).prefix(3000)
        let peers = [
            Peer("raw fdatasync", must: .atLeast(0.85), aim: .atLeast(0.95)) { bench.raw.append(part) },
            Peer("SQLite WAL FULL", must: .atLeast(0.95)) { SQLitePeer(in: bench.directory).appendSingle(part) },
            Peer("RocksDB sync", must: .atLeast(1.2)) { try RocksDBPeer(in: bench.directory).append(part) },
            Peer("LMDB", must: .atLeast(1.7)) { LMDBPeer(in: bench.directory).append(part) },
        ]
        report.add(
            try bench.compare("append.single", corpus.rawValue, "1/s", with: peers) {
                try bench.withStore { store in
                    let seconds = try Stopwatch.seconds {
                        for entry in part { _ = try store.append([entry], to: .records) }
                    }
                    return Double(part.count) / seconds
                }
            }
        )
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
                ours.append(Double(entries.count) / (try Self.append(entries, to: store, writers: writers)))
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

    /// Appends entries from some threads at once, as many from each; every thread waits until its entry is durable.
    ///
    /// - Returns: Seconds.
    static func append(_ entries: [[UInt8]], to store: LogStore, writers: Int) throws -> Double {
        let each = entries.count / writers
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
        if let failure = failure.withLock({ $0 }) { throw failure }
        return Stopwatch.now() - began
    }

    /// append.batch1000: one caller, 1,000 entries in each durable append.
    func appendBatches(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let size = 1000
        let entries = Array(try bench.entries(corpus).prefix(200 * size))
        let parts = stride(from: 0, to: entries.count, by: size).map {
            Array(entries[$0..<min($0 + size, entries.count)])
        }
        let (must, aim) = (Row.Requirement.atLeast(2), Row.Requirement.atLeast(4))
        let peers = [
            Peer("SQLite WAL FULL", must: must, aim: aim) {
                SQLitePeer(in: bench.directory).appendBatches(entries, of: size)
            },
            Peer("LMDB", must: must, aim: aim) { LMDBPeer(in: bench.directory).append(entries, inBatchesOf: size) },
            Peer("RocksDB sync", must: must, aim: aim) {
                try RocksDBPeer(in: bench.directory).append(entries, inBatchesOf: size)
            },
        ]
        report.add(
            try bench.compare("append.batch1000", corpus.rawValue, "1/s", with: peers) {
                try bench.withStore { store in
                    let seconds = try Stopwatch.seconds {
                        for part in parts { _ = try store.append(part, to: .records) }
                    }
                    return Double(entries.count) / seconds
                }
            }
        )
    }

    /// import.million: everything durable, in commits of at most 4 MiB.
    func importAll(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let entries = try bench.entries(corpus)
        let peers = [
            Peer("SQLite, one transaction", must: .atLeast(2)) { SQLitePeer(in: bench.directory).importAll(entries) },
            Peer("raw write and SHA-256", must: .atLeast(0.75), aim: .atLeast(0.9)) { bench.raw.importAll(entries) },
        ]
        report.add(
            try bench.compare("import.million", corpus.rawValue, "1/s", with: peers, areAlternatives: true) {
                try bench.withStore { store in
                    Double(entries.count) / (try Stopwatch.seconds { try Self.fill(store, entries) })
                }
            }
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
