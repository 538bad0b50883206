import Crypto
import Foundation
import LogFormat
import Schema
import SwiftProtobuf
import SyncProtocol
import TestSupport
import Testing

@Suite("Who administers a registry after a recovery with the key on paper")
struct RosterRecoveryTests: FoundedRoster {
    let fixture: RosterFixture
    let start: RosterScript

    init() throws { (fixture, start) = try Self.founded() }

    @Test("Of the recoveries that one site writes a thousand are looked at: signatures cost everybody time")
    func manyRecoveries() throws {
        var script = start
        let good = try fixture.appointment(of: 1, cutOffs: [], in: try script.roster)
        let body = try #require(try EntryBody(good).body)
        var bodies: [RosterBody] = []
        for number in 0..<1_024 {
            var forged = body
            forged.recovery.number = UInt32(number + 2)
            bodies.append(forged)
        }
        for start in stride(from: 0, to: bodies.count, by: 64) {
            script.append(EntryBody.entry(of: Array(bodies[start..<start + 64])), to: fixture.feed(2))
        }
        // Behind them nothing of this site is looked at; what another says counts.
        script.append(good, to: fixture.feed(2))
        #expect(try script.roster.administrator == fixture.id(0))
        // What was found out of signatures once is not looked at again.
        var verdicts = SignatureVerdicts()
        for round in 0..<3 {
            let roster = try Roster(founding: fixture.founding, entries: script.entries, knowing: &verdicts)
            #expect(try roster == script.roster)
            #expect(verdicts.checks == Limits.recoveriesPerSite + 3, "in round \(round)")
        }
        script.append(good, to: fixture.feed(1))
        #expect(try script.roster.administrator == fixture.id(1))
        // The last of those that are looked at counts.
        var other = start
        other.append(EntryBody.entry(of: Array(bodies.prefix(1_023)) + [body]), to: fixture.feed(2))
        #expect(try other.roster.administrator == fixture.id(1))
    }

    @Test("The same recovery said again by others is one")
    func repeated() throws {
        var script = start
        let good = try fixture.appointment(of: 1, cutOffs: [], in: try script.roster)
        let body = try #require(try EntryBody(good).body)
        var forged = body
        forged.recovery.signature = .init([UInt8](repeating: 1, count: 64))
        // One with another signature before it, in the same site's feed and in another's, takes nothing from it.
        script.append(EntryBody.entry(forged), to: fixture.feed(2))
        script.append(EntryBody.entry(forged), to: fixture.feed(1))
        script.append(good, to: fixture.feed(1))
        let once = try script.roster
        #expect(once.administrator == fixture.id(1) && once.recoveries == 1)
        script.append(good, to: fixture.feed(2))
        #expect(try script.roster.term == once.term)
        #expect(try script.roster.authorities == once.authorities)
    }

    @Test("whoever has the key on paper appoints an administrator, against whatever the one before says")
    func recovery() throws {
        var script = try handedOver()
        let lost = try script.roster
        let entry = try fixture.appointment(
            of: 2,
            cutOffs: [fixture.row(fixture.feed(0), 5)],
            in: lost
        )
        // The lost one goes on, and hands over to a stranger's key.
        script.append(try fixture.admission(of: 5, in: lost), to: fixture.feed(1))
        script.append(
            try fixture.draft.handover(to: fixture.id(5), others: [], in: try script.roster),
            to: fixture.feed(1)
        )
        #expect(try script.roster.administrator == fixture.id(5))
        script.append(entry, to: fixture.feed(2))
        let now = try script.roster
        #expect(now.administrator == fixture.id(2))
        #expect(now.recoveries == 1)
        #expect(now[fixture.id(5)] == nil, "nothing of the lost one's term is named")
        #expect(now[fixture.id(1)] != nil && now[fixture.id(2)] != nil)
        script.append(try fixture.admission(of: 4, in: now), to: fixture.feed(2))
        #expect(try isListed(4, script))
        // It counts in whosever feed it stands.
        var moved = script
        moved.entries.removeAll { $0.bytes == entry }
        moved.append(entry, to: fixture.feed(4))
        #expect(try moved.roster.administrator == fixture.id(2))
    }

