import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Repairing from a copy")
struct RepairTests {
    @Test(
        "Whatever happens to whichever segment, a copy brings every entry back",
        arguments: RepairFixture.Harm.allCases
    )
    func anySegment(harm: RepairFixture.Harm) throws {
        let before = try RepairFixture()
        #expect(try before.files().map { $0.hasSuffix(".zseg") } == [true, true, false, false, false])
        for file in try before.files() {
            let after = RepairFixture(before, on: before.disk.killed())
            try after.harm(file, harm)
            let store = try after.open()
            #expect(try store.verifyAll().isDamaged, "\(file)")
            let results = try store.repair(from: try after.source())
            #expect(results.map(\.feed) == [after.feed], "\(file)")
            #expect(
                results.allSatisfy { $0.isWhole && $0.missing.isEmpty && $0.repaired.count == 1 },
                "\(file) \(results)"
            )
            #expect(try store.verifyAll().all.filter { $0.weight == .damage } == [], "\(file)")
            if harm != .gone { #expect(try after.fixture.quarantine().count == 1, "\(file)") }
            try RepairFixture(after, on: after.disk.crashed(.dropAll)).expectWhole("\(file) after a power cut")
            try after.expectWhole("\(file)")
        }
    }

    @Test("Several segments in a row, and the whole folder, come back")
    func several() throws {
        let before = try RepairFixture(seed: 2)
        let files = try before.files()
        let lists = [Array(files[0...1]), Array(files[1...3]), Array(files[3...4]), files, files]
        for (number, lost) in lists.enumerated() {
            let after = RepairFixture(before, on: before.disk.killed())
            for file in lost { try after.harm(file, .gone) }
            if lost == files { try after.disk.remove(after.folder) }
            if number == lists.count - 1 { try after.disk.remove(StorePaths(root: StoreFixture.root).feeds) }
            let store = try after.open()
            let results = try store.repair(from: try after.source())
            #expect(results.allSatisfy { $0.isWhole }, "\(lost): \(results)")
            try after.expectWhole("\(lost)")
        }
    }

    @Test("What recovery found missing after a power cut comes back, and its incident closes")
    func missingEnd() throws {
        let before = try RepairFixture(seed: 3)
        let after = RepairFixture(before, on: before.disk.crashed(.dropAll))
        let last = try #require(try after.files().last)
        try after.harm(last, .cut)
        let store = try after.open()
        #expect(store.epoch != after.feed.epoch)
        #expect(try store.incidents().map(\.kind).sorted() == ["damage", "epoch"])
        #expect(try store.verifyAll().isDamaged)
        let results = try store.repair(from: try after.source())
        #expect(results.allSatisfy { $0.isWhole }, "\(results)")
        #expect(try store.incidents().map(\.kind) == ["epoch"])
        let closed = try #require(try store.allIncidents().first { !$0.isOpen })
        #expect(closed.closing?.how.contains(RepairFixture.copy) == true)
        #expect(try store.feeds().allSatisfy { !$0.isDamaged })
        #expect(try store.verifyAll().all.filter { $0.weight == .damage } == [])
        try after.fixture.check(store)
        try RepairFixture(after, on: after.disk.crashed(.dropAll)).expectWhole("after a power cut")
    }

    @Test("A copy that is damaged at the same place, or of another store, changes nothing and is said")
    func uselessSource() throws {
        let before = try RepairFixture(seed: 4)
        let file = try before.files()[1]
        try before.harm(file, .body)
        let other = try RepairFixture(seed: 5)
        try other.disk.move(RepairFixture.copy, to: "/mnt/other")
        for source in [StoreFixture.root, "/mnt/other"] {
            let after = RepairFixture(before, on: before.disk.killed())
            let disk = source == StoreFixture.root ? after.disk : other.disk
            let image = try after.disk.contents("\(after.folder)/\(file)")
            let store = try after.open()
            do {
                let results = try store.repair(from: try StoreCopy(at: source, in: disk.process()))
                #expect(results.map(\.missing) == [[4...6]])
                #expect(results.allSatisfy { !$0.isWhole && $0.repaired.isEmpty })
            } catch {
                #expect(error.code == .corrupted)
            }
            #expect(try after.disk.contents("\(after.folder)/\(file)") == image)
            #expect(try after.disk.process().listDirectory(store.paths.temporary) == [])
            #expect(try store.verifyAll().isDamaged)
        }
    }

