import CaseModel
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

@Suite("Keys that are destroyed")
struct ErasureTests {
    private static let name = "ERASEDNAME"

    private func checkErased(_ store: CaseStore, _ record: RecordID, _ comment: Comment) throws {
        let person = try #require(try store.person(of: record))
        #expect(!person.displayedBody(PersonBody.self).body.hasName, comment)
        #expect(person.displayedBody(PersonBody.self).body.birthYear == 1_961, comment)
        #expect(person[1]?.candidates.map(\.isIdentifying) == [true], comment)
        #expect(person[1]?.settled == .absent(.erased), comment)
        #expect(try store.search(Self.name).isEmpty, comment)
        #expect(try store.search("GY-2") == [record], comment)
        #expect(try store.states(of: record).map(\.kind) == [.case, .order], comment)
        #expect(try store.today(on: Clinic.day(2)).map(\.kind) == [.dueFraction], comment)
        #expect(try store.conflicts().isEmpty, comment)
        #expect(try store.statistics().sealedPersons == 1, comment)
        #expect(try store.statistics().lostPersons == 0, "destroyed is not lost")
    }

    @Test("The name is gone everywhere, the clinical record stays, and a peer does not bring the key back")
    func destroyed() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: Self.name)
        try clinic.addCourse(record)
        try clinic.carryRecords(to: hub)
        #expect(try clinic.carryKeys(to: hub) == 1)
        let person = try #require(try clinic.store.person(of: record)?.id)
        #expect(try clinic.store.search(Self.name) == [record])
        #expect(try clinic.store.destroyKeys(of: person) == 1)
        try checkErased(clinic.store, record, "at once")
        #expect(
            try clinic.store.keyPackets(for: hub.log.site, agreementKey: hub.log.identity.agreementPublicKey)
                .keyIDs.isEmpty
        )

        // The hub still has it, and sends it.
        #expect(try hub.store.search(Self.name) == [record])
        #expect(try hub.carryKeys(to: clinic) == 0)
        try checkErased(clinic.store, record, "sent again")
        try clinic.reopen()
        #expect(try hub.carryKeys(to: clinic) == 0)
        try checkErased(clinic.store, record, "reopened")
        try clinic.store.rebuild()
        try checkErased(clinic.store, record, "built anew")
        #expect(try clinic.store.destroyKeys(of: person) == 1, "again is the same")
        try checkErased(clinic.store, record, "destroyed twice")
    }

    @Test("Neither the key nor the name stands in any file of the store afterwards")
    func noByteLeft() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let secret = try #require(try clinic.store.keys.all().first).secretBytes
        let needles = [secret, Array(SearchText.folded(Self.name).utf8), Array(Self.name.utf8)]
        func holders(_ folder: String) throws -> Int {
            let disk = LinuxFileSystem()
            return try disk.listDirectory(folder).reduce(0) { sum, name in
                let path = folder + "/" + name
                guard try disk.status(path)?.kind == .file else { return try sum + holders(path) }
                let bytes = try disk.readFile(path, limitBytes: 1 << 26)
                return sum + (needles.contains { !bytes.ranges(of: $0).isEmpty } ? 1 : 0)
            }
        }
        #expect(try holders(clinic.log.root) > 1, "before, the files of keys and of the read model hold them")
        let person = try #require(try clinic.store.person(of: record)?.id)
        try clinic.store.destroyKeys(of: person)
        #expect(try holders(clinic.log.root) == 0)
    }

    @Test("A key that never came is refused when it comes, and another process forgets one that was destroyed")
    func beforeItComes() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: Self.name)
        try clinic.carryRecords(to: hub)
        let person = RecordID(entry: record.entry)
        #expect(try hub.store.destroyKeys(of: person) == 1)
        #expect(try clinic.carryKeys(to: hub) == 0)
        #expect(try hub.store.search(Self.name).isEmpty)

        let other = try clinic.another()
        #expect(try other.person(of: record)?.displayedBody(PersonBody.self).body.name.value == Self.name)
        try clinic.store.destroyKeys(of: person)
        try other.catchUp()
        #expect(try other.person(of: record)?.displayedBody(PersonBody.self).body.hasName == false)
        #expect(try other.search(Self.name).isEmpty)
    }

    @Test("Names that two sites entered differently are no conflict any more where they are erased")
    func conflict() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: Self.name)
        try clinic.carryRecords(to: hub)
        try clinic.carryKeys(to: hub)
        for (site, name) in [(clinic, "one"), (hub, "two")] {
            var identity = PersonBody()
            identity.name.value = name
            let person = try #require(try site.store.person(of: record))
            let recording = Recording(
                changes: [try .amend(person, PersonBody(), reason: "misspelt")],
                identity: [0: try identity.encodedBytes()]
            )
            _ = try site.store.record(recording, program: Clinic.program)
        }
        try hub.carryRecords(to: clinic)
        #expect(try clinic.store.conflicts().map(\.kind) == [.person])
        let person = try #require(try clinic.store.person(of: record))
        try clinic.store.destroyKeys(of: person.id)
        #expect(try clinic.store.conflicts().isEmpty)
        #expect(try clinic.store.statistics().attention == 0)
        try clinic.store.rebuild()
        #expect(try clinic.store.statistics().attention == 0)
    }

    @Test("A process that died after the key was gone leaves the name to be taken out by the next")
    func diedBetween() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let ids = try clinic.store.keys.all().map(\.id)
        try clinic.store.keys.destroy(ids)
        #expect(try clinic.store.search(Self.name) == [record], "not taken out yet")
        try clinic.reopen()
        #expect(try clinic.store.search(Self.name).isEmpty)
        #expect(try clinic.store.keys.news().isEmpty)
    }

    @Test("Nothing identifying is recorded again for a person who was erased, and others are as they were")
    func others() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let other = try clinic.addCase(named: "other")
        let person = try #require(try clinic.store.person(of: record))
        try clinic.store.destroyKeys(of: person.id)
        var identity = PersonBody()
        identity.name.value = "again"
        let error = #expect(throws: CaseStoreError.self) {
            _ = try clinic.store.record(
                Recording(
                    changes: [try .amend(person, PersonBody(), reason: "x")],
                    identity: [0: try identity.encodedBytes()]
                ),
                program: Clinic.program
            )
        }
        #expect(error?.code == .keyNotHere && error?.message.contains("erased") == true)
        #expect(try clinic.store.search("other") == [other])
    }

    @Test(
        "A key that opens another person's values is not destroyed by the way; what only claims to use it is no obstacle"
    )
    func sharedKey() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let other = try clinic.addCase(named: "other")
        let person = try #require(try clinic.store.person(of: record))
        let second = try #require(try clinic.store.person(of: other))
        let sealed = try #require(person.changes.first?.sealed)
        let key = try #require(try clinic.store.keys.key(sealed.keyID))
        // A copy of the first one's ciphertext under the second: it opens nowhere, and must neither keep the first from
        // being erased nor let the second one's erasure take the first one's key.
        let copy = DraftSealedFields(
            person: .existing(second.id),
            keyID: sealed.keyID,
            nonce: sealed.nonce,
            ciphertext: sealed.ciphertext,
            fields: sealed.fields
        )
        try clinic.record(.amend(second, PersonBody(), reason: "x", sealed: copy))
        #expect(try clinic.store.destroyKeys(of: second.id) == 1)
        #expect(try clinic.store.search(Self.name) == [record])
        // A value of a third person that it does open.
        let third = try clinic.addCase(named: "third")
        let state = try #require(try clinic.store.person(of: third))
        var body = PersonBody()
        body.alternativeName.value = "alias"
        let place = SealingPlace(
            feed: clinic.recordsFeed,
            record: .existing(state.id),
            person: .existing(state.id),
            kind: .person
        )
        let shared = try key.seal(body: body.encodedBytes(), at: place, nonce: Array(0..<12))
        try clinic.record(.amend(state, PersonBody(), reason: "x", sealed: shared))
        #expect(try clinic.store.search("alias") == [third])
        let error = #expect(throws: CaseStoreError.self) { try clinic.store.destroyKeys(of: person.id) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(clinic.store.names.reference(state.id)) == true)
        #expect(try clinic.store.search(Self.name) == [record])
        #expect(try clinic.store.destroyKeys(of: person.id, alsoOf: [state.id]) == 1)
        #expect(try clinic.store.search(Self.name).isEmpty)
        #expect(try clinic.store.search("third") == [third])
    }
}
