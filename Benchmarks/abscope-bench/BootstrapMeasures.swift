import Foundation
import LogFormat
import LogStore
import StoreIO

/// An empty site pulls everything from another over mutual TLS on loopback, beside programs that copy as much.
struct BootstrapMeasures {
    let bench: Workbench

    /// bootstrap.million, from a sealed sender and from one that has sealed nothing, bootstrap.rsync, and memory.
    func run(_ report: inout Report) throws {
        let entries = try bench.entries(.plain)
        let sealed = try sender(entries, isSealed: true)
        let raw = try sender(entries, isSealed: false)
        let jetStream = try JetStreamPeer(entries: entries, in: bench.directory)
        let postgres = try PostgresPeer(entries: entries, in: bench.directory)
        let rsync = try RsyncPeer(sealed.site.folder, in: bench.directory)

        var ours: (sealed: [Double], raw: [Double]) = ([], [])
        var peers: (jetStream: [Double], postgres: [Double], rsync: [Double]) = ([], [], [])
        var memory: [Double] = []
        for round in 0..<bench.rounds {
            let full = try bootstrap(round, from: sealed)
            ours.sealed.append(Double(entries.count) / full.seconds)
            peers.jetStream.append(try jetStream.mirror())
            peers.rsync.append(Double(entries.count) / (try rsync.copy()))
            let plain = try bootstrap(round, from: raw)
            ours.raw.append(Double(entries.count) / plain.seconds)
            peers.postgres.append(try postgres.subscribe())
            memory.append(max(full.megabytes, plain.megabytes))
        }
        let id = "bootstrap.million"
        let (mirror, copy) = ("NATS JetStream mirror", "PostgreSQL 15 initial copy")
        report.add([
            Row(
                id,
                "sealed sender",
                ours.sealed,
                "1/s",
                peer: (peers.jetStream, mirror),
                must: .atLeast(2),
                aim: .atLeast(4)
            ),
            Row(
                id,
                "sealed sender",
                ours.sealed,
                "1/s",
                peer: (peers.postgres, copy),
                must: .atLeast(5),
                aim: .atLeast(10)
            ),
            Row(
                id,
                "unsealed sender",
                ours.raw,
                "1/s",
                peer: (peers.jetStream, mirror),
                must: .atLeast(1),
                aim: .atLeast(2)
            ),
            Row(
                "bootstrap.rsync",
                "sealed sender",
                ours.sealed,
                "1/s",
                peer: (peers.rsync, "rsync of its files"),
                must: .atLeast(0.15),
                aim: .atLeast(0.3)
            ),
            Row("memory", "bootstrap", memory, "MB", must: .atMost(64)),
        ])
    }

    /// A site that has the entries.
    private struct Sender {
        var site: Site
        var feed: FeedID
        var count: Int
        var alias: String
    }

    private func sender(_ entries: [[UInt8]], isSealed: Bool) throws -> Sender {
        let alias = isSealed ? "HUB" : "RAW"
        let site = try Site.founding(alias, in: bench)
        let log = try LogStore.open(at: site.folder, in: bench.surroundings)
        try LogMeasures.fill(log, entries)
        if isSealed {
            _ = try log.closeActiveSegments()
            _ = try log.seal()
        }
        let feed = FeedID(site: log.site, epoch: log.epoch, lane: .records)
        try log.close()
        // Who recorded them has them in the read model, too.
        try bench.run(["case", "list", "--store", site.folder])
        return Sender(site: site, feed: feed, count: entries.count, alias: alias)
    }

    /// - Returns: Seconds from the start of the empty site's daemon until everything is durable and attested there, and the
    ///   most memory either daemon had.
    private func bootstrap(_ round: Int, from sender: Sender) throws -> (seconds: Double, megabytes: Double) {
        let port = JetStreamPeer.freePort()
        let clinic = try sender.site.admitting(Self.alias(round), port: port)
        let serving = try sender.site.daemon(["--listen", "127.0.0.1:\(port)"])
        try serving.wait(for: "started")
        let store = try LogStore.open(at: clinic.folder, in: bench.surroundings)
        let began = Stopwatch.now()
        let pulling = try clinic.daemon()
        try bench.wait(seconds: 600, "the bootstrap does not end") {
            try store.frontier().rows.first { $0.feed == sender.feed }?.head.position == UInt64(sender.count)
        }
        let seconds = Stopwatch.now() - began
        let megabytes = max(try pulling.megabytes("VmHWM"), try serving.megabytes("VmHWM"))
        pulling.stop()
        serving.stop()
        try store.close()
        try clinic.remove()
        return (seconds, megabytes)
    }

    /// CA, CB, CC …
    private static func alias(_ round: Int) -> String {
        "C" + String(UnicodeScalar(UInt8(ascii: "A") + UInt8(round % 26)))
    }
}
