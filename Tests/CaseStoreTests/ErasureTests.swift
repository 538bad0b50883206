import CaseModel
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

@Suite("Persons who are erased")
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
        #expect(try store.states(of: record).map(\.kind).filter { $0 != .erasure } == [.case, .order], comment)
        #expect(try store.today(on: Clinic.day(2)).map(\.kind) == [.dueFraction], comment)
        #expect(try store.conflicts().isEmpty, comment)
        #expect(try store.statistics().sealedPersons == 1, comment)
        #expect(try store.statistics().lostPersons == 0, "destroyed is not lost")
        let known = try store.erasures(of: person.id)
        #expect(known.erasures.first?.reason == "asked for" && !known.leavesKeys, comment)
    }

    /// Names with a key of its own that another site knows nothing of.
    private func name(_ record: RecordID, _ name: String, at site: Clinic) throws {
        var identity = PersonBody()
        identity.name.value = name
        let person = try #require(try site.store.person(of: record))
        let recording = Recording(
            changes: [try .amend(person, PersonBody(), reason: "misspelt")],
            identity: [0: try identity.encodedBytes()],
            operatorRecord: site.operatorRecord
        )
        _ = try site.store.record(recording, program: Clinic.program)
    }

    /// A case of a person without a name.
    private func addNamelessCase(_ clinic: Clinic) throws -> RecordID {
        var recording = try clinic.newCase(named: "")
        recording.identity = [:]
        return RecordID(
            entry: try #require(try clinic.store.record(recording, program: Clinic.program)),
            change: 1
        )
    }

    @Test("The name is gone here and at the site the entry reaches; the clinical record stays, and no key comes back")
    func destroyed() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: Self.name)
        try clinic.addCourse(record)
        try clinic.carryRecords(to: hub)
        #expect(try clinic.carryKeys(to: hub) == 1)
        #expect(try clinic.store.search(Self.name) == [record])
        let entry = try clinic.erase(record)
        #expect(entry.feed.lane == .urgent)
        try checkErased(clinic.store, record, "at once")
        #expect(try clinic.keyPackets(for: hub).isEmpty)

        // The hub has not heard of it, and sends the key.
        #expect(try hub.store.search(Self.name) == [record])
        #expect(try hub.carryKeys(to: clinic) == 0)
        try checkErased(clinic.store, record, "sent again")
        try clinic.reopen()
        #expect(try hub.carryKeys(to: clinic) == 0)
        try checkErased(clinic.store, record, "reopened")
        try clinic.store.rebuild()
        try checkErased(clinic.store, record, "built anew")

        // Now it has, as its daemon follows the log.
        try clinic.carryRecords(to: hub)
        #expect(try hub.store.search(Self.name).isEmpty)
        #expect(try hub.store.keys.all().isEmpty)
        #expect(try hub.keyPackets(for: clinic).isEmpty)
        #expect(try hub.store.person(of: record)?[1]?.settled == .absent(.erased))
        #expect(try hub.store.erasures(of: RecordID(entry: record.entry)).erasures.map(\.id.entry) == [entry])
        // A second one is another entry, and nothing else.
        try clinic.erase(record)
        #expect(try clinic.store.erasures(of: RecordID(entry: record.entry)).erasures.count == 2)
        try checkErased(clinic.store, record, "asked twice")
    }

    @Test("Neither the key nor the name stands in any file of the store afterwards, here and where the entry arrived")
    func noByteLeft() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: Self.name)
        try clinic.carryRecords(to: hub)
        try clinic.carryKeys(to: hub)
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
        for site in [clinic, hub] {
            #expect(try holders(site.log.root) > 1, "before, the files of keys and of the read model hold them")
        }
        try clinic.erase(record)
        #expect(try holders(clinic.log.root) == 0)
        try clinic.carryRecords(to: hub)
        #expect(try holders(hub.log.root) == 0)
    }

    @Test(
        "In whatever order entry, key and record arrive, the name is never shown and the key is not kept",
        arguments: ["ekr", "erk", "ker", "kre", "rek", "rke"]
    )
    func order(_ order: String) throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: Self.name)
        let packets = try clinic.keyPackets(for: hub)
        try clinic.erase(record)
        for step in order {
            switch step {
            case "e": try clinic.carryRecords(to: hub, lanes: [.urgent])
            case "k": _ = try hub.store.accept(packets, from: clinic.log.site)
            default: try clinic.carryRecords(to: hub, lanes: [.records])
            }
        }
        #expect(try hub.store.search(Self.name).isEmpty)
        #expect(try hub.store.keys.all().isEmpty)
        #expect(try hub.store.person(of: record)?[1]?.settled == .absent(.erased))
        #expect(try hub.store.accept(packets, from: clinic.log.site) == 0)
        try hub.reopen()
        try hub.store.rebuild()
        #expect(try hub.store.search(Self.name).isEmpty)
        #expect(try hub.store.keys.all().isEmpty)
    }

    @Test(
        "A key the erasure does not name goes too when it opens the person's values, whichever comes last",
        arguments: [true, false]
    )
    func unnamedKey(keyIsLast: Bool) throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try addNamelessCase(clinic)
        try clinic.carryRecords(to: hub)
        try name(record, Self.name, at: hub)
        let packets = try hub.keyPackets(for: clinic)
        let entry = try clinic.erase(record)
        let known = try clinic.store.erasures(of: RecordID(entry: record.entry)).erasures
        #expect(known.map(\.id.entry) == [entry] && known.flatMap(\.keyIDs).isEmpty, "no key is known here")
        if keyIsLast { try hub.carryRecords(to: clinic) }
        _ = try clinic.store.accept(packets, from: hub.log.site)
        if !keyIsLast { try hub.carryRecords(to: clinic) }
        #expect(try clinic.store.search(Self.name).isEmpty)
        #expect(try clinic.store.keys.all().isEmpty)
        // At the site that recorded the name: the erasure finds the key there.
        #expect(try hub.store.search(Self.name) == [record])
        try clinic.carryRecords(to: hub)
        #expect(try hub.store.search(Self.name).isEmpty)
        #expect(try hub.store.keys.all().isEmpty)
    }

    @Test("Another process forgets a key that was destroyed")
    func otherProcess() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let other = try clinic.another()
        #expect(try other.person(of: record)?.displayedBody(PersonBody.self).body.name.value == Self.name)
        try clinic.erase(record)
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
        try name(record, "one", at: clinic)
        try name(record, "two", at: hub)
        try hub.carryRecords(to: clinic)
        #expect(try clinic.store.conflicts().map(\.kind) == [.person])
        try clinic.erase(record)
        #expect(try clinic.store.conflicts().isEmpty)
        #expect(try clinic.store.statistics().attention == 0)
        try clinic.store.rebuild()
        #expect(try clinic.store.statistics().attention == 0)
    }

    @Test("Whatever a process that died left undone, the next one that opens the store does")
    func diedBetween() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let ids = try clinic.store.keys.all().map(\.id)
        // The entry is in the log, and nobody has looked at it.
        let plan = try clinic.store.erasurePlan(of: [record])
        let draft = try Erasure.draft(
            of: try #require(plan.subjects.first?.person),
            keyIDs: [],
            in: record,
            reason: "asked for"
        )
        let feed = FeedID(site: clinic.log.site, epoch: clinic.log.epoch, lane: .urgent)
        let entry = EntryDraft(
            recorded: RecordedMoment(milliseconds: 1, zoneOffsetMinutes: 0),
            program: Clinic.program,
            changes: [draft]
        )
        _ = try clinic.log.append([try entry.encode(for: feed)], to: .urgent)
        #expect(try clinic.store.search(Self.name) == [record], "not taken out yet")
        // The keys are gone, and nothing else was done.
        try clinic.store.keys.destroy(ids)
        #expect(try clinic.store.search(Self.name) == [record], "not taken out yet")
        try clinic.reopen()
        #expect(try clinic.store.search(Self.name).isEmpty)
        #expect(try clinic.store.keys.news().isEmpty)
        #expect(try clinic.store.query { try $0.unsettled() }.isEmpty)
        #expect(try clinic.store.query { try $0.erasedKeys() } == ids)
    }

    @Test("An old file of keys in the place of the one that knew of the erasure, or none at all, brings nothing back")
    func oldKeys() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let former = try #require(try clinic.store.keys.rows())
        let packets = try clinic.keyPackets(for: clinic)
        try clinic.erase(record)
        #expect(try clinic.replaceKeyFile(with: former).all().count == 1)
        try clinic.reopen()
        #expect(try clinic.store.keys.all().isEmpty)
        #expect(try clinic.store.search(Self.name).isEmpty)
        #expect(try clinic.store.person(of: record)?[1]?.settled == .absent(.erased))

        try clinic.removeKeyFile()
        try clinic.reopen()
        #expect(try clinic.store.accept(packets, from: clinic.log.site) == 0)
        #expect(try clinic.store.search(Self.name).isEmpty)
    }

    @Test("Nothing identifying is recorded again for a person who was erased, and others are as they were")
    func others() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let nameless = try addNamelessCase(clinic)
        let other = try clinic.addCase(named: "other")
        try clinic.erase(record)
        try clinic.erase(nameless)
        for erased in [record, nameless] {
            let error = #expect(throws: CaseStoreError.self) { try name(erased, "again", at: clinic) }
            #expect(error?.code == .keyNotHere && error?.message.contains("erased") == true)
        }
        let file = clinic.folder.path + "/scan.pdf"
        try LinuxFileSystem().createFile(file, with: [1, 2, 3])
        for erased in [record, nameless] {
            let error = #expect(throws: CaseStoreError.self) {
                _ = try clinic.store.attach(
                    file: file,
                    name: "scan.pdf",
                    title: nil,
                    to: erased,
                    operatorRecord: clinic.operatorRecord,
                    program: Clinic.program
                )
            }
            #expect(error?.code == .keyNotHere && error?.message.contains("erased") == true)
        }
        #expect(try clinic.store.search("other") == [other])
    }

    @Test("A file that was attached to a person without a name can not be opened any more")
    func attachment() throws {
        let clinic = try Clinic()
        let record = try addNamelessCase(clinic)
        let file = clinic.folder.path + "/scan.pdf"
        try LinuxFileSystem().createFile(file, with: [1, 2, 3])
        let attached = try clinic.store.attach(
            file: file,
            name: "scan.pdf",
            title: Self.name,
            to: record,
            operatorRecord: clinic.operatorRecord,
            program: Clinic.program
        )
        let document = RecordID(entry: try #require(attached.entry))
        try clinic.erase(record)
        #expect(try clinic.store.keys.all().isEmpty)
        let error = #expect(throws: CaseStoreError.self) {
            _ = try clinic.store.export(document, to: clinic.folder.path + "/copy.pdf")
        }
        #expect(error?.code == .keyNotHere)
        #expect(try clinic.store.documents(of: record).map(\.title) == [nil])
    }

    @Test("An erasure that is taken back holds all the same")
    func retracted() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: Self.name)
        let former = try #require(try clinic.store.keys.rows())
        let erasure = RecordID(entry: try clinic.erase(record))
        try clinic.record(.retract(try #require(try clinic.store.state(of: erasure)), reason: "by mistake"))
        #expect(try clinic.replaceKeyFile(with: former).all().count == 1)
        try clinic.reopen()
        try clinic.store.rebuild()
        try clinic.store.catchUp()
        #expect(try clinic.store.search(Self.name).isEmpty)
        #expect(try clinic.store.keys.all().isEmpty)
        #expect(try clinic.store.erasures(of: RecordID(entry: record.entry)).erasures.map(\.id) == [erasure])
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
        try clinic.erase(other)
        #expect(try clinic.store.search("other").isEmpty)
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
        let plan = try clinic.store.erasurePlan(of: [record])
        #expect(plan.sharing == [state.id])
        let error = #expect(throws: CaseStoreError.self) { try clinic.erase(record) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(clinic.store.names.reference(state.id)) == true)
        #expect(try clinic.store.search(Self.name) == [record])
        // An entry of a site that did not know: the key stays for the other person, which is told.
        let draft = try Erasure.draft(of: person.id, keyIDs: [key.id], in: record, reason: "asked for")
        try clinic.record(draft)
        #expect(try clinic.store.search("alias") == [third])
        #expect(try clinic.store.erasures(of: person.id).leavesKeys)
        // Both together.
        try clinic.erase(record, third)
        #expect(try clinic.store.search(Self.name).isEmpty && clinic.store.search("third").isEmpty)
        #expect(try clinic.store.keys.all().isEmpty)
        #expect(try !clinic.store.erasures(of: person.id).leavesKeys)
    }
}
