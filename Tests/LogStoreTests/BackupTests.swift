import Crypto
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Backup and restore")
struct BackupTests {
    private static let backup = "/srv/backup"
    private static let restored = "/srv/restored"

    /// A store with some segments, its key for backups, and the disk.
    private func fixture(segmentBytes: Int = 700) throws -> (StoreFixture, LogStore, BackupKey) {
        var fixture = try StoreFixture()
        let store = try fixture.open("writer", segmentBytes: segmentBytes)
        let key = BackupKey()
        try store.useBackupKey(key)
        for number in 0..<12 { try fixture.append("entry \(number)", "and \(number)", with: store) }
        try fixture.append("urgent", to: .urgent, with: store)
        return (fixture, store, key)
    }

    private func restore(
        _ disk: SimulatedDisk,
        _ key: BackupKey,
        acceptingLoss: Bool = false
    ) throws(StorageError) -> (store: LogStore, result: RestoreResult) {
        try LogStore.restore(
            from: Self.backup,
            with: key,
            to: Self.restored,
            in: disk.process("restorer").surroundings,
            acceptingLoss: acceptingLoss
        )
    }

    @Test("A backup restores every entry on another machine, with the key on paper alone")
    func wholeWay() throws {
        let (fixture, store, key) = try fixture()
        let result = try store.backUp(to: Self.backup)
        #expect(result.entries == 25 && result.damage.isEmpty && result.copiedSegments > 3)
        let other = fixture.disk.cloned(machineID: "machine-2")
        try other.remove(StoreFixture.root)
        let (restored, told) = try restore(other, try BackupKey(typed: key.text))
        #expect(told.entries == 25)
        #expect(told.ownHeads[.records]?.position == 24)
        #expect(told.oldEpoch == store.epoch && told.newEpoch == restored.epoch && restored.epoch != store.epoch)
        try fixture.check(restored)
        #expect(try restored.incidents().map(\.kind) == ["epoch"])
        #expect(restored.record.parents.last?.heads[.records]?.position == 24)
        let references = try restored.append([[1]], to: .records)
        #expect(references.map(\.feed.epoch) == [told.newEpoch], "one new epoch, not two")
        #expect(try restored.verify().allSatisfy { !$0.isDamaged })
    }

    @Test("Only what is new is copied, and nothing at all when nothing is")
    func incremental() throws {
        var (fixture, store, key) = try fixture()
        let first = try store.backUp(to: Self.backup)
        let second = try store.backUp(to: Self.backup)
        #expect(second.copiedSegments == 0 && second.copiedBytes == 0)
        #expect(second.keptSegments == first.copiedSegments)
        #expect(second.generation == 2)
        try fixture.append("later", with: store)
        let third = try store.backUp(to: Self.backup)
        #expect(third.copiedSegments == 1 && third.entries == 26)
        let sealed = try store.seal()
        let fourth = try store.backUp(to: Self.backup, verifyingAll: true)
        #expect(fourth.copiedSegments == sealed?.segments, "each sealed segment once")
        let objects = try fixture.disk.tree(Self.backup).count { $0.hasPrefix("\(Self.backup)/objects/") }
        #expect(objects == fourth.copiedSegments + fourth.keptSegments, "nothing that nobody needs is left")
        try fixture.check(try restore(fixture.disk.killed(), key).store)
    }

