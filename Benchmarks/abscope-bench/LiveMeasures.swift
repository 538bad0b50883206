import Foundation
import LogFormat
import LogStore
import StoreIO

/// Two sites that are connected and in sync, while one of them records.
struct LiveMeasures {
    let bench: Workbench

    /// live.latency: from the return of `append` in this process to the line in which the daemon of the same store says that
    /// the other has all of it, durable.
    func latency(_ report: inout Report) throws {
        let samples = 400
        var (medians, tails): ([Double], [Double]) = ([], [])
        var (rawMedians, rawTails): ([Double], [Double]) = ([], [])
        for _ in 0..<bench.rounds {
            let pair = try Pair(bench, isTalkative: true)
            let entries = Corpus.plain(samples)
            let raw = RawDelivery(in: bench.directory)
            var (ours, theirs): ([Double], [Double]) = ([], [])
            for entry in entries {
                _ = try pair.log.append([entry], to: .records)
                let began = Stopwatch.now()
                try pair.recording.wait(for: " sending ")
                try pair.recording.wait(for: "in sync")
                ours.append((Stopwatch.now() - began) * 1e6)
                theirs.append(raw.seconds() * 1e6)
            }
            medians.append(ours.median)
            tails.append(ours.percentile99)
            rawMedians.append(theirs.median)
            rawTails.append(theirs.percentile99)
            try pair.end()
        }
        let name = "two fdatasync and a round trip"
        report.add([
            Row(
                "live.latency",
                "p50",
                medians,
                "us",
                peer: (rawMedians, name),
                must: .atMost(3),
                aim: .atMost(2)
            ),
            Row(
                "live.latency",
                "p99",
                tails,
                "us",
                peer: (rawTails, name),
                must: .atMost(6),
                aim: .atMost(4)
            ),
        ])
    }

    /// live.rate: 64 callers append durably; entries a second at the other site beside entries a second without one.
    func rate(_ report: inout Report) throws {
        let writers = 64
        let entries = Corpus.plain(writers * 1000)
        var (ours, alone): ([Double], [Double]) = ([], [])
        for _ in 0..<bench.rounds {
            let pair = try Pair(bench, isTalkative: false)
            let before = try pair.attestedAtOther()
            let began = Stopwatch.now()
            _ = try LogMeasures.append(entries, to: pair.log, writers: writers)
            try bench.wait(seconds: 300, "the peer does not follow") {
                try pair.attestedAtOther() >= before + UInt64(entries.count)
            }
            ours.append(Double(entries.count) / (Stopwatch.now() - began))
            pair.recording.stop()
            pair.following.stop()
            // The same store, for it has the same to keep, with nobody who follows.
            alone.append(Double(entries.count) / (try LogMeasures.append(entries, to: pair.log, writers: writers)))
            try pair.end()
        }
        report.add(
            Row(
                "live.rate",
                "64 callers",
                ours,
                "1/s",
                peer: (alone, "without a peer"),
                must: .atLeast(0.5),
                aim: .atLeast(0.8)
            )
        )
    }

    /// A site that records, here, and one that follows, connected over TLS on loopback.
    private final class Pair {
        let log: LogStore
        let recording: Daemon
        let following: Daemon
        private let sites: [Site]
        private let other: LogStore
        private let feed: FeedID

        /// Connects them. A talkative one of the recording site says how the other stands.
        init(_ bench: Workbench, isTalkative: Bool) throws {
            let port = JetStreamPeer.freePort()
            let hub = try Site.founding("HUB", in: bench)
            let clinic = try hub.admitting("CA", port: port)
            sites = [hub, clinic]
            log = try LogStore.open(at: clinic.folder, in: bench.surroundings)
            other = try LogStore.open(at: hub.folder, in: bench.surroundings)
            feed = FeedID(site: log.site, epoch: log.epoch, lane: .records)
            following = try hub.daemon(["--listen", "127.0.0.1:\(port)"])
            try following.wait(for: "started")
            recording = try clinic.daemon(isTalkative: isTalkative)
            if isTalkative { try recording.wait(for: "in sync") }
            // What comes first makes the feed, here and there, and is not what is measured.
            for (number, entry) in Corpus.plain(20).enumerated() {
                _ = try log.append([entry], to: .records)
                if isTalkative {
                    try recording.wait(for: " sending ")
                    try recording.wait(for: "in sync")
                } else {
                    try bench.wait(seconds: 60, "the peer does not follow") { try attestedAtOther() > number }
                }
            }
        }

        func attestedAtOther() throws -> UInt64 {
            try other.frontier().rows.first { $0.feed == feed }?.head.position ?? 0
        }

        func end() throws {
            recording.stop()
            following.stop()
            try log.close()
            try other.close()
            for site in sites { try site.remove() }
        }
    }
}