    @Test(
        "A backup brings entries back with the site's own key, without the paper",
        arguments: RepairFixture.Harm.allCases
    )
    func backup(harm: RepairFixture.Harm) throws {
        let path = "/mnt/backup"
        let before = try RepairFixture(seed: 8)
        try before.backUp(to: path)
        for file in try before.files() {
            let after = RepairFixture(before, on: before.disk.killed())
            try after.harm(file, harm)
            let store = try after.open()
            #expect(try store.verifyAll().isDamaged, "\(file)")
            let results = try store.repair(from: try store.copy(at: path))
            #expect(results.count == 1 && results.allSatisfy { $0.isWhole }, "\(file) \(results)")
            try after.expectWhole("\(file)")
        }
    }

    @Test("A damaged backup, one of another site, and one that was never finished bring nothing and break nothing")
    func uselessBackup() throws {
        let path = "/mnt/backup"
        let before = try RepairFixture(seed: 9)
        try before.backUp(to: path)
        let after = RepairFixture(before, on: before.disk.killed())
        let file = try after.files()[1]
        try after.harm(file, .body)
        for object in try after.disk.process().listDirectory("\(path)/objects") {
            let place = "\(path)/objects/\(object)"
            if try after.disk.process().status(place)?.kind == .directory {
                for name in try after.disk.process().listDirectory(place) {
                    try after.disk.flipBit("\(place)/\(name)", byte: 40)
                }
            } else {
                try after.disk.flipBit(place, byte: 40)
            }
        }
        let store = try after.open()
        let failed = try failure { _ = try store.repair(from: try store.copy(at: path)) }
        #expect(failed.code == .corrupted)
        #expect(try store.verifyAll().isDamaged)
        #expect(try after.disk.process().listDirectory(store.paths.temporary) == [])

        let other = try RepairFixture(seed: 10)
        let stranger = try other.open("stranger")
        try other.disk.process().makeDirectories(path)
        let label = try before.disk.contents("\(path)/BACKUP")
        try other.disk.process().createFile("\(path)/BACKUP", with: label)
        #expect(try failure { _ = try stranger.copy(at: path) }.code == .invalidArgument)
        for name in try before.disk.process().listDirectory(path) where name.hasPrefix("manifest-") {
            try before.disk.remove("\(path)/\(name)")
        }
        let same = try before.open("same")
        #expect(try failure { _ = try same.copy(at: path) }.code == .notFound)
    }

    @Test("What is no copy of a store is said")
    func noCopy() throws {
        let before = try RepairFixture(seed: 6)
        #expect(try failure { _ = try StoreCopy(at: "/mnt/none", in: before.disk.process()) }.code == .notFound)
        #expect(try failure { _ = try StoreCopy(at: "/mnt", in: before.disk.process()) }.code == .notAStore)
        #expect(throws: Never.self) { try StoreCopy(at: RepairFixture.copy + "/feeds", in: before.disk.process()) }
    }

    @Test("Damaged statements need no source")
    func checkpoints() throws {
        let before = try RepairFixture(seed: 7)
        let path = before.folder + "/CHECKPOINTS"
        try before.disk.process().createFile(path, with: [UInt8](repeating: 5, count: Checkpoint.lengthBytes))
        let store = try before.open()
        #expect(try store.verifyAll().isDamaged)
        #expect(try store.repair(from: nil).allSatisfy { $0.isWhole })
        #expect(try before.fixture.quarantine().count == 1)
        try before.expectWhole("statements")
    }

