import Foundation
import LogFormat
import LogStore
import Logging
import NIOCore
import NIOPosix
import StoreIO
import SyncEngine
import SyncProtocol

/// A hub that has enrolled 5,000 sites.
struct HubMeasures {
    let bench: Workbench

    /// Sites beside the hub and the reader.
    private static let sites = 5000
    /// Of these, sites that read the hub and themselves alone.
    private static let readingHub = 2500
    /// Connections that are held idle.
    private static let connections = 1000

    /// sites.5000, hub.sessions and memory with idle connections.
    func run(_ report: inout Report) throws {
        let crowd = try Crowd(Self.sites, readingHub: Self.readingHub, in: bench)
        try bytes(crowd, &report)
        try sessions(crowd, &report)
        try crowd.remove()
    }

    // MARK: - Bytes

    /// sites.5000: what the two sessions write when they meet again, without what TLS adds. Bytes do not vary, so once.
    private func bytes(_ crowd: Crowd, _ report: inout Report) throws {
        let logs = try [crowd.open(crowd.readerFolder), crowd.open(crowd.folder)]
        let sites = try logs.map { log in
            try SyncSite(
                log: log,
                surroundings: bench.surroundings,
                keys: NoPersonKeys(),
                follower: { 0 },
                link: LinkGovernor(LinkRules(), clock: bench.surroundings.clock, month: { $0 / 30 }, changed: {}),
                program: "abscope-bench",
                logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() },
                storeQueue: AtOnce(),
                viewQueue: AtOnce(),
                rosterChanged: {}
            )
        }
        // Everything comes to the reader the first time; then each has met the other.
        _ = try meet(sites)
        _ = try meet(sites)
        let unchanged = try meet(sites)
        let member = crowd.members[Self.sites - 1]
        guard let held = try logs[1].feeds().first(where: { $0.feed == member.feed })?.stored else {
            throw BenchmarkError("the hub lacks a feed")
        }
        let (block, checkpoint) = try member.records(Corpus.plain(1), after: held, in: crowd.registry)
        try logs[1].receive([block], of: member.feed, key: member.publicKey, after: held)
        try logs[1].attest(checkpoint, key: member.publicKey)
        let changed = try meet(sites)
        for log in logs { try log.close() }
        report.add([
            Row("sites.5000", "nothing changed", [Double(unchanged)], "B", must: .atMost(1024)),
            Row("sites.5000", "one feed changed", [Double(changed)], "B", must: .atMost(1229)),
        ])
    }

    /// One session, from its beginning to both being in sync and its end.
    ///
    /// - Returns: Bytes that both wrote.
    private func meet(_ sites: [SyncSite]) throws -> Int {
        let line = Line((sites[0], sites[1]), clock: bench.surroundings.clock)
        line.run()
        for (site, other) in [(sites[0], sites[1]), (sites[1], sites[0])] {
            guard let status = site.peers.status(of: other.log.site), status.word == .inSync else {
                throw BenchmarkError("two sites met and are not in sync")
            }
        }
        line.end()
        return line.bytes
    }

    private struct AtOnce: WorkQueue {
        func submit(_ work: @escaping @Sendable () -> Void) { work() }
        func submit(afterMilliseconds: Int, _ work: @escaping @Sendable () -> Void) { work() }
    }

    // MARK: - Sessions

    private func sessions(_ crowd: Crowd, _ report: inout Report) throws {
        let log = try crowd.open(crowd.folder)
        guard let roster = try Roster(in: log) else { throw BenchmarkError("the hub has no roster") }
        let holdings = Holdings(
            try log.feeds().map {
                HeldFeed(feed: $0.feed, stored: $0.stored, attested: $0.attested, storedBytes: 300)
            }
        )
        try log.close()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        func clinics(_ range: Range<Int>) throws -> [Clinic] {
            try crowd.members[range].map { try Clinic($0, holding: holdings, roster, on: group, pool) }
        }
        let few = Self.sites - Self.readingHub
        for (name, first) in [("reading the hub alone", 0), ("reading all 5,000", few)] {
            let port = JetStreamPeer.freePort()
            let hub = try Daemon(["--store", crowd.folder, "--listen", "127.0.0.1:\(port)"], in: bench)
            try hub.wait(for: "started", seconds: 300)
            report.add(Row("memory", "none connected, " + name, [try hub.megabytes("VmRSS")], "MB"))
            try rates(of: clinics(first..<first + 40), calling: crowd.hub, hub, port: port, name, &report)
            let idle = try clinics(first + 40..<first + 40 + Self.connections)
            for isAgain in [false, true] {
                for clinic in idle { try clinic.call(crowd.hub, port: port) }
                // Every half minute a hub writes what it knows of the others: held idle is behind that.
                Thread.sleep(forTimeInterval: 40)
                let used = try hub.megabytes("VmRSS")
                report.add(
                    Row(
                        "memory",
                        "1,000 idle that called \(isAgain ? "again" : "first"), \(name)",
                        [used],
                        "MB",
                        must: .atMost(100)
                    )
                )
                if !isAgain { for clinic in idle { try clinic.leave() } }
            }
            for clinic in idle { try clinic.leave() }
            hub.stop()
        }
        try group.syncShutdownGracefully()
        try pool.syncShutdownGracefully()
    }

    /// hub.sessions: each clinic records one entry, calls, and leaves when both hold the same.
    private func rates(
        of callers: [Clinic],
        calling site: SiteID,
        _ hub: Daemon,
        port: UInt16,
        _ name: String,
        _ report: inout Report
    ) throws {
        // Once, so that both know each other.
        for clinic in callers {
            try clinic.call(site, port: port)
            try clinic.leave()
        }
        let entries = Corpus.plain(callers.count)
        var rates: [Double] = []
        for _ in 0..<bench.rounds {
            let before = try hub.processorSeconds()
            for (clinic, entry) in zip(callers, entries) {
                try clinic.record(entry)
                try clinic.call(site, port: port)
                try clinic.leave()
            }
            rates.append(Double(callers.count) / max(try hub.processorSeconds() - before, 0.01))
        }
        report.add(Row("hub.sessions", name, rates, "1/s"))
    }
}
