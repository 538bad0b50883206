import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@Suite("Sealing")
struct SealerTests {
    private func feed(disk: SimulatedDisk = SimulatedDisk()) throws -> FeedFixture {
        var feed = try FeedFixture(seed: 5, disk: disk)
        try feed.addSegment(commits: [3, 1, 2])
        try feed.addSegment(commits: [2, 2])
        try feed.addSegment(commits: [1])
        return feed
    }

    private func directory(_ feed: FeedFixture, on process: SimulatedProcess) -> FeedDirectory {
        FeedDirectory(fileSystem: process, path: feed.directory.path, feed: feed.directory.feed)
    }

    private func expectWhole(_ feed: FeedFixture, on disk: SimulatedDisk, _ comment: Comment) throws {
        let directory = directory(feed, on: disk.process("after"))
        let read = try FeedReader(directory: directory, slot: feed.slot).entries(after: 0, limitBytes: 1_000_000)
        #expect(read.map(\.bytes) == feed.entries, comment)
    }

    @Test("Closed segments are sealed, the active one stays, nothing else lies about", arguments: [false, true])
    func seals(writesAhead: Bool) throws {
        let feed = try feed()
        var told: [SegmentName] = []
        let result = try Sealer(feed.directory, writesAhead: writesAhead).sealClosedSegments { told.append($0) }
        #expect(told.map(\.firstPosition) == [1, 7])
        #expect(result.segments == 2)
        #expect(result.rawBytes == UInt64(feed.entries.prefix(10).reduce(0) { $0 + $1.count + 4 }))
        #expect(
            try feed.directory.segments() == [
                SegmentName(firstPosition: 1, kind: .sealed), SegmentName(firstPosition: 7, kind: .sealed),
                SegmentName(firstPosition: 11, kind: .raw),
            ]
        )
        #expect(try feed.disk.tree(feed.directory.path).count == 3)
        #expect(try Sealer(feed.directory).sealClosedSegments() == Sealer.Result())
        try feed.check("sealed")
    }

    @Test(
        "A kill before, during and after any call loses nothing, and the next run finishes",
        arguments: [false, true]
    )
    func kills(writesAhead: Bool) throws {
        for fault in [DiskFault.killBefore, .killDuring, .killAfter] {
            var index = 0
            while true {
                let feed = try feed()
                let victim = feed.disk.process("sealer", faults: .at(index, fault))
                var wasKilled = false
                do throws(StorageError) {
                    _ = try Sealer(directory(feed, on: victim), writesAhead: writesAhead).sealClosedSegments()
                } catch {
                    #expect(error.code == .halted)
                    wasKilled = true
                }
                if !wasKilled, victim.isAlive { break }
                try expectWhole(feed, on: feed.disk, "killed at call \(index), \(fault)")
                _ = try Sealer(feed.directory).sealClosedSegments()
                #expect(try feed.disk.tree(feed.directory.path).count == 3, "call \(index), \(fault)")
                try expectWhole(feed, on: feed.disk, "finished after call \(index), \(fault)")
                index += 1
            }
            #expect(index > 20)
        }
    }

    @Test(
        "A power cut after any call loses nothing, whatever the disk kept, and the next run finishes",
        arguments: [false, true]
    )
    func powerCuts(writesAhead: Bool) throws {
        let feed = try feed()
        try feed.directory.fileSystem.syncDirectory(feed.directory.path)
        let images = Recorded<(String, SimulatedDisk)>()
        let disk = feed.disk
        disk.observe { call in
            guard call.operation.changesDisk else { return }
            var policies: [CrashPolicy] = [.keepAll, .dropAll]
            for seed in UInt64(1)...6 { policies.append(.seeded(seed)) }
            for item in 0..<disk.unsyncedNames {
                policies.append(CrashPolicy(data: .dropAll, names: .only(item)))
                policies.append(CrashPolicy(data: .keepAll, names: .allBut(item)))
            }
            for policy in policies { images.append { ("\(call), \(policy)", disk.crashed(policy)) } }
        }
        _ = try Sealer(feed.directory, writesAhead: writesAhead).sealClosedSegments()
        disk.observe(nil)
        #expect(try images.values().count > 100)
        for (name, disk) in try images.values() {
            try expectWhole(feed, on: disk, "\(name)")
            _ = try Sealer(directory(feed, on: disk.process("sealer"))).sealClosedSegments()
            #expect(try disk.tree(feed.directory.path).count == 3, "\(name)")
            try expectWhole(feed, on: disk, "finished after \(name)")
        }
    }

    @Test("A full disk or a failing one leaves the raw segment and says so")
    func faults() throws {
        for fault in [DiskFault.noSpace, .inputOutput, .shortWrite, .readOnly, .lyingSync] {
            var index = 0
            var failures = 0
            while true {
                let feed = try feed()
                let victim = feed.disk.process("sealer", faults: .at(index, fault))
                do throws(StorageError) {
                    _ = try Sealer(directory(feed, on: victim)).sealClosedSegments()
                } catch {
                    failures += 1
                    #expect([.noSpace, .inputOutput, .readOnly].contains(error.code), "\(error)")
                }
                try expectWhole(feed, on: feed.disk, "\(fault) at call \(index)")
                if victim.callCount <= index { break }
                index += 1
            }
            #expect(failures > 10, "\(fault)")
        }
    }

    @Test("A damaged raw segment is not sealed and not removed")
    func damaged() throws {
        let feed = try feed()
        let path = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw))
        try feed.disk.flipBit(path, byte: 400)
        #expect(throws: StorageError(.corrupted, "")) { try Sealer(feed.directory).sealClosedSegments() }
        #expect(try feed.disk.tree(feed.directory.path).contains(path))
        try feed.disk.flipBit(path, byte: 400)
        _ = try Sealer(feed.directory).sealClosedSegments()
        try feed.check("sealed after the cure")
    }

    @Test("A sealed file that is not good does not let the raw one go")
    func badSealed() throws {
        let feed = try feed()
        let raw = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw))
        let sealed = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .sealed))
        let original = try feed.disk.contents(raw)
        _ = try Sealer(feed.directory).sealClosedSegments()
        try feed.directory.fileSystem.createFile(raw, with: original)
        try feed.disk.flipBit(sealed, byte: 400)
        #expect(throws: StorageError(.corrupted, "")) { try Sealer(feed.directory).sealClosedSegments() }
        #expect(try feed.disk.contents(raw) == original)
    }
}
