import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Stores that lack a part no store is without")
struct MissingPartTests {
    private static let paths = StorePaths(root: StoreFixture.root)

    /// A store with two records and an urgent one, closed.
    private func fixture() throws -> (StoreFixture, EpochID) {
        var fixture = try StoreFixture()
        let writer = try fixture.open("writer")
        try fixture.append("one", "two", with: writer)
        try fixture.append("urgent", to: .urgent, with: writer)
        try writer.close()
        return (fixture, writer.epoch)
    }

    @Test(
        "A file that is missing is damage, with what helps; nothing is changed, and all is well when it is back",
        arguments: ["FORMAT", "SITE", "LOCK"]
    )
    func file(name: String) throws {
        let (fixture, _) = try fixture()
        let after = fixture.on(fixture.disk.killed())
        let path = "\(StoreFixture.root)/\(name)"
        let bytes = try after.disk.contents(path)
        try after.disk.remove(path)
        let before = try after.disk.tree()
        let error = try failure { _ = try after.open() }
        #expect(error.code == .corrupted)
        #expect(error.location?.path == path)
        #expect(error.message.contains("lacks its \(name)") && error.message.contains("abscope restore"))
        #expect(try after.disk.tree() == before)
        try after.disk.process().createFile(path, with: bytes)
        try after.check(try after.open("later"))
    }

    @Test("Without FORMAT a folder is an empty place only when nothing else of a store is there")
    func restOfStore() throws {
        let (fixture, _) = try fixture()
        for part in ["SITE", "site.key", "HEADS", "feeds"] {
            let disk = fixture.disk.killed()
            for name in try disk.process().listDirectory(StoreFixture.root) where name != part {
                try disk.remove("\(StoreFixture.root)/\(name)")
            }
            let error = try failure { _ = try fixture.on(disk).open() }
            #expect(error.code == .corrupted && error.location?.path == Self.paths.format, "\(part)")
            #expect(!error.message.contains("abscope init"), "\(part)")
            try disk.remove("\(StoreFixture.root)/\(part)")
            // Somebody else's folder of that name.
            try disk.process().makeDirectories("\(StoreFixture.root)/feeds/news")
            let other = try failure { _ = try fixture.on(disk).open() }
            #expect(other.code == .notAStore && other.message.contains("abscope init"), "\(part)")
        }
    }

    // MARK: - The folder of all feeds

    @Test(
        "Without the folder of feeds recording goes on in a new epoch, and what was in it is missed for good",
        arguments: [false, true]
    )
    func feeds(afterRestart: Bool) throws {
        let (fixture, epoch) = try fixture()
        let after = fixture.on(afterRestart ? fixture.disk.crashed(.dropAll) : fixture.disk.killed())
        try after.disk.remove(Self.paths.feeds)
        let store = try after.open("next")
        let records = try store.append([[3]], to: .records)
        let urgent = try store.append([[4]], to: .urgent)
        #expect(store.epoch != epoch)
        for reference in records + urgent {
            #expect(reference.feed.epoch == store.epoch && reference.position == 1)
        }
        try expectMissed(in: store, of: epoch)
        let again = try after.on(after.disk.crashed(.dropAll)).open("again")
        #expect(again.epoch == store.epoch)
        #expect(try records.map { try again.entry(of: $0.feed, at: $0.position) } == [[3]])
        #expect(try urgent.map { try again.entry(of: $0.feed, at: $0.position) } == [[4]])
        try expectMissed(in: again, of: epoch)
    }

    private func expectMissed(in store: LogStore, of epoch: EpochID) throws {
        let reports = try store.verifyAll().feeds
        for (lane, count) in [(Lane.records, UInt64(2)), (Lane.urgent, 1)] {
            let feed = FeedID(site: store.site, epoch: epoch, lane: lane)
            #expect(reports.first { $0.feed == feed }?.lostPositions == [1...count], "\(feed)")
        }
        #expect(try Set(store.incidents().map(\.kind)) == ["damage", "epoch"])
    }

    @Test(
        "Where HEADS is gone with the folder of feeds an incident says so, once, and no position is used again",
        arguments: [false, true]
    )
    func feedsAndHeads(afterRestart: Bool) throws {
        let (fixture, epoch) = try fixture()
        let after = fixture.on(afterRestart ? fixture.disk.crashed(.dropAll) : fixture.disk.killed())
        try after.disk.remove(Self.paths.feeds)
        try after.disk.remove(Self.paths.heads)
        let store = try after.open("next")
        #expect(store.epoch != epoch)
        #expect(try store.append([[3]], to: .records).map(\.feed.epoch) == [store.epoch])
        let again = try after.open("again")
        #expect(try again.incidents().map(\.kind).sorted() == ["damage", "epoch"])
        let damage = try again.incidents().first { $0.kind == Incident.damageKind }
        #expect(damage?.text.contains("The folder of all feeds is gone") == true)
    }

    @Test("A store without entries, whose empty folder of feeds a copying tool left out, lost nothing")
    func nothingRecorded() throws {
        let fixture = try StoreFixture()
        let after = fixture.on(fixture.disk.crashed(.keepAll))
        try after.disk.remove(Self.paths.feeds)
        let store = try after.open()
        #expect(try store.append([[1]], to: .records).map(\.position) == [1])
        #expect(try store.incidents().isEmpty)
        #expect(try store.verifyAll().all == [])
    }

    @Test("A crash at any call of recording without the folder of feeds loses nothing that is acknowledged since")
    func crashes() throws {
        let (fixture, _) = try fixture()
        let start = fixture.on(fixture.disk.killed())
        try start.disk.remove(Self.paths.feeds)
        let acknowledged = Recorded<EntryReference>()
        let judged = try CrashSweep(singleItems: 2, seededCuts: 1).run(on: start.disk) {
            let store = try start.open("recorder")
            for reference in try store.append([[3]], to: .records) { acknowledged.append { reference } }
        } judge: { disk, _ in
            let after = start.on(disk)
            let references = try after.open("next").append([[3]], to: .records) + acknowledged.values()
            let last = try after.on(disk.crashed(.dropAll)).open("last")
            for reference in references {
                guard try last.entry(of: reference.feed, at: reference.position) == [3] else {
                    throw Wrong("\(reference) is another entry")
                }
            }
        }
        #expect(judged > 20)
    }

    @Test("An upgrade does not take a store whose folder of feeds is gone for one without entries")
    func upgrade() throws {
        let (fixture, _) = try fixture()
        let disk = fixture.disk.killed()
        let format = try StoreFormat(at: Self.paths, in: disk.process())
        var record = TextRecord(title: "abscope store 0")
        record.add("store", format.store)
        try disk.process().replaceFile(Self.paths.format, with: record.encoded)
        try disk.remove(Self.paths.feeds)
        let error = try failure {
            _ = try LogStore.upgrade(at: StoreFixture.root, in: disk.process().surroundings)
        }
        #expect(error.code == .corrupted && error.location?.path == Self.paths.feeds)
    }
}
