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

    @Test("Blocks whose checksums fit and whose entries are not the feed's are not sealed, and the raw file is named")
    func forged() throws {
        let feed = try feed()
        let path = feed.directory.path(of: SegmentName(firstPosition: 1, kind: .raw))
        let original = try feed.disk.contents(path)
        let start = SegmentHeader.lengthBytes + BlockPlace.lengthBytes
        let block = try Block(decoding: Array(original[start...]))
        let salt = try SegmentHeader(decoding: original).salt
        // An entry of the first block is another one, and all checksums are those of that.
        var stored = block.stored
        stored[8] ^= 1
        var header = block.header
        header.storedChecksum = Checksum.of(unsafe stored.span.bytes)
        var encoded: [UInt8] = []
        header.encode(into: &encoded)
        let place = BlockPlace(offsetBytes: 256, durableOffsetBytes: 256)
        var placed: [UInt8] = []
        place.encode(try Block(decoding: encoded + stored), salt: salt, into: &placed)
        try feed.disk.overwrite(path, at: 256, with: placed)
        let refusal = #expect(throws: StorageError.self) { try Sealer(feed.directory).sealClosedSegments() }
        #expect(refusal?.code == .corrupted)
        #expect(refusal?.location?.path == path)
        #expect(refusal?.location?.offsetBytes == UInt64(start))
        #expect(try feed.directory.segments().allSatisfy { $0.kind == .raw })
        try feed.disk.overwrite(path, at: 0, with: original)
        _ = try Sealer(feed.directory).sealClosedSegments()
        try feed.check("sealed after the cure")
    }

    @Test("What has taken the name of the raw file or of the sealed one meanwhile stays")
    func replaced() throws {
        for kind in [SegmentHeader.Kind.raw, .sealed] {
            let feed = try feed()
            let fileSystem = feed.directory.fileSystem
            let path = feed.directory.path(of: SegmentName(firstPosition: 1, kind: kind))
            let sections = Monitor(0)
            let sealer = Sealer(feed.directory) { (work) throws(StorageError) in
                // The second one takes the raw file's name.
                let number = sections.withLock { sections in
                    sections += 1
                    return sections
                }
                if number == 2 {
                    let bytes = try fileSystem.readFile(path, limitBytes: 1 << 20)
                    try fileSystem.unlink(path)
                    try fileSystem.createFile(path, with: bytes)
                }
                try work()
            }
            _ = try sealer.sealClosedSegments()
            #expect(try feed.disk.tree(feed.directory.path).contains(path), "\(kind)")
            #expect(
                try feed.directory.segments().prefix(2) == [
                    SegmentName(firstPosition: 1, kind: .sealed), SegmentName(firstPosition: 1, kind: .raw),
                ]
            )
            try feed.check("\(kind) replaced")
            _ = try Sealer(feed.directory).sealClosedSegments()
            #expect(try feed.disk.tree(feed.directory.path).count == 3)
            try feed.check("finished after \(kind) was replaced")
        }
    }

    @Test("While others wait nothing is read of a segment, nothing is synced and at most one name changes")
    func shortSections() throws {
        let feed = try feed()
        // nil while nobody waits.
        let inside = Monitor<[DiskCall]?>(nil)
        let sections = Monitor<[[DiskCall]]>([])
        feed.disk.observe { call in inside.withLock { $0?.append(call) } }
        _ = try Sealer(feed.directory) { (work) throws(StorageError) in
            inside.withLock { $0 = [] }
            try work()
            let calls = inside.withLock { calls in
                defer { calls = nil }
                return calls ?? []
            }
            sections.withLock { $0.append(calls) }
        }.sealClosedSegments()
        feed.disk.observe(nil)
        let seen = sections.withLock { $0 }
        // Two for each of the two closed segments.
        #expect(seen.count == 4)
        for calls in seen {
            #expect(calls.count(where: \.operation.changesDisk) == 1, "\(calls)")
            #expect(!calls.contains { [.synchronize, .syncDirectory, .list].contains($0.operation) }, "\(calls)")
            let readBytes = calls.compactMap { $0.operation == .read ? $0.bytes : nil }.reduce(0) { $0 + $1.count }
            #expect(readBytes <= SegmentHeader.lengthBytes, "\(calls)")
        }
    }
}