    @Test("Nothing of the store can be read in the backup without a key")
    func sealed() throws {
        var (fixture, store, _) = try fixture()
        try fixture.append("Chen Dawen, pneumonitis", with: store)
        _ = try store.backUp(to: Self.backup)
        let secrets = [
            Array("pneumonitis".utf8), Array(store.identity.signingKey.rawRepresentation),
            Array(Array(store.identity.signingKey.rawRepresentation).hexadecimal.utf8), Array("AbscSeg".utf8),
        ]
        for path in try fixture.disk.tree(Self.backup) where try fixture.disk.process().status(path)?.kind == .file {
            let bytes = try fixture.disk.contents(path)
            for secret in secrets { #expect(!bytes.contains(secret), "\(path)") }
        }
        #expect(try failure { _ = try restore(fixture.disk.killed(), BackupKey()) }.code == .invalidArgument)
    }

    @Test("What a crash leaves of the second backup restores to the first or the second, whole")
    func crashes() throws {
        let (first, store, key) = try fixture(segmentBytes: 1200)
        var fixture = first
        _ = try store.backUp(to: Self.backup)
        try fixture.append("later", with: store)
        let path = Self.backup
        let judged = try CrashSweep(singleItems: 2, seededCuts: 1).run(on: fixture.disk) {
            _ = try store.backUp(to: path)
        } judge: { disk, _ in
            let surroundings = disk.process("restorer").surroundings
            let (restored, result) = try LogStore.restore(
                from: path,
                with: key,
                to: "/srv/restored",
                in: surroundings
            )
            guard result.entries == 25 || result.entries == 26, try restored.verify().allSatisfy({ !$0.isDamaged })
            else { throw StorageError(.corrupted, "\(result.entries) entries") }
            // And the interrupted one is simply made again.
            let again = try LogStore.open(at: StoreFixture.root, in: disk.process("again").surroundings)
            guard try again.backUp(to: path, verifyingAll: true).entries == 26 else {
                throw StorageError(.corrupted, "made again, and not whole")
            }
        }
        #expect(judged > 20)
    }

    @Test("A first backup that is interrupted is finished by the next, without copying twice what was whole")
    func resumes() throws {
        let (fixture, store, key) = try fixture()
        let process = fixture.disk.process(
            "unlucky",
            faults: FaultPlan { call in
                call.path.contains("/manifest-") ? .noSpace : nil
            }
        )
        let unlucky = try LogStore.open(at: StoreFixture.root, in: process.surroundings)
        #expect(try failure { _ = try unlucky.backUp(to: Self.backup) }.code == .noSpace)
        #expect(try failure { _ = try restore(fixture.disk.killed(), key) }.code == .notFound)
        let result = try store.backUp(to: Self.backup)
        #expect(result.copiedBytes == 0 && result.entries == 25)
        try fixture.check(try restore(fixture.disk.killed(), key).store)
    }

    @Test("Every changed byte of a backup is noticed when it is restored, and made good by the next whole check")
    func flips() throws {
        let (fixture, store, key) = try fixture(segmentBytes: 3000)
        _ = try store.backUp(to: Self.backup)
        for path in try fixture.disk.tree("\(Self.backup)/objects")
        where try fixture.disk.process().status(path)?.kind == .file {
            for byte in stride(from: 0, to: try fixture.disk.contents(path).count, by: 97) {
                let disk = fixture.disk.killed()
                try disk.flipBit(path, byte: byte)
                #expect(try failure { _ = try restore(disk, key) }.code == .corrupted, "\(path) at \(byte)")
                #expect(try !disk.process().exists(Self.restored), "nothing is left of a refused restore")
            }
        }
        let disk = fixture.disk.killed()
        let object = try #require(
            try disk.tree("\(Self.backup)/objects").first { $0.hasPrefix("\(Self.backup)/objects/") }
        )
        try disk.flipBit(object, byte: 60)
        let other = fixture.on(disk)
        #expect(try other.open("checker").backUp(to: Self.backup, verifyingAll: true).copiedSegments == 1)
        try fixture.check(try restore(disk, key).store)
    }

    @Test(
        "A backup whose only list is damaged is a damaged one, and none that was never finished",
        arguments: [0, 40, -1]
    )
    func damagedList(byte: Int) throws {
        let (fixture, store, key) = try fixture()
        _ = try store.backUp(to: Self.backup)
        let disk = fixture.disk.killed()
        let lists = try disk.tree(Self.backup).filter { $0.contains("/manifest-") }
        try #require(lists.count == 1)
        try disk.flipBit(lists[0], byte: byte < 0 ? disk.contents(lists[0]).count + byte : byte)
        for accepting in [false, true] {
            let refused = try failure { _ = try restore(disk, key, acceptingLoss: accepting) }
            #expect(refused.code == .corrupted && refused.location?.path == lists[0])
        }
        let other = try fixture.on(disk).open("other")
        #expect(try failure { _ = try other.copy(at: Self.backup) }.code == .corrupted)
        // What only that backup still holds is not removed by another one into the same folder.
        let before = try disk.tree(Self.backup)
        #expect(try failure { _ = try other.backUp(to: Self.backup) }.code == .corrupted)
        #expect(try disk.tree(Self.backup) == before)
    }

