import CaseModel
import CaseStore
import Foundation
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@Suite("The read model follows the log")
struct ReadModelTests {
    /// Everything a store says, for comparing two.
    private func everything(_ store: CaseStore) throws -> [[RecordState]] {
        let cases = try store.caseRecords()
        return try cases.map { try store.states(of: $0) } + [try store.operators(), try store.conflicts()]
    }

    @Test(
        "Two sites that hold the same entries say the same, whatever the order they came in",
        arguments: [
            [[Lane.records], [.urgent]], [[.urgent], [.records]], [[.urgent, .records]],
        ]
    )
    func order(lanes: [[Lane]]) throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let third = try Clinic(alias: "TH")
        let caseRecord = try clinic.addCase(named: "x")
        let course = try clinic.addCourse(caseRecord)
        try clinic.carryRecords(to: hub)
        // Both amend the same field apart, the hub holds the course, the clinic gives a fraction.
        for (site, stage) in [(clinic, "IIIA"), (hub, "IVB")] {
            var body = CaseBody()
            body.stage.reportedGroup = stage
            try site.record(.amend(try #require(try site.store.state(of: caseRecord)), body, reason: "report"))
        }
        var held = OrderBody()
        held.state.value = Vocabulary.coded(Vocabulary.OrderState.held)
        let order = try #require(try hub.store.state(of: course))
        #expect(try hub.record(.amend(order, held, reason: "fever")).entry.feed.lane == .urgent)
        try clinic.record(try Clinic.fraction(1, of: course, in: caseRecord, on: Clinic.day(2)))

        for lane in lanes {
            try hub.carryRecords(to: third, lanes: lane)
            try clinic.carryRecords(to: third, lanes: lane)
        }
        try hub.carryRecords(to: clinic)
        try clinic.carryRecords(to: hub)
        let said = try everything(clinic.store).dropLast(2)
        #expect(try everything(hub.store).dropLast(2) == said)
        #expect(try everything(third.store).dropLast(2) == said)
        #expect(try clinic.store.conflicts().map(\.id) == [caseRecord])
        #expect(try third.store.conflicts() == clinic.store.conflicts())
        // What is built anew says what was built as it came.
        let before = try everything(third.store)
        try third.store.rebuild()
        #expect(try everything(third.store) == before)
        // An operator decides, and it is decided everywhere.
        let state = try #require(try clinic.store.state(of: caseRecord))
        let field = try #require(state.fields.first { $0.isConflict })
        let choice = try #require(
            try DraftChange.resolve(state, field: field.field, for: field.candidates[0], reason: "biopsy")
        )
        try clinic.record(choice)
        try clinic.carryRecords(to: third)
        #expect(try third.store.conflicts().isEmpty)
        #expect(try third.store.state(of: caseRecord) == clinic.store.state(of: caseRecord))
    }

    @Test("An amendment whose record has not arrived waits, is listed, and takes effect when it has")
    func pending() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let third = try Clinic(alias: "TH")
        let caseRecord = try clinic.addCase(named: "x")
        try clinic.carryRecords(to: hub)
        var body = CaseBody()
        body.stage.reportedGroup = "IIIA"
        try hub.record(.amend(try #require(try hub.store.state(of: caseRecord)), body, reason: "report"))
        try hub.carryRecords(to: third)
        let waiting = try #require(try third.store.conflicts().first)
        #expect(waiting.id == caseRecord && !waiting.isCreated)
        #expect(waiting.pending.flatMap(\.missing) == [caseRecord.entry])
        #expect(try third.store.statistics().awaitedEntries == 1)
        #expect(try third.store.today(on: Clinic.day(2)).map(\.kind) == [.pending])
        try clinic.carryRecords(to: third)
        #expect(try third.store.conflicts().isEmpty)
        #expect(try third.store.statistics().awaitedEntries == 0)
        #expect(try third.store.today(on: Clinic.day(2)).isEmpty)
        #expect(
            try third.store.state(of: caseRecord)?.settledBody(CaseBody.self).body.stage.reportedGroup == "IIIA"
        )
    }

