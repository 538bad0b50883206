import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("What is left by a restore that was killed")
struct UnfinishedStoreTests {
    private static let backup = "/srv/backup"
    private static let restored = "/srv/restored"

    /// A disk with a backup on it, and what opens that.
    private func fixture() throws -> (StoreFixture, BackupKey) {
        var fixture = try StoreFixture()
        let store = try fixture.open("writer")
        let key = BackupKey()
        try store.useBackupKey(key)
        try fixture.append("one", "two", with: store)
        _ = try store.backUp(to: Self.backup)
        try store.close()
        return (fixture, key)
    }

    private static func restore(
        _ process: SimulatedProcess,
        _ key: BackupKey,
        meanwhile work: () throws(StorageError) -> Void = { () throws(StorageError) in }
    ) throws(StorageError) -> RestoreResult {
        try LogStore.restore(
            from: backup,
            with: key,
            to: restored,
            in: process.surroundings,
            placing: { (_, _) throws(StorageError) in try work() }
        ).result
    }

    private static func folder(_ digits: String) -> String { "\(restored).new-\(digits)" }

    /// What lies beside the place and is named as a store in the making.
    private func folders(_ disk: SimulatedDisk) throws -> [String] {
        try disk.process().listDirectory("/srv").map { "/srv/\($0)" }.filter { $0.hasPrefix(Self.folder("")) }
    }

    @Test("Whatever call it was killed at, the next one to the same place removes what it left")
    func killed() throws {
        let (fixture, key) = try fixture()
        var removed = 0
        let judged = try FaultSweep.run(.killAfter, from: fixture.disk) { process throws(StorageError) in
            _ = try Self.restore(process, key)
        } judge: { disk, failure in
            guard failure != nil, try !disk.process().exists(Self.restored) else { return }
            let left = try folders(disk)
            let result = try Self.restore(disk.process("next"), key)
            let kept = try folders(disk)
            #expect(result.removedFolders == left.filter { !kept.contains($0) })
            #expect(result.keptFolders == kept)
            // Killed before it made its lock, it had made nothing else.
            for folder in kept { #expect(try disk.process().listDirectory(folder).isEmpty) }
            removed += result.removedFolders.count
        }
        #expect(judged > 40 && removed > 20)
    }

    @Test("Killed while it removes what another left, it leaves nothing that the next one does not remove")
    func killedRemoving() throws {
        let (fixture, key) = try fixture()
        let plan = FaultPlan { $0.path.hasSuffix("/SITE") && $0.operation == .create ? .killAfter : nil }
        #expect(try failure { _ = try Self.restore(fixture.disk.process("first", faults: plan), key) }.code == .halted)
        var removed = 0
        try FaultSweep.run(.killAfter, from: fixture.disk) { process throws(StorageError) in
            _ = try UnfinishedStore.removeLeft(beside: Self.restored, in: process.surroundings)
        } judge: { disk, _ in
            let left = try folders(disk)
            let result = try Self.restore(disk.process("next"), key)
            // The folder is the last to go: right before, it is empty.
            for folder in try folders(disk) { #expect(try disk.process().listDirectory(folder).isEmpty) }
            #expect(result.removedFolders + result.keptFolders == left)
            removed += result.removedFolders.count
        }
        #expect(removed > 5)
    }

    @Test("One that is at work is left alone, and the first to be through has the place")
    func atWork() throws {
        let (fixture, key) = try fixture()
        let disk = fixture.disk
        let results = Recorded<RestoreResult>()
        let error = try failure {
            _ = try Self.restore(disk.process("slow"), key) { () throws(StorageError) in
                let result = try Self.restore(disk.process("fast"), key)
                results.append { result }
            }
        }
        #expect(error.code == .alreadyExists)
        let result = try #require(try results.values().first)
        #expect(result.removedFolders.isEmpty && result.keptFolders.isEmpty)
        #expect(try folders(disk).isEmpty)
        let store = try LogStore.open(at: Self.restored, in: disk.process("later").surroundings)
        #expect(try store.verifyAll().provenEntries == 2)
    }

    @Test("What has no lock, what was opened as a store, what is another's and what is called otherwise stays")
    func stays() throws {
        let (fixture, key) = try fixture()
        let disk = fixture.disk
        let process = disk.process("other")
        let kept = [Self.folder("0123456789abcdef"), Self.folder("1123456789abcdef")]
        try process.makeDirectories(kept[0] + "/feeds")
        try disk.copyTree(StoreFixture.root, to: kept[1])
        let foreign = Self.folder("2123456789abcdef")
        let others = [
            foreign, Self.folder("0123456789ABCDEF"), Self.folder("0123456789abcde"), Self.folder("0123456789abcdef0"),
            Self.restored + ".old-0123456789abcdef",
        ]
        for path in others {
            try process.makeDirectory(path)
            try process.createFile(path + "/LOCK", with: [])
        }
        try disk.setStatus(foreign, ownerID: 7)
        try process.createFile(Self.folder("3123456789abcdef"), with: [])
        let before = try disk.tree("/srv")
        let result = try Self.restore(disk.process("restorer"), key)
        #expect(result.removedFolders.isEmpty && result.keptFolders == kept)
        #expect(try Set(disk.tree("/srv")).isSuperset(of: before))
    }

    @Test("Who opens the store can ask what lies beside it; what somebody is making is not named")
    func named() throws {
        let (fixture, key) = try fixture()
        let disk = fixture.disk
        let plan = FaultPlan { $0.path.hasSuffix("/SITE") && $0.operation == .create ? .killAfter : nil }
        #expect(try failure { _ = try Self.restore(disk.process("dying", faults: plan), key) }.code == .halted)
        let left = try folders(disk)
        #expect(left.count == 1)
        let store = try LogStore.create(at: Self.restored, alias: "XY", in: disk.process("maker").surroundings)
        let making = disk.process("making")
        let unfinished = UnfinishedStore(of: Self.restored, nonce: "0123456789abcdef")
        let lock = try unfinished.begin(in: making)
        #expect(try store.unfinishedFolders() == left)
        withExtendedLifetime(lock) {}
        making.kill()
        #expect(try store.unfinishedFolders() == (left + [unfinished.paths.root]).sorted())
    }
}
