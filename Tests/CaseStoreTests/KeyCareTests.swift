import CaseModel
import Foundation
import GRDB
import LogStore
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

extension Clinic {
    /// Takes the file of keys away, and what lies beside it.
    func removeKeyFile() throws {
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(log.root) where name.hasPrefix("keys.sqlite") {
            try disk.unlink("\(log.root)/\(name)")
        }
    }

    /// Puts another file of keys in its place: an old one, as a person brought it back.
    func replaceKeyFile(with rows: [KeyRow]) throws -> PersonKeyStore {
        try removeKeyFile()
        let keys = PersonKeyStore(path: "\(log.root)/keys.sqlite", fileSystem: surroundings.fileSystem)
        _ = try keys.keep(rows)
        return keys
    }
}

/// Keys that were lost or altered, and what brings them back: a backup that still has them, or another site.
@Suite("Keys that were lost or altered")
struct KeyCareTests {
    enum Harm: CaseIterable {
        case fileLost, fileEmptied, keyAltered, keyLost
    }

    /// Does it to the keys of a clinic, and opens its records again.
    private func harm(_ clinic: Clinic, _ harm: Harm, where condition: String = "1") throws {
        let path = "\(clinic.log.root)/keys.sqlite"
        switch harm {
        case .fileLost, .fileEmptied:
            try clinic.removeKeyFile()
            if harm == .fileEmptied { try LinuxFileSystem().createFile(path, with: []) }
        case .keyAltered, .keyLost:
            try DatabaseQueue(path: path).write { db in
                try db.execute(
                    sql: harm == .keyLost
                        ? "DELETE FROM person_key WHERE \(condition)"
                        : "UPDATE person_key SET secret = zeroblob(32) WHERE length(secret) > 0 AND \(condition)"
                )
            }
        }
        try clinic.reopen()
    }

    /// A backup of the keys as they are, after a former one.
    private func backup(_ clinic: Clinic, after former: BackupExtra? = nil) throws -> PersonKeyBackup.Content {
        try PersonKeyBackup.content(
            of: clinic.log,
            keeping: former.map { [$0] } ?? [],
            erased: try clinic.store.erasedKeys(),
            in: clinic.surroundings
        )
    }