    @Test("The rest of a damaged backup is restored on demand, and what is missing is named")
    func acceptsLoss() throws {
        let (fixture, store, key) = try fixture()
        _ = try store.backUp(to: Self.backup)
        let disk = fixture.disk.killed()
        let object = try #require(
            try disk.tree("\(Self.backup)/objects").first { $0.hasPrefix("\(Self.backup)/objects/") }
        )
        try disk.flipBit(object, byte: 60)
        let (restored, result) = try restore(disk, key, acceptingLoss: true)
        let lost = try #require(result.damage.first?.location?.positions)
        #expect(result.damage.count == 1 && result.entries == 25 - UInt64(lost.count))
        #expect(try restored.append([[1]], to: .records).count == 1)
    }

    @Test("A damaged store does not damage its backup")
    func keepsWhatTheStoreLost() throws {
        var (fixture, store, key) = try fixture()
        _ = try store.backUp(to: Self.backup)
        let path = try fixture.segments(store)[0]
        try fixture.disk.flipBit(path, byte: 400)
        try fixture.append("later", with: store)
        // The segment did not change as far as the backup can see without reading it.
        #expect(try store.backUp(to: Self.backup, verifyingAll: true).damage.isEmpty)
        try fixture.disk.remove(path)
        let result = try store.backUp(to: Self.backup)
        #expect(result.entries == 26)
        try fixture.check(try restore(fixture.disk.killed(), key).store)
    }

    @Test("An older store backed up over a newer backup takes nothing away from it")
    func olderStore() throws {
        var (fixture, store, key) = try fixture()
        let old = fixture.disk.killed()
        for _ in 0..<6 { try fixture.append("later", with: store) }
        _ = try store.backUp(to: Self.backup)
        let entries = UInt64(fixture.acknowledged.count)
        // The machine went back, the stick did not.
        let disk = fixture.disk.killed()
        for path in try old.tree(StoreFixture.root) where try old.process().status(path)?.kind == .file {
            let bytes = try old.contents(path)
            if try disk.process().exists(path) { try disk.truncate(path, to: 0) }
            try disk.overwrite(path, at: 0, with: bytes)
        }
        let result = try LogStore.open(at: StoreFixture.root, in: disk.process().surroundings)
            .backUp(to: Self.backup)
        #expect(result.feedsBeyondStore > 0)
        #expect(result.entries >= entries)
        let (restored, told) = try restore(disk, key)
        #expect(told.entries >= entries)
        try fixture.check(restored)
    }

    @Test("Writers go on meanwhile, and nothing beyond the published head is taken")
    func hot() throws {
        let (fixture, store, key) = try fixture()
        let writer = try fixture.open("busy", segmentBytes: 700)
        let written = Recorded<EntryReference>()
        // Somebody appends before every write of the backup.
        fixture.disk.observeBefore { call in
            guard call.path.hasPrefix(Self.backup + "/objects/"), call.operation == .write else { return }
            do {
                for reference in try writer.append([[1, 2, 3]], to: .records) { written.append { reference } }
            } catch {
                Issue.record("\(error)")
            }
        }
        let result = try store.backUp(to: Self.backup)
        fixture.disk.observeBefore(nil)
        #expect(try written.values().count >= 3)
        #expect(result.entries == 25)
        #expect(try restore(fixture.disk.killed(), key).result.entries == 25)
    }

    @Test("What can not be a place for a backup is refused, and nothing is written there")
    func places() throws {
        let (fixture, store, _) = try fixture()
        let process = fixture.disk.process("other")
        try process.makeDirectory("/srv/full")
        try process.createFile("/srv/full/letter", with: [1])
        _ = try LogStore.create(at: "/srv/other", alias: "XY", in: process.surroundings)
        for path in [StoreFixture.root, StoreFixture.root + "/backup", "/srv", "/srv/full", "/srv/other"] {
            let before = try fixture.disk.tree()
            #expect(try failure { _ = try store.backUp(to: path) }.code == .invalidArgument, "\(path)")
            #expect(try fixture.disk.tree() == before)
        }
        let other = try LogStore.open(at: "/srv/other", in: process.surroundings)
        #expect(try failure { _ = try other.backUp(to: Self.backup) }.code == .notFound, "no key yet")
        try other.useBackupKey(BackupKey())
        _ = try other.backUp(to: Self.backup)
        #expect(try failure { _ = try store.backUp(to: Self.backup) }.code == .invalidArgument, "another site's")
        #expect(try failure { _ = try restore(fixture.disk, BackupKey()) }.code == .invalidArgument)
    }

    @Test("A full disk is told in a sentence before or while copying, and the earlier backup stays")
    func fullDisk() throws {
        var (fixture, store, key) = try fixture()
        _ = try store.backUp(to: Self.backup)
        for _ in 0..<8 { try fixture.append(String(repeating: "x", count: 300), with: store) }
        fixture.disk.setFreeSpace(bytes: 2_000)
        #expect(try failure { _ = try store.backUp(to: Self.backup) }.code == .noSpace)
        fixture.disk.setCapacity(bytes: nil)
        #expect(try restore(fixture.disk.killed(), key).result.entries == 25)
    }

    @Test("A new key opens the next backup, and the old one does not")
    func newKey() throws {
        let (fixture, store, old) = try fixture()
        _ = try store.backUp(to: Self.backup)
        let key = BackupKey()
        try store.useBackupKey(key)
        _ = try store.backUp(to: Self.backup)
        #expect(try failure { _ = try restore(fixture.disk.killed(), old) }.code == .invalidArgument)
        try fixture.check(try restore(fixture.disk.killed(), key).store)
    }

    @Test("A key read from paper is told from a mistyped one")
    func typedKey() throws {
        let key = BackupKey()
        #expect(key.text.split(separator: " ").count == 18)
        let again = try BackupKey(typed: key.text.uppercased().replacing(" ", with: "-"))
        #expect(again.text == key.text)
        for index in key.text.indices where key.text[index] != " " {
            var typed = key.text
            typed.replaceSubrange(index...index, with: typed[index] == "7" ? "8" : "7")
            #expect(try failure { _ = try BackupKey(typed: typed) }.code == .invalidArgument)
        }
        for typed in ["", "key", String(key.text.dropLast()), key.text + " 0000"] {
            #expect(try failure { _ = try BackupKey(typed: typed) }.code == .invalidArgument)
        }
    }

    @Test("An existing store is never restored over")
    func existing() throws {
        let (fixture, store, key) = try fixture()
        _ = try store.backUp(to: Self.backup)
        let thrown = try failure {
            _ = try LogStore.restore(
                from: Self.backup,
                with: key,
                to: StoreFixture.root,
                in: fixture.disk.process().surroundings
            )
        }
        #expect(thrown.code == .alreadyExists)
        try fixture.check(store)
    }

    @Test("What the caller gives is given back before the store is there")
    func extras() throws {
        let (fixture, store, key) = try fixture()
        let large = [UInt8](repeating: 7, count: 100_000)
        _ = try store.backUp(to: Self.backup) { (former) throws(StorageError) in
            #expect(former.isEmpty)
            return [BackupExtra(name: "large", bytes: large), BackupExtra(name: "small", bytes: [1])]
        }
        // Who can not read them any more keeps what the backup has.
        _ = try store.backUp(to: Self.backup) { (former) throws(StorageError) in
            #expect(former.map(\.name) == ["small", "large"] && former.map(\.bytes) == [[1], large])
            return []
        }
        let given = Recorded<[UInt8]>()
        let disk = fixture.disk.killed()
        let surroundings = disk.process().surroundings
        _ = try LogStore.restore(
            from: Self.backup,
            with: key,
            to: Self.restored,
            in: surroundings,
            placing: { (extras, root) throws(StorageError) in
                #expect(root != Self.restored)
                for extra in extras { given.append { extra.bytes } }
            }
        )
        #expect(try given.values() == [[1], large])
    }

    @Test("A moment is written as a date")
    func moments() {
        #expect(UTCMinute.text(0) == "1970-01-01 00:00 UTC")
        #expect(UTCMinute.text(1_795_271_999_999) == "2026-11-21 14:39 UTC")
        #expect(UTCMinute.text(951_827_696_000) == "2000-02-29 12:34 UTC")
        #expect(UTCMinute.text(-1) == "1969-12-31 23:59 UTC")
    }
}
