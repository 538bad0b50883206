import Crypto
import LogFormat
import LogStore
import StoreIO
import Synchronization
import TestSupport
import Testing

@Suite("Crashes while sealing")
struct CrashSealingTests {
    /// Three segments: two to be sealed, one that stays.
    private func fixture(seed: UInt64) throws -> FeedFixture {
        var feed = try FeedFixture(seed: seed, disk: SimulatedDisk(seed: seed))
        try feed.addSegment(commits: [2, 1])
        try feed.addSegment(commits: [3])
        try feed.addSegment(commits: [1])
        return feed
    }

    @Test("Every entry is read after every crash while sealing, and after a second one while the next run finishes")
    func twoCrashes() throws {
        let feed = try fixture(seed: 21)
        let judged = try CrashSweep(singleItems: 3, seededCuts: 2).run(on: feed.disk) {
            _ = try Sealer(feed.directory).sealClosedSegments()
        } judge: { after, point in
            try Self.expectAll(of: feed, on: after)
            // The second crash is judged only where the first left something new: a whole sweep inside each would
            // mostly repeat the same disks.
            let inner = CrashSweep(singleItems: 1, seededCuts: 1, stride: point.cut == .kill ? 1 : 5)
            try inner.run(on: after) {
                let directory = feed.directory(on: after.process("again"))
                _ = try Sealer(directory).sealClosedSegments()
            } judge: { again, _ in
                try Self.expectAll(of: feed, on: again)
            }
            try Self.expectSealed(feed, on: after)
        }
        #expect(judged > 100)
        try Self.expectSealed(feed, on: feed.disk)
    }

    @Test("Somebody who reads while segments are sealed finds every entry at every moment")
    func readingMeanwhile() throws {
        let feed = try fixture(seed: 22)
        let directory = feed.directory(on: feed.disk.process("reader"))
        // One reader goes on with what it has open, another starts anew each time.
        let old = FeedReader(directory: directory, slot: feed.slot)
        let looks = Recorded<Void>()
        feed.disk.observeBefore { call in
            guard call.process == "writer" else { return }
            looks.append { try Self.expectAll(of: feed, from: old) }
            looks.append { try Self.expectAll(of: feed, from: FeedReader(directory: directory, slot: feed.slot)) }
        }
        _ = try Sealer(feed.directory).sealClosedSegments()
        feed.disk.observeBefore(nil)
        #expect(try looks.values().count > 40)
    }

    @Test(
        "Whatever fails at whatever call, nothing is lost and the next run can finish",
        arguments: [
            DiskFault.inputOutput, .noSpace, .shortWrite, .lyingSync, .readOnly, .killBefore, .killDuring, .killAfter,
        ]
    )
    func failures(fault: DiskFault) throws {
        let feed = try fixture(seed: 23)
        let calls = try FaultSweep.run(fault, from: feed.disk) { (process) throws(StorageError) in
            _ = try Sealer(feed.directory(on: process)).sealClosedSegments()
        } judge: { disk, failure in
            if let failure {
                #expect([.inputOutput, .noSpace, .readOnly, .halted].contains(failure.code), "\(failure)")
            }
            try Self.expectAll(of: feed, on: disk)
            for cut in [CrashPolicy.dropAll, .keepAll, .seeded(1)] {
                let after = disk.crashed(cut)
                try Self.expectAll(of: feed, on: after)
                _ = try Sealer(feed.directory(on: after.process("again"))).sealClosedSegments()
                try Self.expectSealed(feed, on: after)
            }
        }
        #expect(calls > 20)
    }

    // MARK: - Oracle

    /// Everything is sealed, and nothing is lost by a power cut now. A raw file whose removal an earlier crash left
    /// undone may come back with it; the next run removes it.
    private static func expectSealed(_ feed: FeedFixture, on disk: SimulatedDisk) throws {
        try expectAll(of: feed, on: disk)
        try expectAll(of: feed, on: disk.crashed(.dropAll))
        let names = try disk.process().listDirectory(feed.directory.path)
        guard names.map({ $0.hasSuffix(".zseg") }) == [true, true, false], names.last?.hasSuffix(".seg") == true
        else { throw Wrong("sealing left \(names)") }
    }

    private static func expectAll(of feed: FeedFixture, on disk: SimulatedDisk) throws {
        let directory = feed.directory(on: disk.process("judge"))
        try expectAll(of: feed, from: FeedReader(directory: directory, slot: feed.slot))
    }

    private static func expectAll(of feed: FeedFixture, from reader: FeedReader) throws {
        let read = try reader.entries(after: 0, limitBytes: 1 << 20)
        guard read.map(\.bytes) == feed.entries,
            read.map(\.reference) == (1...feed.entries.count).map({ feed.reference($0) })
        else { throw Wrong("read \(read.count) entries, or others, of \(feed.entries.count)") }
    }
}

@Suite("Crashes while a checkpoint is kept")
struct CrashCheckpointTests {
    @Test("Every acknowledged checkpoint is there after every crash, and another can be added")
    func crashes() throws {
        let disk = SimulatedDisk(seed: 31)
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 3, count: 32))
        let site = SitePublicKey(key.publicKey)
        let feed = FeedID(
            site: site.siteID,
            epoch: try #require(EpochID([UInt8](repeating: 1, count: 8))),
            lane: .urgent
        )
        let registry = RegistryID(foundedBy: [1, 2, 3])
        let checkpoints = try (UInt64(1)...6).map { position in
            try Checkpoint(
                signing: FeedHead(
                    position: position,
                    digest: FeedChain.start(key: site, epoch: feed.epoch, lane: .urgent).digest
                ),
                of: feed,
                registry: registry,
                with: key
            )
        }
        try disk.process().makeDirectories("/srv/feed")
        let acknowledged = Mutex(0)
        let kept = { @Sendable (disk: SimulatedDisk) in
            CheckpointFile(FeedDirectory(fileSystem: disk.process(), path: "/srv/feed", feed: feed))
        }
        try CrashSweep(singleItems: 4, seededCuts: 4).run(on: disk) {
            for checkpoint in checkpoints.dropLast() {
                try kept(disk).append(checkpoint)
                acknowledged.withLock { $0 += 1 }
            }
        } judge: { after, _ in
            let count = acknowledged.withLock { $0 }
            let rows = try kept(after).rows()
            guard rows.starts(with: checkpoints.prefix(count)), rows.count <= count + 1 else {
                throw Wrong("\(rows.count) rows of \(count) acknowledged")
            }
            try kept(after).append(checkpoints[5])
            let later = try kept(after.crashed(.dropAll)).rows()
            guard later.last == checkpoints[5], later.starts(with: checkpoints.prefix(count)) else {
                throw Wrong("a checkpoint added after a crash is lost")
            }
        }
    }
}

extension FeedFixture {
    /// The same folder as another process sees it.
    fileprivate func directory(on process: SimulatedProcess) -> FeedDirectory {
        FeedDirectory(fileSystem: process, path: directory.path, feed: directory.feed)
    }
}