    @Test("a later recovery counts more, and what it names of earlier terms is only ever raised")
    func recoveredAgain() throws {
        var script = start
        let first = try fixture.appointment(of: 1, cutOffs: [fixture.row(fixture.feed(0), 4)], in: try script.roster)
        script.append(first, to: fixture.feed(1))
        script.append(try fixture.admission(of: 3, in: try script.roster), to: fixture.feed(1))
        let second = try fixture.appointment(
            of: 2,
            cutOffs: [fixture.row(fixture.feed(0), 2), fixture.row(fixture.feed(1), 2)],
            in: try script.roster
        )
        script.append(second, to: fixture.feed(2))
        let now = try script.roster
        #expect(now.administrator == fixture.id(2))
        #expect(now.recoveries == 2)
        #expect(now.authorities.count == 3)
        #expect(try isListed(3, script), "what the first appointed wrote counts as far as the second names it")
        #expect(now[fixture.id(2)]?.alias == "BB", "the founder's feed counts up to 4, as the first recovery said")
    }

    @Test("what a former administrator's handover names in advance counts no further than a recovery names it")
    func namedInAdvance() throws {
        var script = start
        let before = try script.roster
        let coming = fixture.feed(0, epoch: 7)
        let handover = script.append(
            try fixture.draft.handover(to: fixture.id(1), others: [fixture.row(coming, 1 << 40)], in: before),
            to: fixture.feed(0)
        )
        let held = fixture.row(fixture.feed(0), handover)
        script.append(
            try fixture.appointment(of: 2, cutOffs: [held], in: try script.roster),
            to: fixture.feed(2)
        )
        script.append(try fixture.admission(of: 4, in: before), to: coming)
        #expect(try !isListed(4, script))
    }

    @Test("a recovery names any number of feeds, in as many statements as that takes")
    func manyFeeds() throws {
        var script = start
        let before = try script.roster
        let feeds = (1...200).map { fixture.feed(0, epoch: UInt8($0)) }
        for feed in feeds.dropFirst() { script.append(try fixture.admission(of: 3, in: before), to: feed) }
        let rows = feeds.map { feed in fixture.row(feed, script.end(of: feed)) }
        let entries = try fixture.appointments(of: 2, cutOffs: rows, in: try script.roster)
        #expect(entries.count == 2)
        // Said after the office was lost, in the last of the feeds that are named.
        script.append(try fixture.admission(of: 4, in: before), to: try #require(feeds.last))
        for entry in entries { script.append(entry, to: fixture.feed(2)) }
        let now = try script.roster
        #expect(now.administrator == fixture.id(2))
        #expect(now.recoveries == 2)
        #expect(try isListed(3, script), "each of the feeds counts as far as it is named")
        #expect(try !isListed(4, script))
    }

    @Test("a recovery that the key on paper did not sign is nothing")
    func forgedRecovery() throws {
        var script = start
        let roster = try script.roster
        #expect(throws: SyncError.self) {
            try fixture.appointment(of: 1, cutOffs: [], in: roster, signedBy: Curve25519.Signing.PrivateKey())
        }
        let entry = try fixture.appointment(of: 1, cutOffs: [], in: roster)
        for change in [0, 1, 2, 3] {
            var body = try #require(try EntryBody(entry).body)
            switch change {
            case 0: body.recovery.number = 2
            case 1: body.recovery.administrator = fixture.sites[2].schemaKeys
            case 2: body.recovery.signature[0] ^= 1
            default: body.recovery.cutOffs = [SiteCutOff()]
            }
            var forged = script
            forged.append(EntryBody.entry(body), to: fixture.feed(1))
            #expect(try forged.roster == roster, "change \(change)")
        }
        script.append(entry, to: fixture.feed(1))
        #expect(try script.roster.administrator == fixture.id(1))
    }
}
