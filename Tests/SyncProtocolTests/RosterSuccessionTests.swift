import Crypto
import Foundation
import LogFormat
import Schema
import SwiftProtobuf
import SyncProtocol
import TestSupport
import Testing

@Suite("Who administers a registry")
struct RosterSuccessionTests: FoundedRoster {
    let fixture: RosterFixture
    let start: RosterScript

    init() throws { (fixture, start) = try Self.founded() }

    @Test("after a handover the successor's entries count, and nothing more of the one before, in no epoch of it")
    func handover() throws {
        var script = start
        let before = try script.roster
        script = try handedOver()
        #expect(try script.roster.administrator == fixture.id(1))
        #expect(try script.roster.authorities == [fixture.id(0), fixture.id(1)].sorted())
        // Written without knowing of it, and with.
        for roster in [before, try script.roster] {
            script.append(try fixture.admission(of: 3, in: roster), to: fixture.feed(0))
            script.append(try fixture.admission(of: 3, in: roster), to: fixture.feed(0, epoch: 2))
        }
        #expect(try !isListed(3, script))
        #expect(try script.roster.ignoredEntries == 4)
        script.append(try fixture.admission(of: 4, in: before), to: fixture.feed(1))
        #expect(try !isListed(4, script), "the successor's, but of a term in which it was none")
        script.append(try fixture.admission(of: 4, in: try script.roster), to: fixture.feed(1))
        #expect(try isListed(4, script))
        #expect(try script.roster.reads(fixture.id(2), fixture.feed(1)))
    }

    @Test("earlier epochs of the one who hands over count up to where the handover names them")
    func earlierEpochs() throws {
        var script = start
        let second = fixture.feed(0, epoch: 2)
        script.append(try fixture.admission(of: 3, in: try script.roster), to: second)
        script.append(try fixture.admission(of: 4, in: try script.roster), to: second)
        let entry = try fixture.draft.handover(
            to: fixture.id(1),
            others: [fixture.row(second, 1)],
            in: try script.roster
        )
        script.append(entry, to: fixture.feed(0))
        #expect(try isListed(3, script))
        #expect(try !isListed(4, script))
    }

    @Test("the office can be handed back, and what was said in between under the old term stays without effect")
    func handedBack() throws {
        var script = try handedOver()
        let away = try script.roster
        script.append(try fixture.admission(of: 3, in: try start.roster), to: fixture.feed(0))
        script.append(
            try fixture.draft.handover(to: fixture.id(0), others: [], in: away),
            to: fixture.feed(1)
        )
        #expect(try script.roster.administrator == fixture.id(0))
        #expect(try script.roster.term != nil)
        #expect(try !isListed(3, script))
        script.append(try fixture.admission(of: 4, in: try script.roster), to: fixture.feed(0))
        #expect(try isListed(4, script))
        script.append(try fixture.admission(of: 5, in: away), to: fixture.feed(1))
        #expect(try !isListed(5, script))
    }

    @Test(
        "of two handovers of one term, which only a copied administrator writes, the one recorded first counts",
        arguments: [false, true]
    )
    func twoHandovers(isTurned: Bool) throws {
        var script = start
        let roster = try script.roster
        let times: [Int64] = isTurned ? [20, 10] : [10, 20]
        for (index, time) in times.enumerated() {
            let entry = try fixture.at(time).handover(to: fixture.id(index + 1), others: [], in: roster)
            script.entries.append(
                RosterEntry(feed: fixture.feed(0, epoch: UInt8(index + 1)), position: 5, bytes: entry)
            )
        }
        let winner = isTurned ? 2 : 1
        // Handed over in epoch 2, epoch 1 counts only as far as that handover names it: not at all.
        #expect(try script.roster.administrator == fixture.id(winner))
        #expect(try Roster(founding: fixture.founding, entries: script.entries.reversed()) == (try script.roster))
    }

    @Test("a later word of another term counts more than one with a later clock")
    func laterTerm() throws {
        var script = start
        script.append(
            try fixture.at(1_000_000).admission(
                fixture.sites[2].keys,
                alias: "BB",
                role: "clinic",
                addresses: ["old.example:1"],
                in: try script.roster
            ),
            to: fixture.feed(0)
        )
        script.append(
            try fixture.draft.handover(to: fixture.id(1), others: [], in: try script.roster),
            to: fixture.feed(0)
        )
        script.append(
            try fixture.at(5).admission(
                fixture.sites[2].keys,
                alias: "BB",
                role: "clinic",
                addresses: ["new.example:1"],
                reads: [fixture.id(1)],
                in: try script.roster
            ),
            to: fixture.feed(1)
        )
        let member = try #require(try script.roster[fixture.id(2)])
        #expect(member.addresses == ["new.example:1"])
        #expect(member.reads == [fixture.id(1)])
    }