    @Test("An entry that is no record is kept and counted, and hides nothing")
    func unreadable() throws {
        let clinic = try Clinic()
        _ = try clinic.log.append([[0xFF, 0xFF, 0xFF]], to: .records)
        let caseRecord = try clinic.addCase(named: "x")
        #expect(try clinic.store.caseRecords() == [caseRecord])
        let statistics = try clinic.store.statistics()
        #expect(statistics.unreadableEntries == 1)
        #expect(statistics.entries == 3)
        #expect(statistics.kinds.map(\.records) == [1, 1, 1])
        try clinic.store.rebuild()
        #expect(try clinic.store.statistics() == statistics)
    }

    @Test("A kind this version does not know is filed, counted and merged")
    func unknownKind() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        let kind = RecordKind(rawValue: 99)
        let record = try clinic.record(
            DraftChange(kind: kind, caseRecord: .existing(caseRecord), body: [0x08, 0x01])
        )
        let state = try #require(try clinic.store.states(of: caseRecord).first { $0.id == record })
        #expect(state.kind == kind)
        #expect(try clinic.store.statistics().kinds.last?.kind.name == nil)
        try clinic.record(
            DraftChange(
                kind: kind,
                caseRecord: .existing(caseRecord),
                record: .existing(record),
                parents: state.parentsForAmendment,
                action: .amend,
                body: [0x08, 0x02],
                reason: "later"
            )
        )
        #expect(try clinic.store.state(of: record)?[1]?.settled == .bytes([0x08, 0x02]))
    }

    @Test("A reference with a wrong digest names nothing, and does not stand in for the record that is there")
    func wrongDigest() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        var wrong = caseRecord
        wrong.entry.digestPrefix ^= 1
        let course = try clinic.addCourse(wrong)
        var beyond = caseRecord
        beyond.entry.position = .max
        let lost = try clinic.addCourse(beyond)
        #expect(try clinic.store.states(of: beyond).map(\.id) == [lost])
        #expect(try clinic.store.entryReferences(lane: .records, position: .max) { _ in true }.isEmpty)
        try clinic.store.rebuild()
        #expect(try clinic.store.states(of: caseRecord).map(\.kind) == [.case])
        #expect(try clinic.store.states(of: wrong).map(\.id) == [course])
        #expect(try !clinic.store.exists(wrong))
        let number = try #require(try clinic.store.names.caseNumber(caseRecord))
        #expect(try clinic.store.caseRecord(number) == caseRecord)
    }

    @Test func `damage in the log hides no more than itself, is counted, and keeps nobody from recording`() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        let segment = clinic.log.paths.feed(clinic.recordsFeed, branch: 0) + "/0000000000000001.seg"
        let disk = LinuxFileSystem()
        let file = try disk.openFile(segment, .readWrite)
        let place = UInt64(SegmentHeader.lengthBytes + 100)
        try file.write(try file.read(upTo: 1, at: place).map { ~$0 }, at: place)
        // What was applied before stays, with the damage beneath it.
        try clinic.addCourse(record)
        #expect(clinic.store.missingEntries == 0)
        #expect(try clinic.store.caseRecords() == [record])
        // Nor is it given up for one that would hold less.
        #expect(throws: StorageError.self) { try clinic.store.rebuild() }
        try clinic.reopen()
        #expect(try clinic.store.caseRecords() == [record])
        // Where there is none, the new one holds what is left, and says so.
        for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
        try clinic.reopen()
        #expect(clinic.store.missing == [MissingEntries(feed: clinic.recordsFeed, positions: 1...1)])
        #expect(clinic.store.viewProblem?.contains("log verify") == true)
        #expect(try clinic.store.operators().isEmpty)
        #expect(try clinic.store.caseRecords() == [record])
        _ = try clinic.another()
    }

    @Test(
        "A read model that was damaged in any way is built anew, and nothing is lost",
        arguments: [
            "no folder", "no files", "no current", "empty current", "garbage current", "long current",
            "path in current",
            "old version", "file gone", "garbage file", "empty file", "half a file", "zeroed pages", "foreign tables",
            "garbage wal",
        ]
    )
    func damaged(how: String) throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        let course = try clinic.addCourse(record)
        let disk = LinuxFileSystem()
        // Everything in the file itself, as after the last process has gone.
        try clinic.store.rebuild()
        let current = String(
            decoding: try disk.readFile(clinic.view + "/CURRENT", limitBytes: 100).dropLast(),
            as: UTF8.self
        )
        let inUse = clinic.view + "/" + current
        let bytes = try disk.readFile(inUse, limitBytes: 1 << 24)
        func replace(_ path: String, _ bytes: [UInt8]) throws {
            for name in [path, path + "-wal", path + "-shm"] where try disk.exists(name) { try disk.unlink(name) }
            try disk.createFile(path, with: bytes)
        }
        switch how {
        case "no folder", "no files":
            for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
            if how == "no folder" { try disk.removeDirectory(clinic.view) }
        case "no current": try disk.unlink(clinic.view + "/CURRENT")
        case "empty current": try replace(clinic.view + "/CURRENT", [])
        case "garbage current": try replace(clinic.view + "/CURRENT", [0xFF, 0, 0x2F, 0xFE])
        case "long current": try replace(clinic.view + "/CURRENT", [UInt8](repeating: 0x31, count: 10_000))
        case "path in current": try replace(clinic.view + "/CURRENT", Array("../\(current)".utf8))
        case "old version":
            try replace(clinic.view + "/1-9.sqlite", bytes)
            try replace(clinic.view + "/CURRENT", Array("1-9.sqlite\n".utf8))
        case "file gone": try disk.unlink(inUse)
        case "garbage file": try replace(inUse, [UInt8](repeating: 0x41, count: 8_192))
        case "empty file": try replace(inUse, [])
        case "half a file": try replace(inUse, Array(bytes.prefix(bytes.count / 2)))
        case "zeroed pages":
            try replace(inUse, Array(bytes.prefix(4_096)) + [UInt8](repeating: 0, count: bytes.count - 4_096))
        case "foreign tables":
            // Our version number at the place of `user_version`, over a schema of nobody's.
            var foreign = Array(bytes.prefix(4_096))
            for index in 100..<4_096 { foreign[index] = 0 }
            try replace(inUse, foreign)
        default:
            try replace(inUse, bytes)
            try disk.createFile(inUse + "-wal", with: [UInt8](repeating: 0x55, count: 4_096))
        }
        let other = try clinic.another()
        for store in [
            other,
            try {
                try clinic.reopen(); return clinic.store
            }(),
        ] {
            #expect(try store.search("欧阳") == [record], "\(how)")
            #expect(try store.states(of: record).map(\.id) == [record, course])
            #expect(store.missingEntries == 0)
            #expect(store.viewProblem == nil)
        }
        #expect(try clinic.addCase(named: "after").entry.position == 4)
        try other.catchUp()
        #expect(try other.search("after").count == 1)
    }

    @Test("A read model that holds what the log does not is built anew")
    func ahead() throws {
        let clinic = try Clinic()
        let disk = LinuxFileSystem()
        _ = try clinic.addCase(named: "x")
        let other = try Clinic(alias: "WH")
        // The read model of another site in the place of ours.
        try clinic.store.rebuild()
        try other.store.rebuild()
        for name in try disk.listDirectory(other.view) { try disk.unlink(other.view + "/" + name) }
        for name in try disk.listDirectory(clinic.view) where name != "LOCK" {
            let bytes = try disk.readFile(clinic.view + "/" + name, limitBytes: 1 << 24)
            try disk.createFile(other.view + "/" + name, with: bytes)
        }
        try other.reopen()
        #expect(try other.store.caseRecords().isEmpty)
        #expect(try other.store.operators().count == 1)
        #expect(other.store.missingEntries == 0)
    }

    @Test("Every file of a store in use is closed to other accounts")
    func closedToOthers() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "x")
        let fileSystem = LinuxFileSystem()
        var folders = [clinic.log.root]
        var files: [String] = []
        while let folder = folders.popLast() {
            for name in try fileSystem.listDirectory(folder) {
                let path = "\(folder)/\(name)"
                let status = try #require(try fileSystem.status(path))
                #expect(status.mode & 0o077 == 0, "\(path)")
                if status.kind == .directory { folders.append(path) } else { files.append(name) }
            }
        }
        #expect(files.contains { $0.hasSuffix(".sqlite-wal") } && files.contains("keys.sqlite"))
    }

    @Test("A process goes over to the file another one has built")
    func switched() throws {
        let clinic = try Clinic()
        let other = try clinic.another()
        try clinic.store.rebuild()
        let record = try clinic.addCase(named: "x")
        #expect(try LinuxFileSystem().listDirectory(clinic.view).count { $0.hasSuffix(".sqlite") } == 1)
        #expect(try other.caseRecords().isEmpty)
        try other.catchUp()
        #expect(try other.caseRecords() == [record])
    }

    @Test("What a killed build left goes with the next one, whether that comes to its end or not")
    func leftovers() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "x")
        let disk = LinuxFileSystem()
        func databases() throws -> [String] {
            try disk.listDirectory(clinic.view).filter { $0.hasSuffix(".sqlite") }
        }
        let used = try databases()
        for name in ["3-7.sqlite", "3-7.sqlite-wal", "2-1.sqlite"] {
            try disk.createFile(clinic.view + "/" + name, with: [1, 2, 3])
        }
        // Nothing can be written any more when the new file is whole and to be named.
        var surroundings = clinic.surroundings
        surroundings.fileSystem = ReadOnlyFolder(inner: disk, folder: clinic.view + "/CURRENT")
        let other = try CaseStore(clinic.log, names: clinic.store.names, in: surroundings)
        #expect(throws: StorageError(.readOnly, "")) { try other.rebuild() }
        #expect(try databases() == used, "neither the killed one nor the failed one")
        #expect(try other.caseRecords() == [record])
        try clinic.store.rebuild()
        #expect(try databases().count == 1)
        #expect(try clinic.store.caseRecords() == [record])
    }

    @Test("Where the folder of the read model can not be written, questions are answered from memory, and it is said")
    func unwritable() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
        var surroundings = clinic.surroundings
        surroundings.fileSystem = ReadOnlyFolder(inner: disk, folder: clinic.view)
        let store = try CaseStore(clinic.log, names: clinic.store.names, in: surroundings)
        #expect(try store.search("欧阳") == [record])
        #expect(store.viewProblem?.contains("in memory") == true)
        #expect(store.missingEntries == 0)
        #expect(try store.record(clinic.newCase(named: "more"), program: Clinic.program) != nil)
        #expect(try store.caseRecords().count == 2)
        #expect(store.viewProblem != nil)
    }

    @Test("The basis of an answer is the frontier of the log, and building anew makes no site look fresher")
    func freshness() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let caseRecord = try hub.addCase(named: "x")
        clinic.clock.advance(milliseconds: 3_600_000)
        try hub.carryRecords(to: clinic)
        clinic.clock.advance(milliseconds: 3_600_000)
        #expect(try clinic.store.siteAges()[hub.log.site] == 7_200)
        #expect(try clinic.store.siteAges(of: caseRecord).map(\.heardSecondsAgo) == [7_200])
        #expect(try clinic.store.siteAges(of: caseRecord, heard: [hub.log.site: 5]).map(\.heardSecondsAgo) == [5])
        try clinic.store.rebuild()
        #expect(try clinic.store.siteAges()[hub.log.site] == 7_200)
        #expect(clinic.store.basis == (try clinic.log.frontier()))
    }
}