    @Test("An accepted loss stays named, is no damage, and can still be repaired; what is new is damage")
    func accepted() throws {
        let before = try RepairFixture(seed: 8)
        let files = try before.files()
        try before.harm(files[1], .body)
        let store = try before.open()
        let report = try store.verifyAll()
        #expect(LogStore.lostEntries(in: report) == 3)
        let recorded = try store.acceptLoss(of: report, by: "li", reason: "No copy.")
        #expect(recorded.map(\.positions) == [4...6])
        #expect(recorded.first?.closing?.by == "li")
        let later = try store.verifyAll()
        #expect(!later.isDamaged)
        #expect(later.all.contains { $0.weight == .accepted && $0.location.positions == 4...6 })
        try before.harm(files[2], .body)
        #expect(try store.verifyAll().isDamaged)
        #expect(try store.repair(from: try before.source()).allSatisfy { $0.isWhole })
        try before.expectWhole("after all")
    }

    // MARK: - Crashes

    private static func isIntactOrNamed(
        _ reference: EntryReference,
        _ bytes: [UInt8],
        in store: LogStore
    ) throws(StorageError) -> Bool {
        do throws(StorageError) {
            return try store.entry(reference) == bytes
        } catch {
            guard error.code == .corrupted || error.code == .notFound else { throw error }
            return true
        }
    }

    @Test(
        "Killed or without power at any call of a repair, nothing more is lost and the next repair ends it",
        arguments: [0, 2, 4]
    )
    func crashes(segment: Int) throws {
        let before = try RepairFixture(seed: 20 + UInt64(segment))
        try before.harm(try before.files()[segment], .body)
        let store = try before.open("repairer")
        let judged = try CrashSweep(singleItems: 2, seededCuts: 1).run(on: before.disk) {
            _ = try store.repair(from: try before.source())
        } judge: { disk, point in
            let after = RepairFixture(before, on: disk)
            let store = try after.open("judge")
            // Every entry reads as it was, or as damaged.
            for (reference, bytes) in after.fixture.acknowledged {
                guard try Self.isIntactOrNamed(reference, bytes, in: store) else { throw Wrong("another entry") }
            }
            _ = try store.append([[1, 2, 3]], to: .urgent)
            _ = try store.repair(from: try after.source())
            let report = try store.verifyAll()
            guard !report.isDamaged else { throw Wrong("\(report.all)") }
            for (reference, bytes) in after.fixture.acknowledged {
                guard try store.entry(reference) == bytes else { throw Wrong("\(reference) did not come back") }
            }
            guard try store.append([[9]], to: .records).count == 1 else { throw Wrong("nothing is recorded") }
            let last = try store.verifyAll()
            guard !last.isDamaged else { throw Wrong("recorded: \(last.all)") }
        }
        #expect(judged > 40)
    }

    @Test(
        "Whatever fails at whatever call of a repair, nothing more is lost and the next repair ends it",
        arguments: [DiskFault.inputOutput, .noSpace, .shortWrite, .readOnly, .killDuring]
    )
    func faults(fault: DiskFault) throws {
        let before = try RepairFixture(seed: 30)
        try before.harm(try before.files()[1], .end)
        try before.harm(try before.files()[3], .body)
        let start = before.disk.killed()
        let calls = try FaultSweep.run(fault, from: start) { (process) throws(StorageError) in
            let store = try LogStore.open(at: StoreFixture.root, in: process.surroundings)
            _ = try store.repair(from: try StoreCopy(at: RepairFixture.copy, in: process))
        } judge: { disk, _ in
            let after = RepairFixture(before, on: disk.killed())
            let store = try after.open()
            let results = try store.repair(from: try after.source())
            guard results.allSatisfy({ $0.isWhole }) else { throw Wrong("\(results)") }
            let report = try store.verifyAll()
            guard !report.isDamaged else { throw Wrong("\(report.all)") }
            try after.fixture.check(store)
        }
        #expect(calls > 40)
    }
}