    @Test(
        "a former administrator can be revoked, with what its roster entries count as far as that says; the present one can not"
    )
    func revokingAdministrators() throws {
        var script = start
        script.append(try fixture.admission(of: 3, in: try script.roster), to: fixture.feed(0))
        let handover = script.append(
            try fixture.draft.handover(to: fixture.id(1), others: [], in: try script.roster),
            to: fixture.feed(0)
        )
        let roster = try script.roster
        #expect(throws: SyncError.self) {
            try fixture.draft.revocation(of: fixture.id(1), cutOffs: [], reason: "", in: roster)
        }
        let entry = try fixture.draft.revocation(
            of: fixture.id(0),
            cutOffs: [fixture.row(fixture.feed(0), handover)],
            reason: "stolen",
            in: roster
        )
        script.append(entry, to: fixture.feed(1))
        let now = try script.roster
        #expect(now[fixture.id(0)]?.isRevoked == true)
        #expect(now[fixture.id(0)]?.revocationReason == "stolen")
        #expect(now.administrator == fixture.id(1))
        #expect(try isListed(3, script))
        #expect(now.bound(of: fixture.feed(0)) == .until(fixture.row(fixture.feed(0), handover).head))
        // The former one says the same of its successor, in the term it had.
        var body = try #require(try EntryBody(entry).body)
        body.revocation.site = .init(fixture.id(1).bytes)
        body.clearTerm()
        script.entries.append(RosterEntry(feed: fixture.feed(0), position: 2, bytes: EntryBody.entry(body)))
        #expect(try script.roster[fixture.id(1)]?.isRevoked == false)
    }

    @Test("what a later version says is passed over, and what stands beside it counts")
    func future() throws {
        var script = start
        var body = try #require(try EntryBody(try fixture.admission(of: 3, in: try script.roster)).body)
        // Field 15 of a later version.
        try body.merge(serializedBytes: [0x7A, 0x02, 0x08, 0x01] as [UInt8])
        script.append(EntryBody.entry(body), to: fixture.feed(0))
        var unknown = RosterBody()
        try unknown.merge(serializedBytes: [0x7A, 0x02, 0x08, 0x01] as [UInt8])
        script.append(EntryBody.entry(unknown), to: fixture.feed(0))
        #expect(try isListed(3, script))
        #expect(try script.roster.ignoredEntries == 0)
    }

    @Test("too many cut-offs for one entry go into several, and none is lost")
    func manyCutOffs() throws {
        let rows = (1...300).map { number in
            fixture.row(
                FeedID(
                    site: fixture.id(1),
                    epoch: EpochID([0, 0, 0, 0, 0, 0, UInt8(number / 200), UInt8(number % 200)])!,
                    lane: .records
                ),
                UInt64(number)
            )
        }
        let entries = try fixture.draft.revocations(
            of: fixture.id(1),
            cutOffs: rows,
            reason: "lost",
            in: try start.roster
        )
        #expect(entries.count == 3)
        #expect(entries.allSatisfy { $0.count <= Limits.entryBytes })
        var script = start
        for entry in entries { script.append(entry, to: fixture.feed(0)) }
        let cutOffs = try #require(try script.roster[fixture.id(1)]?.cutOffs)
        #expect(cutOffs == Dictionary(uniqueKeysWithValues: rows.map { ($0.feed, $0.head) }))
        let notice = RevocationNotice(registry: try start.roster.registry, site: fixture.id(1), entries: entries)
        let text = try #require(notice.text)
        #expect(try RevocationNotice(text: "Hello\n" + text) == notice)
        #expect(notice.cutOffs == cutOffs)
        #expect(throws: SyncError.self) { try RevocationNotice(text: text.replacing("CUT-OFFS", with: "REQUEST")) }
    }

    @Test("a key that goes on as a site has its alias; two that do not may not")
    func continuation() throws {
        var script = start
        let entry = try fixture.draft.admission(
            fixture.sites[3].keys,
            alias: "AA",
            role: "clinic",
            continues: fixture.id(1),
            in: try script.roster
        )
        #expect(throws: SyncError.self) {
            try fixture.draft.admission(fixture.sites[3].keys, alias: "AA", role: "clinic", in: try script.roster)
        }
        script.append(entry, to: fixture.feed(0))
        #expect(try script.roster[fixture.id(3)]?.alias == "AA")
        #expect(try script.roster[fixture.id(1)]?.alias == "AA")
        #expect(try script.roster.origin(of: fixture.id(3)) == fixture.id(1))
        script.append(
            try fixture.draft.revocation(of: fixture.id(1), cutOffs: [], reason: "rotated", in: try script.roster),
            to: fixture.feed(0)
        )
        #expect(try script.roster[fixture.id(1)]?.alias == "AA", "the numbers of its cases begin with it")
    }
}

/// The roster body of an entry, to be changed as no draft would.
struct EntryBody {
    let body: RosterBody?

    init(_ bytes: [UInt8]) throws {
        let entry = try Entry(serializedBytes: bytes)
        body = try entry.changes.first.map { try RosterBody(serializedBytes: $0.body) }
    }

    static func entry(_ body: RosterBody) -> [UInt8] { entry(of: [body]) }

    static func entry(of bodies: [RosterBody]) -> [UInt8] {
        do {
            var entry = Entry()
            entry.recorded.millisecondsSinceEpoch = 1
            entry.changes = try bodies.map { body in
                var change = Change()
                change.kind = RosterDraft.kind
                change.action = .create
                change.body = try body.serializedBytes()
                return change
            }
            return try entry.serializedBytes()
        } catch {
            preconditionFailure("a message without required fields always encodes: \(error)")
        }
    }
}

extension SimulatedKeys {
    var schemaKeys: SiteKeys {
        var keys = SiteKeys()
        keys.signingKey = .init(self.keys.signing.bytes)
        keys.agreementKey = .init(self.keys.agreement)
        keys.agreementSignature = .init(self.keys.agreementSignature)
        return keys
    }
}
