import Foundation
import LogFormat
import LogStore
import StoreIO
import Synchronization

/// Sealing, and reading what is sealed.
struct SealedMeasures {
    let bench: Workbench

    /// A store with one sealed feed, its references, and its streams for the C program.
    private struct Sealed {
        var store: LogStore
        var feed: FeedID
        var references: [EntryReference]
        var streams: RawStreams
    }

    private func sealed(_ corpus: Workbench.Corpora) throws -> Sealed {
        let store = try bench.makeStore()
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        let references = try LogMeasures.fill(store, try bench.entries(corpus), keeping: true)
        _ = try store.closeActiveSegments()
        _ = try store.seal(writesAhead: true)
        var streams = RawStreams()
        var head = FeedChain.start(key: store.identity.publicKey, epoch: store.epoch, lane: .records)
        while case let blocks = try store.blocks(of: feed, after: head, limitBytes: 1 << 20), let last = blocks.last {
            for block in blocks { try streams.append(block) }
            head = last.header.head
        }
        return Sealed(store: store, feed: feed, references: references, streams: streams)
    }

    /// scan.sealed: every entry read, checksums of blocks checked.
    func scan(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let sealed = try sealed(corpus)
        let megabytes = Double(sealed.streams.rawBytes) / 1e6
        let start = FeedChain.start(key: sealed.store.identity.publicKey, epoch: sealed.store.epoch, lane: .records)
        let peer = Peer("zlib's inflate", must: .atLeast(0.7), aim: .atLeast(0.9)) {
            megabytes / sealed.streams.inflate()
        }
        report.add(
            try bench.compare("scan.sealed", corpus.rawValue, "MB/s", with: [peer]) {
                var count = 0
                let seconds = try Stopwatch.seconds {
                    var inflater = Inflater()
                    var head = start
                    while case let blocks = try sealed.store.blocks(of: sealed.feed, after: head, limitBytes: 1 << 20),
                        let last = blocks.last
                    {
                        for block in blocks {
                            try block.forEachEntry(using: &inflater) { _, _ in
                                count += 1
                                return true
                            }
                        }
                        head = last.header.head
                    }
                }
                guard count == sealed.references.count else { throw BenchmarkError("the scan saw \(count) entries") }
                return megabytes / seconds
            }
        )
        try bench.remove(sealed.store)
    }

    /// verify: the chain of the whole store.
    func verify(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let sealed = try sealed(corpus)
        let megabytes = Double(sealed.streams.rawBytes) / 1e6
        let peer = Peer("C, one thread, inflate and SHA-256", must: .atLeast(1.3), aim: .atLeast(1.6)) {
            megabytes / sealed.streams.inflateAndHash()
        }
        report.add(
            try bench.compare("verify", corpus.rawValue, "MB/s", with: [peer]) {
                var proven: UInt64 = 0
                let seconds = try Stopwatch.seconds {
                    proven = try sealed.store.verify(readsAhead: true).reduce(0) {
                        $0 + ($1.isDamaged ? 0 : $1.provenEntries)
                    }
                }
                guard proven >= UInt64(sealed.references.count) else {
                    throw BenchmarkError("verify proved \(proven) entries")
                }
                return megabytes / seconds
            }
        )
        try bench.remove(sealed.store)
    }

    /// get.random: single entries by position, where the block has to be read and inflated, and where it is at hand.
    func get(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let sealed = try sealed(corpus)
        let path = bench.directory + "/streams"
        try Data(sealed.streams.bytes).write(to: URL(fileURLWithPath: path))
        let rocksDB = try RocksDBPeer(in: bench.directory)
        _ = rocksDB.append(try bench.entries(corpus), inBatchesOf: 10_000)
        rocksDB.compact()
        var numbers = SystemRandomNumberGenerator()
        var cold: [[Double]] = [[], []]
        var hot: [[Double]] = [[], []]
        for _ in 0..<bench.rounds {
            let anywhere = (0..<20_000).map { _ in
                sealed.references[Int.random(in: 0..<sealed.references.count, using: &numbers)]
            }
            cold[0].append(try microseconds(sealed.store, anywhere))
            let streams = anywhere.map { sealed.streams.number(holding: $0.position) }
            cold[1].append(sealed.streams.readAndInflate(path, streams) / Double(streams.count) * 1e6)

            let first = Int.random(in: 0..<max(1, sealed.references.count - 2000), using: &numbers)
            let near = sealed.references[first..<min(first + 2000, sealed.references.count)]
            _ = try microseconds(sealed.store, Array(near))
            _ = rocksDB.get(near.map(\.position))
            let again = (0..<200_000).map { _ in near[near.startIndex + Int.random(in: 0..<near.count, using: &numbers)]
            }
            hot[0].append(1e6 / (try microseconds(sealed.store, again)))
            hot[1].append(rocksDB.get(again.map(\.position)))
        }
        try bench.remove(sealed.store)
        report.add(
            Row(
                "get.random cold",
                corpus.rawValue,
                cold[0],
                "us",
                peer: (cold[1], "C, pread and inflate"),
                must: .atMost(1.5),
                aim: .atMost(1.2)
            )
        )
        report.add(
            Row(
                "get.random cached",
                corpus.rawValue,
                hot[0],
                "1/s",
                peer: (hot[1], "RocksDB get, the same keys"),
                must: .atLeast(1),
                aim: .atLeast(5)
            )
        )
    }

