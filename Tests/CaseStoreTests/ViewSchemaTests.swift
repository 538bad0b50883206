import CaseModel
import GRDB
import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

@Suite("The tables of the read model")
struct ViewSchemaTests {
    private func current(_ clinic: Clinic) throws -> String {
        let bytes = try LinuxFileSystem().readFile(clinic.view + "/CURRENT", limitBytes: 100)
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    @Test("Every table is strict, and a value of another type is refused as damage")
    func strict() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "x")
        let tables = try clinic.store.view.queue.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'"
            ).map { (name: $0["name"] as String, isStrict: $0["strict"] as Bool) }
        }
        #expect(tables.count == 18)
        #expect(tables.filter { !$0.isStrict }.map(\.name) == [])
        let error = #expect(throws: DatabaseError.self) {
            try clinic.store.view.queue.write { try $0.execute(sql: "INSERT INTO unreadable VALUES('one')") }
        }
        #expect(error?.isDamage == true)
    }

    @Test("The file of an older version is left, removed and built anew; nothing in it is believed")
    func older() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        let disk = LinuxFileSystem()
        try clinic.store.rebuild()
        // What the version before made, whole and of the same log, but without a table that is strict and without names.
        try clinic.store.view.queue.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    DROP TABLE search; CREATE TABLE search(person INTEGER PRIMARY KEY, text TEXT NOT NULL);
                    PRAGMA user_version = \(ViewSchema.version - 1); PRAGMA wal_checkpoint(TRUNCATE);
                    """
            )
        }
        let before = "\(ViewSchema.version - 1)-7.sqlite"
        let bytes = try disk.readFile(clinic.view + "/" + (try current(clinic)), limitBytes: 1 << 24)
        for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
        try disk.createFile(clinic.view + "/" + before, with: bytes)
        try disk.createFile(clinic.view + "/CURRENT", with: Array((before + "\n").utf8))
        var progress: [UInt64] = []
        let store = try CaseStore(clinic.log, names: clinic.store.names, in: clinic.surroundings) { done, _ in
            progress.append(done)
        }
        #expect(progress.last == 2, "both entries were applied again")
        #expect(try store.search("欧阳") == [record])
        #expect(try current(clinic) == "\(ViewSchema.version)-8.sqlite")
        #expect(try !disk.listDirectory(clinic.view).contains { $0.hasPrefix(before) })
        #expect(store.viewProblem == nil)
    }

    @Test("A file of this version's name with the tables of another is built anew too")
    func wrongTables() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        try clinic.store.rebuild()
        let file = try current(clinic)
        try clinic.store.view.queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA user_version = \(ViewSchema.version - 1); PRAGMA wal_checkpoint(TRUNCATE);")
        }
        let other = try clinic.another()
        #expect(try current(clinic) != file)
        #expect(try other.search("欧阳") == [record])
    }
}
