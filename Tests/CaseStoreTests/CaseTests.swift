import CaseModel
import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@Suite("Cases in the read model")
struct CaseTests {
    @Test("A case is found by any part of its sealed name, by its number, and after the read model was thrown away")
    func found() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳ＦＥＮＧ")
        let other = try clinic.addCase(named: "Müller")
        for round in 1...3 {
            #expect(try clinic.store.search("阳feng") == [record], "round \(round)")
            #expect(try clinic.store.search("MULL") == [other], "round \(round)")
            #expect(try clinic.store.search("nobody").isEmpty)
            #expect(try clinic.store.search(" ").isEmpty)
            let number = try #require(try clinic.store.names.caseNumber(record))
            #expect(number.description.hasPrefix("GY-2"))
            #expect(try clinic.store.caseRecord(number) == record)
            #expect(try clinic.store.search(number.description.lowercased()) == [record])
            #expect(try clinic.store.search("GY-").isEmpty)
            #expect(try clinic.store.caseRecords() == [record, other])
            #expect(try clinic.store.person(of: record)?.displayedBody(PersonBody.self).body.name.value == "欧阳ＦＥＮＧ")
            #expect(try clinic.store.states(of: record).count == 1)
            if round == 1 { try clinic.store.rebuild() } else { try clinic.reopen() }
        }
    }

    @Test("The name is in no byte of the log, and the read model holds it only where its key is")
    func sealed() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "SECRETNAME")
        let entries = try clinic.log.entries(of: clinic.recordsFeed, after: 0, limitBytes: 1 << 20)
        #expect(entries.count == 2)
        for entry in entries { #expect(!String(decoding: entry.bytes, as: UTF8.self).contains("SECRETNAME")) }
        let hub = try Clinic(alias: "WH")
        try clinic.carryRecords(to: hub)
        let person = try #require(try hub.store.person(of: record))
        #expect(!person.displayedBody(PersonBody.self).body.hasName)
        #expect(person.displayedBody(PersonBody.self).body.birthYear == 1_961)
        #expect(try hub.store.search("SECRETNAME").isEmpty)
        #expect(try hub.store.statistics().sealedPersons == 1)
        #expect(try hub.store.statistics().lostPersons == 0)
    }

    @Test("A number of a place where there is no case, or of another site, names nothing")
    func unknownNumbers() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "x")
        for (alias, position) in [("GY", UInt64(1)), ("GY", 3), ("WH", 2), ("GY", UInt64.max)] {
            let number = try CaseNumber(alias: alias, epochLetters: nil, position: position)
            #expect(try clinic.store.caseRecord(number) == nil, "\(number)")
        }
        let later = try CaseNumber(alias: "GY", epochLetters: "QX", position: 2)
        #expect(try clinic.store.caseRecord(later) == nil)
    }

    @Test("What amends a case that its entry does not create makes its number no less the case's")
    func wrongReference() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "x")
        let nowhere = RecordTarget.existing(RecordID(entry: record.entry, change: 7))
        try clinic.record(DraftChange(kind: .case, record: nowhere, action: .amend, body: [0x4A, 0], reason: "x"))
        let number = try #require(try clinic.store.names.caseNumber(record))
        #expect(try clinic.store.caseRecord(number) == record)
    }

    /// Identifiers of epochs that all begin with the same two letters.
    private struct AlikeEpochs: RandomSource {
        func bytes(_ count: Int) -> [UInt8] {
            let bytes = SystemRandom().bytes(count)
            return count == EpochID.lengthBytes ? [16, 23] + bytes.dropFirst(2) : bytes
        }
    }

    @Test("A number that two epochs of a site share by their letters is refused with both, and each is found by name")
    func alikeEpochs() throws {
        let clinic = try Clinic()
        _ = try clinic.addCase(named: "of the first epoch")
        var cases: [RecordID] = []
        var store = clinic.store
        for name in ["second", "third"] {
            var elsewhere = clinic.surroundings
            elsewhere.machine.machineID = name
            elsewhere.random = AlikeEpochs()
            let log = try LogStore.open(at: clinic.log.root, in: elsewhere)
            store = try CaseStore(log, names: clinic.store.names, in: elsewhere)
            let entry = try #require(try store.record(try clinic.newCase(named: name), program: Clinic.program))
            cases.append(RecordID(entry: entry, change: 1))
            let number = try #require(try store.names.caseNumber(cases[0]))
            #expect(number.description.hasPrefix("GY-QX1"))
            if cases.count == 1 { #expect(try store.caseRecord(number) == cases[0]) }
        }
        #expect(Set(cases.map(\.entry.feed.epoch)).count == 2)
        let numbers = try cases.map { try #require(try store.names.caseNumber($0)) }
        #expect(numbers[0] == numbers[1])
        let error = #expect(throws: CaseModel.RecordError.self) { _ = try store.caseRecord(numbers[0]) }
        #expect(error?.code == .illFormedValue)
        for record in cases {
            let name = store.names.reference(record)
            #expect(name.hasPrefix("GY.QX.2.1-") && name.hasSuffix("+1"))
            #expect(error?.message.contains(name) == true)
        }
        #expect(try store.search("second") == [cases[0]])
        #expect(try store.search("third") == [cases[1]])
        #expect(try store.search(numbers[0].description) == cases.sorted())
        let first = try CaseNumber(alias: "GY", epochLetters: nil, position: 2)
        #expect(try store.caseRecord(first)?.entry.position == 2, "the first epoch has numbers of its own")
    }

    @Test("Two cases of one entry, as another program may write them, have one number and neither is picked")
    func twoCasesOfAnEntry() throws {
        let clinic = try Clinic()
        var change = Change()
        change.kind = RecordKind.case.rawValue
        change.action = .create
        var entry = Entry()
        entry.changes = [change, change]
        let reference = try #require(
            try clinic.log.append([try entry.encodedBytes()], to: .records, epoch: clinic.log.epoch).first
        )
        try clinic.store.catchUp()
        let number = try CaseNumber(alias: "GY", epochLetters: nil, position: reference.position)
        let error = #expect(throws: CaseModel.RecordError.self) { _ = try clinic.store.caseRecord(number) }
        #expect(error?.message.contains(clinic.store.names.reference(RecordID(entry: reference)) + ",") == true)
        #expect(error?.message.contains("+1.") == true)
    }

    @Test("Entries are found by lane and position, and what has not arrived is not")
    func references() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "x")
        #expect(try clinic.store.entryReferences(lane: .records, position: 2) { _ in true } == [record.entry])
        #expect(try clinic.store.entryReferences(lane: .records, position: 2) { _ in false }.isEmpty)
        #expect(try clinic.store.entryReferences(lane: .urgent, position: 2) { _ in true }.isEmpty)
        #expect(try clinic.store.entryReferences(lane: .records, position: .max) { _ in true }.isEmpty)
    }

    @Test("An amendment with a name needs the key of the person, and uses it")
    func amendedName() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: "before")
        try clinic.carryRecords(to: hub)
        var identity = PersonBody()
        identity.name.value = "after"
        let person = try #require(try hub.store.person(of: record))
        let recording = Recording(
            changes: [try .amend(person, PersonBody(), reason: "misspelt")],
            identity: [0: try identity.encodedBytes()],
            operatorRecord: hub.operatorRecord
        )
        let refused = #expect(throws: CaseStoreError.self) {
            _ = try hub.store.record(recording, program: Clinic.program)
        }
        #expect(refused?.code == .keyNotHere)
        try clinic.carryKeys(to: hub)
        _ = try hub.store.record(recording, program: Clinic.program)
        #expect(try hub.store.person(of: record)?.displayedBody(PersonBody.self).body.name.value == "after")
        #expect(try hub.store.search("after") == [record])
    }
}