/// The real disk, but one folder refuses to be changed, as on a disk that is mounted read-only.
private struct ReadOnlyFolder: FileSystem {
    let inner: LinuxFileSystem
    let folder: String

    private func refuse(_ path: String) throws(StorageError) {
        if path.hasPrefix(folder) { throw StorageError(.readOnly, "The disk is read-only.", at: .init(path: path)) }
    }

    func openFile(_ path: String, _ access: FileAccess) throws(StorageError) -> any OpenFile {
        if access != .read { try refuse(path) }
        return try inner.openFile(path, access)
    }
    func listDirectory(_ path: String) throws(StorageError) -> [String] { try inner.listDirectory(path) }
    func makeDirectory(_ path: String) throws(StorageError) {
        try refuse(path)
        try inner.makeDirectory(path)
    }
    func rename(_ source: String, to destination: String) throws(StorageError) {
        try refuse(destination)
        try inner.rename(source, to: destination)
    }
    func renameWithoutReplacing(_ source: String, to destination: String) throws(StorageError) {
        try refuse(destination)
        try inner.renameWithoutReplacing(source, to: destination)
    }
    func unlink(_ path: String) throws(StorageError) {
        try refuse(path)
        try inner.unlink(path)
    }
    func removeDirectory(_ path: String) throws(StorageError) {
        try refuse(path)
        try inner.removeDirectory(path)
    }
    func syncDirectory(_ path: String) throws(StorageError) { try inner.syncDirectory(path) }
    func status(_ path: String) throws(StorageError) -> FileStatus? { try inner.status(path) }
    func freeSpaceBytes(_ path: String) throws(StorageError) -> UInt64 { try inner.freeSpaceBytes(path) }
}
