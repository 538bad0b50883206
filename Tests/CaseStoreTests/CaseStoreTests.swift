import CaseModel
import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@Suite("Case store")
struct CaseStoreTests {
    /// A store with one operator, in a folder of its own.
    private final class Clinic {
        let folder: TemporaryDirectory
        let surroundings: Surroundings
        let log: LogStore
        var store: CaseStore
        let operatorRecord: RecordTarget

        init(alias: String = "GY") throws {
            folder = try TemporaryDirectory()
            let disk = LinuxFileSystem()
            surroundings = Surroundings(
                fileSystem: disk,
                clock: SystemClock(),
                random: SystemRandom(),
                machine: Machine(
                    bootID: "boot",
                    machineID: "machine",
                    userID: try #require(try disk.status(folder.path)).ownerID,
                    processID: 1,
                    stateDirectory: folder.path + "/state"
                )
            )
            log = try LogStore.create(at: folder.path + "/store", alias: alias, in: surroundings)
            store = try CaseStore(
                log,
                names: SiteNames(aliases: [log.site: alias], firstEpochs: [log.site: log.epoch]),
                in: surroundings
            )
            var body = OperatorBody()
            body.name.value = "Wang Li"
            let entry = try store.record(
                Recording(changes: [try .create(.operator, body)]),
                program: "test 0"
            )
            operatorRecord = .existing(RecordID(entry: try #require(entry)))
        }

        func reopen() throws {
            store = try CaseStore(log, names: store.names, in: surroundings)
        }

        /// Registers a person and a case.
        func addCase(named name: String) throws -> RecordID {
            var person = PersonBody()
            person.birthYear = 1961
            var identity = PersonBody()
            identity.name.value = name
            var body = CaseBody()
            body.stage.reportedGroup = "IV"
            let recording = Recording(
                changes: [
                    try .create(.person, person),
                    try .create(.case, body, links: [LinkField.casePerson: .inThisEntry(change: 0)]),
                ],
                identity: [0: try identity.encodedBytes()],
                operatorRecord: operatorRecord
            )
            return RecordID(entry: try #require(try store.record(recording, program: "test 0")), change: 1)
        }
    }

    @Test("A case is found by any part of its sealed name, by its number, and after the read model was thrown away")
    func found() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳ＦＥＮＧ")
        for round in 1...3 {
            #expect(try clinic.store.search("阳feng") == [record], "round \(round)")
            #expect(try clinic.store.search("nobody").isEmpty)
            let number = try #require(try clinic.store.names.caseNumber(record))
            #expect(number.description.hasPrefix("GY-2"))
            #expect(try clinic.store.caseRecord(number) == record)
            #expect(try clinic.store.person(of: record)?.displayedBody(PersonBody.self).body.name.value == "欧阳ＦＥＮＧ")
            #expect(try clinic.store.states(of: record).count == 1)
            if round == 1 { try clinic.store.rebuild() } else { try clinic.reopen() }
        }
    }

    @Test("The name is in no file of the log")
    func sealed() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "SECRETNAME")
        for reference in try clinic.log.entries(
            of: FeedID(site: clinic.log.site, epoch: clinic.log.epoch, lane: .records),
            after: 0,
            limitBytes: 1 << 20
        ) {
            #expect(!String(decoding: reference.bytes, as: UTF8.self).contains("SECRETNAME"))
        }
    }

    @Test(
        "Another site sees the case at once and the name when the key has come, whichever comes first",
        arguments: [true, false]
    )
    func twoSites(keyFirst: Bool) throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: "欧阳")
        let registry = RegistryID(foundedBy: [1])
        try clinic.log.join(registry)
        try hub.log.join(registry)
        func carryKeys() throws {
            let packets = try clinic.store.keyPackets(
                for: hub.log.site,
                agreementKey: hub.log.identity.agreementPublicKey
            ).packets
            #expect(try hub.store.accept(packets, from: clinic.log.site) == 1)
            #expect(throws: CaseStoreError.self) { try hub.store.accept([[0, 1, 2]], from: clinic.log.site) }
        }
        func carryRecords() throws {
            for row in try clinic.log.frontier().rows {
                let start = FeedChain.start(
                    key: clinic.log.identity.publicKey,
                    epoch: row.feed.epoch,
                    lane: row.feed.lane
                )
                let blocks = try clinic.log.blocks(of: row.feed, after: start, limitBytes: 1 << 20)
                _ = try hub.log.receive(blocks, of: row.feed, key: clinic.log.identity.publicKey, after: start)
                let checkpoint = try #require(try clinic.log.checkpoint(of: row.feed))
                try hub.log.attest(checkpoint, key: clinic.log.identity.publicKey)
            }
            try hub.store.catchUp()
        }
        if keyFirst { try carryKeys() } else { try carryRecords() }
        if keyFirst {
            try carryRecords()
        } else {
            #expect(try hub.store.caseRecords() == [record])
            #expect(try hub.store.search("欧阳").isEmpty)
            try carryKeys()
        }
        #expect(try hub.store.search("欧阳") == [record])
        #expect(try hub.store.states(of: record) == clinic.store.states(of: record))
    }

    @Test("What was validated against older records is refused, and goes through after catching up")
    func moved() throws {
        let clinic = try Clinic()
        let other = try CaseStore(clinic.log, names: clinic.store.names, in: clinic.surroundings)
        _ = try clinic.addCase(named: "one")
        var body = OperatorBody()
        body.name.value = "Li Na"
        let recording = Recording(changes: [try .create(.operator, body)])
        #expect(throws: StorageError(.moved, "")) { _ = try other.record(recording, program: "test 0") }
        try other.catchUp()
        _ = try other.record(recording, program: "test 0")
        #expect(try other.operators().count == 2)
    }

    @Test("A read model that was damaged in any way is built anew", arguments: ["garbage", "gone", "old", "empty"])
    func damagedView(how: String) throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        let disk = LinuxFileSystem()
        let view = clinic.log.paths.view
        let file = try #require(try disk.listDirectory(view).first { $0.hasSuffix(".sqlite") })
        for name in try disk.listDirectory(view) where name.contains(".sqlite") { try disk.unlink("\(view)/\(name)") }
        switch how {
        case "garbage": try disk.createFile("\(view)/\(file)", with: [UInt8](repeating: 0x41, count: 8192))
        case "empty": try disk.createFile("\(view)/\(file)", with: [])
        case "old": try disk.replaceFile("\(view)/CURRENT", with: Array("0-1.sqlite\n".utf8))
        default: break
        }
        try clinic.reopen()
        #expect(try clinic.store.search("欧阳") == [record])
    }
}
