import CaseModel
import GRDB
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

@Suite("Keys of persons")
struct KeyTests {
    @Test(
        "Another site sees the case at once and the name when the key has come, whichever comes first",
        arguments: [true, false]
    )
    func twoSites(keyFirst: Bool) throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: "欧阳")
        if keyFirst {
            #expect(try clinic.carryKeys(to: hub) == 1)
            try clinic.carryRecords(to: hub)
        } else {
            try clinic.carryRecords(to: hub)
            #expect(try hub.store.caseRecords() == [record])
            #expect(try hub.store.search("欧阳").isEmpty)
            #expect(try clinic.carryKeys(to: hub) == 1)
        }
        #expect(try clinic.carryKeys(to: hub) == 0)
        #expect(try hub.store.search("欧阳") == [record])
        #expect(try hub.store.states(of: record) == clinic.store.states(of: record))
        #expect(try hub.store.person(of: record) == clinic.store.person(of: record))
    }

    @Test("Names appear whose keys were kept by a process that died before it could show them")
    func diedBetween() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: "欧阳")
        try clinic.carryRecords(to: hub)
        _ = try hub.store.keys.keep(try clinic.store.keys.all(), origin: clinic.log.site.bytes, isNews: true)
        #expect(try hub.store.search("欧阳").isEmpty)
        try hub.reopen()
        #expect(try hub.store.search("欧阳") == [record])
        #expect(try hub.store.keys.news().isEmpty)
    }

    @Test("A packet opens only at the site it was sealed to, from the site that sealed it, and unaltered")
    func packets() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let stranger = try Clinic(alias: "XX")
        _ = try clinic.addCase(named: "x")
        let key = hub.log.identity.agreementPublicKey
        let packet = try #require(
            try clinic.store.keyPackets(for: hub.log.site, agreementKey: key).packets.first
        )
        let refusals: [(CaseStore, [UInt8], SiteID)] = [
            (stranger.store, packet, clinic.log.site), (hub.store, packet, stranger.log.site),
            (hub.store, Array(packet.dropLast()), clinic.log.site), (hub.store, [], clinic.log.site),
            (hub.store, [1] + packet.dropFirst(), clinic.log.site), (hub.store, [0, 1, 2], clinic.log.site),
        ]
        for (index, refusal) in refusals.enumerated() {
            let error = #expect(throws: CaseStoreError.self, "refusal \(index)") {
                _ = try refusal.0.accept([refusal.1], from: refusal.2)
            }
            #expect(error?.code == .keys)
        }
        for index in packet.indices.dropFirst() {
            var altered = packet
            altered[index] ^= 1
            #expect(throws: CaseStoreError.self, "byte \(index)") {
                _ = try hub.store.accept([altered], from: clinic.log.site)
            }
        }
        // One that can not be opened does not keep out the others.
        #expect(throws: CaseStoreError.self) { _ = try hub.store.accept([[9], packet], from: clinic.log.site) }
        #expect(try hub.store.accept([packet], from: clinic.log.site) == 0)
        let error = #expect(throws: CaseStoreError.self) {
            _ = try clinic.store.keyPackets(for: hub.log.site, agreementKey: [1, 2])
        }
        #expect(error?.code == .keys)
    }

    @Test("Keys a peer is known to hold are left out, and many travel in several packets")
    func manyKeys() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        _ = try clinic.store.record(
            batch: try (0..<600).map { try clinic.newCase(named: "n\($0)") },
            program: Clinic.program
        )
        let key = hub.log.identity.agreementPublicKey
        let all = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key)
        #expect(all.packets.count == 2)
        #expect(all.packets.allSatisfy { $0.count < 18 * 1_024 })
        #expect(try hub.store.accept(all.packets, from: clinic.log.site) == 600)
    }

    @Test("Who says the mark of what it was sent is sent what came after that, and who says another everything")
    func marks() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        let key = hub.log.identity.agreementPublicKey
        let site = hub.log.site
        func offered(after mark: [UInt8]) throws -> (packets: [[UInt8]], mark: [UInt8]) {
            try clinic.store.keyPackets(for: site, agreementKey: key, after: mark)
        }
        for name in ["one", "two", "three"] { _ = try clinic.addCase(named: name) }
        let first = try offered(after: [])
        #expect(try hub.store.accept(first.packets, from: clinic.log.site, upTo: first.mark) == 3)
        #expect(try hub.store.keyMarks() == [clinic.log.site: first.mark])
        try hub.reopen()
        #expect(try hub.store.keyMarks() == [clinic.log.site: first.mark])
        let nothing = try offered(after: first.mark)
        #expect(nothing.packets.isEmpty && nothing.mark == first.mark)
        // The ids of new keys come anywhere among those of before.
        for name in ["four", "five", "six"] {
            let known = try offered(after: first.mark).mark
            _ = try clinic.addCase(named: name)
            let next = try offered(after: known)
            #expect(try hub.store.accept(next.packets, from: clinic.log.site, upTo: next.mark) == 1)
        }
        let last = try #require(try hub.store.keyMarks()[clinic.log.site])
        #expect(try offered(after: last).packets.isEmpty)
        let unknown: [[UInt8]] = [[], [1], last.dropLast(), last.map { ~$0 }, [7] + last.dropFirst()]
        for mark in unknown { #expect(Self.keys(in: try offered(after: mark).packets) == 6) }
        // What the hub brought itself follows too: set back to an earlier state it says this mark, and has lost that key.
        _ = try hub.addCase(named: "seven")
        let back = try hub.store.keyPackets(
            for: clinic.log.site,
            agreementKey: clinic.log.identity.agreementPublicKey
        )
        #expect(try clinic.store.accept(back.packets, from: site, upTo: back.mark) == 1)
        #expect(Self.keys(in: try offered(after: last).packets) == 1)
        #expect(Self.keys(in: try offered(after: []).packets) == 7)
    }

    @Test("Who is given the entries of some sites is given the keys of persons whom these recorded, and no others")
    func ofAuthors() throws {
        let (clinic, hub, reader) = (try Clinic(), try Clinic(alias: "WH"), try Clinic(alias: "TH"))
        let key = reader.log.identity.agreementPublicKey
        func offered(_ authors: Set<SiteID>?, after mark: [UInt8] = []) throws -> (keys: Int, mark: [UInt8]) {
            let offer = try hub.store.keyPackets(
                for: reader.log.site,
                agreementKey: key,
                ofAuthors: authors,
                after: mark
            )
            return (Self.keys(in: offer.packets), offer.mark)
        }
        for name in ["one", "two"] { _ = try clinic.addCase(named: name) }
        for name in ["three", "four", "five"] { _ = try hub.addCase(named: name) }
        try clinic.carryRecords(to: hub)
        try clinic.carryKeys(to: hub)
        #expect(try offered(nil).keys == 5)
        #expect(try offered([clinic.log.site]).keys == 2)
        #expect(try offered([hub.log.site, reader.log.site]).keys == 3)
        #expect(try offered([reader.log.site]).keys == 0)
        // A mark stands for what was meant for its receiver.
        let first = try offered([hub.log.site])
        _ = try hub.addCase(named: "six")
        let next = try offered([hub.log.site], after: first.mark)
        #expect(next.keys == 1)
        #expect(try offered([hub.log.site], after: next.mark).keys == 0)
        // A key that is here before any record of its person is given to those only who are given everything.
        let other = try Clinic(alias: "XY")
        _ = try other.addCase(named: "seven")
        try other.carryKeys(to: hub)
        #expect(try offered([other.log.site]).keys == 0)
        try other.carryRecords(to: hub)
        #expect(try offered([other.log.site]).keys == 1)
    }

    /// How many keys are in packets: a version, an encapsulated key and a tag beside them.
    private static func keys(in packets: [[UInt8]]) -> Int {
        packets.reduce(0) { $0 + ($1.count - 1 - 32 - 16) / 32 }
    }

    @Test("A mark is not kept when a packet that came with it was not")
    func noMark() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        _ = try clinic.addCase(named: "x")
        let all = try clinic.store.keyPackets(
            for: hub.log.site,
            agreementKey: hub.log.identity.agreementPublicKey
        )
        #expect(throws: CaseStoreError.self) {
            _ = try hub.store.accept(all.packets + [[9]], from: clinic.log.site, upTo: all.mark)
        }
        #expect(try hub.store.keyMarks().isEmpty)
        #expect(try hub.store.accept(all.packets, from: clinic.log.site, upTo: all.mark) == 0)
        #expect(try hub.store.keyMarks() == [clinic.log.site: all.mark])
    }

    @Test("A key that was destroyed is not sent again, and leaves the marks of others as they are")
    func destroyedMarks() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        for name in ["one", "two", "three"] { _ = try clinic.addCase(named: name) }
        let key = hub.log.identity.agreementPublicKey
        let before = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key)
        try clinic.store.keys.destroy([try #require(try clinic.store.keys.all().first).id])
        let after = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key, after: before.mark)
        #expect(after.packets.isEmpty && after.mark == before.mark)
        let all = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key)
        #expect(try hub.store.accept(all.packets, from: clinic.log.site, upTo: all.mark) == 2)
    }

    @Test("A file of keys of an earlier program is taken over, and its keys have an order from then on")
    func formerFile() throws {
        let (clinic, hub) = (try Clinic(), try Clinic(alias: "WH"))
        let record = try clinic.addCase(named: "欧阳")
        _ = try clinic.addCase(named: "two")
        let path = "\(clinic.log.root)/keys.sqlite"
        do {
            let queue = try DatabaseQueue(path: path)
            try queue.write { db in
                try db.execute(
                    sql: """
                        DROP INDEX person_key_place;
                        DROP TABLE key_mark;
                        ALTER TABLE person_key DROP COLUMN place;
                        PRAGMA user_version = 1;
                        """
                )
            }
        }
        try clinic.reopen()
        #expect(try clinic.store.search("欧阳") == [record])
        let key = hub.log.identity.agreementPublicKey
        let all = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key)
        #expect(try hub.store.accept(all.packets, from: clinic.log.site, upTo: all.mark) == 2)
        _ = try clinic.addCase(named: "three")
        let next = try clinic.store.keyPackets(for: hub.log.site, agreementKey: key, after: all.mark)
        #expect(try hub.store.accept(next.packets, from: clinic.log.site, upTo: next.mark) == 1)
    }

    @Test("Lost keys leave every record readable but its name, are counted, and come back from another site")
    func lost() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let record = try clinic.addCase(named: "欧阳")
        try clinic.carryKeys(to: hub)
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(clinic.log.root) where name.hasPrefix("keys.sqlite") {
            try disk.unlink("\(clinic.log.root)/\(name)")
        }
        try clinic.reopen()
        #expect(try clinic.store.person(of: record)?.displayedBody(PersonBody.self).body.hasName == false)
        #expect(try clinic.store.person(of: record)?.displayedBody(PersonBody.self).body.birthYear == 1_961)
        #expect(try clinic.store.statistics().lostPersons == 1)
        let next = try clinic.addCase(named: "after the loss")
        #expect(try clinic.store.search("after") == [next])
        #expect(try hub.carryKeys(to: clinic) == 1)
        #expect(try clinic.store.search("欧阳") == [record])
        #expect(try clinic.store.statistics().lostPersons == 0)
    }

    @Test("A file of keys that is none is reported; records are read, and no name is recorded without its key")
    func garbage() throws {
        let clinic = try Clinic()
        let record = try clinic.addCase(named: "欧阳")
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(clinic.log.root) where name.hasPrefix("keys.sqlite") {
            try disk.unlink("\(clinic.log.root)/\(name)")
        }
        try disk.createFile("\(clinic.log.root)/keys.sqlite", with: [UInt8](repeating: 0x41, count: 8_192))
        try clinic.reopen()
        #expect(try clinic.store.states(of: record).count == 1)
        #expect(try clinic.store.person(of: record)?.displayedBody(PersonBody.self).body.hasName == false)
        #expect(clinic.store.keyProblem?.contains("keys.sqlite") == true)
        let before = try clinic.log.frontier()
        let error = #expect(throws: CaseStoreError.self) { _ = try clinic.addCase(named: "x") }
        #expect(error?.code == .keys)
        #expect(try clinic.log.frontier() == before)
    }
}
