import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Recovery after a restart of the machine")
struct RecoveryTests {
    /// Three acknowledged entries, and the place behind them.
    private func fixture() throws -> (StoreFixture, path: String, end: Int) {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        for text in ["one", "two", "three"] { try fixture.append(text, with: store) }
        let slot = try #require(try store.slots().first)
        return (fixture, try fixture.segments(store)[0], Int(slot.durableBytes))
    }

    @Test("A clean end is found again and written on in the same segment")
    func clean() throws {
        let (fixture, _, _) = try fixture()
        var after = fixture.on(fixture.disk.crashed(.dropAll))
        let store = try after.open()
        try after.append("four", with: store)
        try after.check(store)
        #expect(try after.segments(store).count == 1)
        #expect(try store.incidents().isEmpty)
    }

    @Test("A forged change counter and a folder among the files being made keep nobody from recording")
    func forgedHeaderAndFolder() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("one", with: store)
        let boot = try #require(try store.heads.header().newest).boot
        let forged = HeadsHeader(boot: boot, changeCounter: .max, feedCount: 1)
        try fixture.disk.overwrite(store.paths.heads, at: Int(forged.offsetBytes), with: forged.encoded)
        try fixture.append("two", with: store)
        try fixture.disk.process().makeDirectory("\(store.paths.temporary)/mine")
        var after = fixture.on(fixture.disk.crashed(.keepAll))
        let again = try after.open()
        try after.append("three", with: again)
        try after.check(again)
        #expect(try again.incidents().isEmpty)
    }

    @Test("Who begins a segment removes what a killed one left of another, and nothing that somebody may be making")
    func leftSegment() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("one", with: store)
        for name in ["00.seg", "00.zseg"] {
            try fixture.disk.process().createFile("\(store.paths.temporary)/\(name)", with: [1])
        }
        _ = try store.closeActiveSegments()
        try fixture.append("two", with: store)
        try fixture.check(store)
        #expect(try fixture.disk.process().listDirectory(store.paths.temporary) == ["00.zseg"])
    }

    @Test("A torn tail goes to quarantine, nothing of the segment changes, and a new segment begins")
    func torn() throws {
        let (fixture, path, end) = try fixture()
        var after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.disk.overwrite(path, at: end, with: [UInt8](repeating: 0x5A, count: 700))
        let before = try after.disk.contents(path)
        let store = try after.open()
        let epoch = store.epoch
        try after.check(store)
        try after.append("four", with: store)
        try after.check(store)
        #expect(store.epoch == epoch)
        #expect(try after.disk.contents(path) == before)
        #expect(try after.segments(store).count == 2)
        #expect(try after.quarantine().count == 1)
        #expect(try store.incidents().isEmpty)
        let again = after.on(after.disk.crashed(.dropAll))
        try again.check(try again.open())
    }

    @Test(
        "A flipped bit below bytes that a later block knew to be durable is damage at every byte, never a shorter log"
    )
    func corrupt() throws {
        let (fixture, path, end) = try fixture()
        // The last commit, one block with five bytes of text, is known to nobody until the next one or HEADS says so.
        let stop = end - (BlockPlace.lengthBytes + BlockHeader.lengthBytes + 4 + 5)
        for byte in stride(from: SegmentHeader.lengthBytes, to: stop, by: 13) {
            var after = fixture.on(fixture.disk.crashed(.dropAll))
            try after.disk.flipBit(path, byte: byte)
            let before = try after.disk.contents(path)
            let store = try after.open()
            let epochs = Set(after.acknowledged.map(\.reference.feed.epoch))
            #expect(!epochs.contains(store.epoch), "byte \(byte)")
            #expect(try after.disk.contents(path) == before, "byte \(byte)")
            #expect(try store.incidents().map(\.kind).sorted() == ["damage", "epoch"], "byte \(byte)")
            try after.append("four", with: store)
            let last = try #require(after.acknowledged.last)
            #expect(last.reference.position == 1)
            #expect(last.reference.feed.epoch == store.epoch)
        }
    }

    @Test("Acknowledged bytes that are gone altogether are missed, because HEADS knew of them")
    func zeroed() throws {
        let (fixture, path, end) = try fixture()
        try fixture.open("closing").close()
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        let zeros = [UInt8](repeating: 0, count: end - SegmentHeader.lengthBytes)
        try after.disk.overwrite(path, at: SegmentHeader.lengthBytes, with: zeros)
        let store = try after.open()
        #expect(try store.incidents().map(\.kind).sorted() == ["damage", "epoch"])
        #expect(!after.acknowledged.map(\.reference.feed.epoch).contains(store.epoch))
    }

    @Test("An error of the disk while recovering is an error, not the end of the log")
    func readError() throws {
        let (fixture, _, _) = try fixture()
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        let plan = FaultPlan { $0.operation == .read && $0.path.hasSuffix(".seg") ? .inputOutput : nil }
        #expect(try failure { _ = try after.open("unlucky", faults: plan) }.code == .inputOutput)
        try after.check(try after.open())
    }

    @Test("Without HEADS, or with any byte of it damaged, everything acknowledged is found, and found once")
    func heads() throws {
        let (fixture, _, _) = try fixture()
        let path = StorePaths(root: StoreFixture.root).heads
        let missing = fixture.on(fixture.disk.crashed(.dropAll))
        try missing.disk.remove(path)
        try missing.check(try missing.open())
        let length = try fixture.disk.contents(path).count
        for start in stride(from: 0, to: length, by: HeadsSlot.lengthBytes * 2) {
            var after = fixture.on(fixture.disk.crashed(.keepAll))
            let noise = [UInt8](repeating: 0xA5, count: HeadsSlot.lengthBytes * 2)
            try after.disk.overwrite(path, at: start, with: noise)
            try after.check(try after.open("first"), "unit at \(start)")
            let calls = after.disk.calls.count
            let second = try after.open("second")
            #expect(!after.disk.calls[calls...].contains { $0.path.contains(".seg") }, "unit at \(start)")
            try after.append("four", with: second)
            try after.check(second, "unit at \(start)")
        }
    }

    @Test("Who found damage and died before opening a new epoch leaves that to the next one")
    func diedBeforeEpoch() throws {
        let (fixture, path, _) = try fixture()
        let damaged = fixture.on(fixture.disk.crashed(.dropAll))
        try damaged.disk.flipBit(path, byte: SegmentHeader.lengthBytes + 20)
        let before = try fixture.open().epoch
        let kill = FaultPlan { $0.operation == .create && $0.path.contains("/SITE") ? .killBefore : nil }
        #expect(try failure { _ = try damaged.open("dying", faults: kill) }.code == .halted)
        let after = damaged.on(damaged.disk.killed())
        let store = try after.open()
        let references = try store.append([[1]], to: .records)
        #expect(store.epoch != before)
        #expect(references.map(\.feed.epoch) == [store.epoch])
    }

    @Test("What a program wrote into SITE right before it was killed is seen by those that run already")
    func siteOfKilled() throws {
        let fixture = try StoreFixture()
        let running = try fixture.open("running")
        _ = try running.append([[1]], to: .records)
        let kill = FaultPlan {
            $0.operation == .rename && $0.destination?.hasSuffix("/SITE") == true ? .killAfter : nil
        }
        let registry = RegistryID(foundedBy: [7])
        let dying = try fixture.open("dying", faults: kill)
        #expect(try failure { try dying.join(registry) }.code == .halted)
        _ = try running.append([[2]], to: .records)
        #expect(running.registry == registry)
    }

    @Test("Damage in one lane repeats nothing of the other in the new epoch")
    func twoLanes() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", to: .urgent, with: store)
        try fixture.append("b", to: .records, with: store)
        let lane = FeedID(site: store.site, epoch: store.epoch, lane: .urgent)
        let slot = try #require(try store.slots().first { $0.feed == lane })
        try fixture.disk.overwrite(try fixture.segments(store, .urgent)[0], at: Int(slot.durableBytes), with: [7])
        try fixture.append("c", to: .records, with: store)
        try fixture.append("d", to: .urgent, with: store)
        try fixture.append("e", to: .records, with: store)
        try fixture.check(store)
    }

    @Test("A damaged replica keeps nobody from opening the store and recording")
    func damagedReplica() throws {
        let sites = try TwoSites()
        try sites.record(40)
        try sites.pull()
        let early = try sites.signed(try sites.origin.head(of: sites.feed, at: 2))
        try sites.replica.attest(early, key: sites.key)
        try sites.replica.close()
        let disk = sites.replicaDisk.crashed(.dropAll)
        let segments = try disk.tree("/srv/store/feeds/\(sites.feed)").filter { $0.hasSuffix("seg") }
        for byte in [300, 420, 600] {
            let after = disk.crashed(.dropAll)
            try after.flipBit(segments[0], byte: byte)
            let store = try sites.reopen(after)
            #expect(try store.append([[1]], to: .records).count == 1)
        }
    }

    @Test("A first segment without a header, of which nobody knows, is set aside and the feed begins anew")
    func headerless() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", to: .urgent, with: store)
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        let process = fixture.disk.process()
        try process.makeDirectories(store.paths.feed(feed))
        try process.createFile(
            "\(store.paths.feed(feed))/\(SegmentName(firstPosition: 1, kind: .raw).fileName)",
            with: [UInt8](repeating: 0, count: 4_096)
        )
        var after = fixture.on(fixture.disk.crashed(.dropAll))
        let again = try after.open()
        try after.append("b", with: again)
        try after.check(again)
    }
}