    /// Which keys a backup opens values with.
    private func opened(by extra: BackupExtra?) throws -> [[UInt8]] {
        try KeyList(decoding: try #require(extra).bytes).rows.filter { $0.worth == .opens }.map(\.id)
    }

    // MARK: - Backups

    @Test("A backup keeps the keys that the store lost or that were altered there", arguments: Harm.allCases)
    func keptInBackup(kind: Harm) throws {
        let clinic = try Clinic()
        for name in ["one", "two", "three"] { _ = try clinic.addCase(named: name) }
        let first = try backup(clinic)
        #expect(try opened(by: first.extra).count == 3 && first.keptKeys == 0 && first.problem == nil)
        try harm(clinic, kind)
        _ = try clinic.addCase(named: "four")
        let second = try backup(clinic, after: first.extra)
        #expect(try opened(by: second.extra).count == 4 && second.keptKeys == 3 && second.problem == nil)
        #expect(try Set(opened(by: second.extra)).isSuperset(of: opened(by: first.extra)))
        // And a third one finds nothing else to say.
        #expect(try backup(clinic, after: second.extra).extra?.bytes == second.extra?.bytes)
    }

    @Test("A backup of a store whose keys can not be read holds those of the one before, and says why")
    func unreadable() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "one")
        let first = try backup(clinic)
        try harm(clinic, .fileLost)
        try LinuxFileSystem().createFile("\(clinic.log.root)/keys.sqlite", with: [UInt8](repeating: 0x41, count: 8_192))
        try clinic.reopen()
        let second = try backup(clinic, after: first.extra)
        #expect(second.extra?.bytes == first.extra?.bytes)
        #expect(second.problem?.contains("keys.sqlite") == true)
    }

    @Test("The keys of who was erased leave the backup and do not come back, whatever became of the file of keys")
    func erased() throws {
        let clinic = try Clinic()
        let cases = try ["one", "two"].map { try clinic.addCase(named: $0) }
        let first = try backup(clinic)
        try clinic.erase(cases[0])
        let second = try backup(clinic, after: first.extra)
        #expect(try opened(by: second.extra).count == 1)
        #expect(second.keptKeys == 0)
        for kind in [Harm.fileLost, .fileEmptied, .keyLost] {
            try harm(clinic, kind)
            for former in [first.extra, second.extra] {
                let next = try backup(clinic, after: former)
                #expect(try opened(by: next.extra) == opened(by: second.extra), "\(kind)")
                #expect(next.keptKeys == 1)
            }
        }
    }

    @Test("What is no list of keys, cut anywhere, is refused")
    func ofBytes() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "one")
        let bytes = try #require(try backup(clinic).extra).bytes
        #expect(try KeyList(decoding: bytes).encoded == bytes)
        for count in bytes.indices where count != 8 {
            #expect(throws: CaseStoreError.self, "\(count)") { _ = try KeyList(decoding: Array(bytes.prefix(count))) }
        }
    }

    // MARK: - Repair

    @Test(
        "Persons whose keys were lost or altered here are counted, and a backup brings them back",
        arguments: Harm.allCases
    )
    func broughtBack(kind: Harm) throws {
        let clinic = try Clinic()
        let cases = try ["one", "two", "three"].map { try clinic.addCase(named: $0) }
        #expect(try clinic.store.keyLosses() == KeyLosses())
        let former = try #require(try backup(clinic).extra)
        try harm(clinic, kind)
        try clinic.store.rebuild()
        #expect(
            try clinic.store.keyLosses() == (kind == .keyAltered ? KeyLosses(altered: 3) : KeyLosses(lacking: 3))
        )
        #expect(try clinic.store.search("two").isEmpty)
        #expect(try clinic.store.bringBackKeys(from: [former]) == 3)
        #expect(try clinic.store.keyLosses().sentence == nil)
        #expect(try clinic.store.search("two") == [cases[1]])
        #expect(try clinic.store.bringBackKeys(from: [former]) == 0)
    }

    @Test("Who was erased lacks no key, and an older backup brings none back")
    func erasedStay() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "one")
        let former = try #require(try backup(clinic).extra)
        try clinic.erase(record)
        for kind in [Harm.fileLost, .keyLost] {
            try harm(clinic, kind)
            #expect(try clinic.store.keyLosses() == KeyLosses())
            #expect(try clinic.store.bringBackKeys(from: [former]) == 0)
            #expect(try clinic.store.keys.all().isEmpty)
        }
    }

    @Test("A key of another site's person that has not arrived is not lost, and one that was altered is")
    func ofOthers() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        _ = try clinic.addCase(named: "one")
        try clinic.carryRecords(to: hub)
        #expect(try hub.store.keyLosses() == KeyLosses())
        try clinic.carryKeys(to: hub)
        try harm(hub, .keyAltered)
        #expect(try hub.store.keyLosses() == KeyLosses(altered: 1))
    }

    @Test("Who is registered while somebody looks lacks no key")
    func registeredMeanwhile() throws {
        let clinic = try Clinic()
        // So many that reading them takes a while.
        let others = (1...5_000).map { number in
            KeyRow(id: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }, secret: [], isNews: false)
        }
        _ = try clinic.store.keys.keep(others)
        let recordings = try (0..<100).map { try clinic.newCase(named: "\($0)") }
        let (looking, other) = (try clinic.another(), try clinic.another())
        let failures = Recorded<String>()
        let isFinished = Monitor(false)
        onOwnThread {
            do {
                for recording in recordings {
                    _ = try other.record(recording, program: Clinic.program)
                    try other.catchUp()
                }
            } catch {
                failures.append { String(describing: error) }
            }
            isFinished.withLock { $0 = true }
        }
        var found: Set<KeyLosses> = []
        while !isFinished.withLock({ $0 }) { found.insert(try looking.keyLosses()) }
        #expect(found.subtracting([KeyLosses()]).isEmpty)
        #expect(try failures.values().isEmpty)
    }

    @Test("A file of keys that is damaged goes to quarantine, and a new one takes the keys of the backup")
    func renewed() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "one")
        let former = try #require(try backup(clinic).extra)
        let garbage = [UInt8](repeating: 0x41, count: 8_192)
        try clinic.removeKeyFile()
        try LinuxFileSystem().createFile("\(clinic.log.root)/keys.sqlite", with: garbage)
        #expect(CaseStore.keyFileProblem(at: clinic.log.root, in: clinic.surroundings.fileSystem) != nil)
        try CaseStore.renewKeyFile(of: clinic.log, in: clinic.surroundings)
        #expect(CaseStore.keyFileProblem(at: clinic.log.root, in: clinic.surroundings.fileSystem) == nil)
        #expect(try clinic.log.quarantined().contains { $0.sizeBytes == 8_192 })
        try clinic.reopen()
        #expect(try clinic.store.bringBackKeys(from: [former]) == 1)
        #expect(try clinic.store.search("one") == [record])
    }

    // MARK: - Other sites

    @Test("A key that was altered is taken anew from another site, and the mark of no site is believed until then")
    func fromAnotherSite() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        let record = try clinic.addCase(named: "欧阳")
        _ = try clinic.addCase(named: "two")
        try clinic.carryRecords(to: hub)
        let key = hub.log.identity.agreementPublicKey
        let all = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key)
        #expect(try hub.store.accept(all.packets, from: clinic.log.site, upTo: all.mark) == 2)
        let id = try #require(try clinic.store.keys.all().first).id.map { String(format: "%02x", $0) }.joined()
        try harm(hub, .keyAltered, where: "id = x'\(id)'")
        #expect(try hub.store.keyMarks().isEmpty)
        // What opens nothing is given to nobody.
        #expect(try hub.carryKeys(to: clinic) == 0)
        #expect(try clinic.store.keys.all().count == 2)
        let again = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key)
        #expect(try hub.store.accept(again.packets, from: clinic.log.site, upTo: again.mark) == 1)
        #expect(try hub.store.keyMarks() == [clinic.log.site: again.mark])
        #expect(try hub.store.search("欧阳") == [record])
        #expect(try hub.store.search("two").count == 1)
        #expect(try hub.store.accept(again.packets, from: clinic.log.site, upTo: again.mark) == 0)
    }

    @Test("A key that was destroyed is not replaced by one that opens")
    func staysDestroyed() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        _ = try clinic.addCase(named: "one")
        try clinic.carryRecords(to: hub)
        try hub.store.keys.destroy(try clinic.store.keys.all().map(\.id))
        #expect(try clinic.carryKeys(to: hub) == 0)
        #expect(try hub.store.keys.all().isEmpty)
    }
}