    /// - Returns: For each of `references`.
    private func microseconds(_ store: LogStore, _ references: [EntryReference]) throws -> Double {
        var bytes = 0
        let seconds = try Stopwatch.seconds {
            for reference in references { bytes += try store.entry(of: reference.feed, at: reference.position).count }
        }
        guard bytes > 0 else { throw BenchmarkError("nothing was read") }
        return seconds / Double(references.count) * 1e6
    }

    /// seal: how fast, and what a nurse who records meanwhile waits.
    func seal(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let entries = try bench.entries(corpus)
        let framed = Corpus.framed(entries)
        let megabytes = Double(framed.count) / 1e6
        var middle: [Double] = []
        var late: [Double] = []
        let peer = Peer("zlib's deflate, level 6", must: .atLeast(0.85), aim: .atLeast(0.95)) {
            megabytes / Raw.deflate(framed, blockBytes: Limits.blockRawBytes).seconds
        }
        let rows = try bench.compare("seal", corpus.rawValue, "MB/s", with: [peer]) {
            try bench.withStore { store in
                try LogMeasures.fill(store, entries)
                _ = try store.closeActiveSegments()
                let outcome = Mutex<Result<Double, any Error>?>(nil)
                Thread {
                    let result = Result {
                        try Stopwatch.seconds {
                            guard let sealed = try store.seal(writesAhead: true),
                                sealed.rawBytes == UInt64(framed.count)
                            else {
                                throw BenchmarkError("not everything was sealed")
                            }
                        }
                    }
                    outcome.withLock { $0 = result }
                }.start()
                // About half of what the disk takes: a pause as long as an append.
                var waits: [Double] = []
                while outcome.withLock({ $0 == nil }) {
                    let wait = try Stopwatch.seconds { _ = try store.append([entries[0]], to: .attachments) }
                    waits.append(wait * 1e6)
                    usleep(UInt32(wait * 1e6))
                }
                guard let seconds = try outcome.withLock({ $0 })?.get() else {
                    throw BenchmarkError("sealing did not end")
                }
                waits.sort()
                middle.append(waits[waits.count / 2])
                late.append(waits[waits.count * 99 / 100])
                return megabytes / seconds
            }
        }
        report.add(rows)
        report.add(
            Row("seal foreground", "p99 beside p50", late, "us", peer: (middle, "p50 meanwhile"), must: .atMost(3))
        )
    }

    /// size: what an entry takes on the disk when it is sealed.
    func size(_ corpus: Workbench.Corpora, _ report: inout Report) throws {
        let entries = try bench.entries(corpus)
        let sealed = try sealed(corpus)
        let count = Double(entries.count)
        let ours = Double(try StoreFiles.bytes(of: sealed.feed, in: sealed.store, ending: ".zseg")) / count
        try bench.remove(sealed.store)
        let best = Double(Raw.deflate(Corpus.framed(entries), blockBytes: 1 << 20).storedBytes) / count
        let peer = SQLitePeer(in: bench.directory)
        _ = peer.importAll(entries)
        let sqlite = Double(try peer.fileBytes()) / count
        let name = corpus.rawValue
        report.add(
            Row(
                "size",
                name,
                [ours],
                "B",
                peer: ([best], "deflate, level 6, blocks of 1 MiB"),
                must: .atMost(1.1),
                aim: .atMost(1.08)
            )
        )
        report.add(Row("size", name, [ours], "B", peer: ([sqlite], "SQLite"), must: .atMost(0.42)))
    }
}
