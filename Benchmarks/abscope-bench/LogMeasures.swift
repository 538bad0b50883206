import Foundation
import LogFormat
import LogStore
import StoreIO

/// The log beside the raw disk and SQLite.
struct LogMeasures {
    let directory: String
    let surroundings: Surroundings
    /// Rounds of which the median counts.
    let rounds: Int

    /// append.single: one durable entry after the other.
    func appendSingle(_ name: String, count: Int, _ entries: (LogStore) throws -> [[UInt8]], _ report: inout Report) throws {
        var ours: [Double] = []
        var raw: [Double] = []
        var sqlite: [Double] = []
        for round in 0..<rounds {
            let store = try freshStore("single-\(round)")
            let corpus = try entries(store)
            let part = corpus.prefix(count)
            ours.append(Double(count) / (try Stopwatch.seconds { for entry in part { _ = try store.append([entry], to: .records) } }))
            raw.append(RawDisk.appendSingle(part, in: directory))
            sqlite.append(SQLitePeer(in: directory).appendSingle(part))
            try remove(store)
        }
        report.add(.rate("append.single/\(name)", ours: ours.median, peer: sqlite.median, "SQLite WAL FULL", unit: "1/s"))
        report.add(.rate("append.single/\(name)", ours: ours.median, peer: raw.median, "raw fdatasync", unit: "1/s"))
    }

    /// import.million: everything durable, in commits of at most 4 MiB.
    func importAll(_ name: String, _ entries: (LogStore) throws -> [[UInt8]], _ report: inout Report) throws {
        var ours: [Double] = []
        var sqlite: [Double] = []
        for round in 0..<rounds {
            let store = try freshStore("import-\(round)")
            let corpus = try entries(store)
            ours.append(Double(corpus.count) / (try Stopwatch.seconds { try Self.fill(store, corpus) }))
            sqlite.append(SQLitePeer(in: directory).importAll(corpus))
            try remove(store)
        }
        report.add(
            .rate("import.million/\(name)", ours: ours.median, peer: sqlite.median, "SQLite one transaction", unit: "1/s"))
    }

    /// Appends everything in commits of at most 4 MiB.
    static func fill(_ store: LogStore, _ entries: [[UInt8]]) throws {
        var start = 0
        while start < entries.count {
            var end = start
            var lengthBytes = 0
            while end < entries.count, lengthBytes + 4 + entries[end].count <= Limits.commitBytes {
                lengthBytes += 4 + entries[end].count
                end += 1
            }
            _ = try store.append(Array(entries[start..<end]), to: .records)
            start = end
        }
    }

    func freshStore(_ name: String) throws -> LogStore {
        try LogStore.create(at: "\(directory)/\(name)", alias: "GY", in: surroundings)
    }

    func remove(_ store: LogStore) throws { try FileManager.default.removeItem(atPath: store.root) }

    /// The records feed of a store and where it ends.
    static func recordsFeed(_ store: LogStore) -> (FeedID, FeedHead) {
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        return (feed, FeedChain.start(key: store.identity.publicKey, epoch: store.epoch, lane: .records))
    }
}
