import Crypto
import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("A roster is a set")
struct RosterSetTests {
    /// What a run of ``history(seed:)`` met, so that no run tests nothing.
    private struct Met {
        var forks = 0
        var terms = 0
        var recoveries = 0
        var revoked = 0
    }

    /// What sites that know different parts of the roster write, each as it sees itself: administrators in several epochs,
    /// forks of one epoch, two administrators at a time, and now and then the key on paper.
    private func history(_ fixture: RosterFixture, seed: UInt64, steps: Int) throws -> [RosterEntry] {
        var generator = SplitMix64(seed: seed)
        var script = RosterScript(fixture)
        try script.found(admitting: 3)
        for step in 0..<steps {
            // Who writes has heard of most of it.
            let view = script.entries.enumerated().filter { $0.offset < 3 || generator.next() % 8 != 0 }.map(\.element)
            let roster = try fixture.roster(view)
            let author = fixture.index(roster.administrator)
            let feed = fixture.feed(author, epoch: UInt8(1 + generator.next() % 2))
            let draft = fixture.at(Int64(generator.next() % 40))
            let other = Int(generator.next() % UInt64(fixture.sites.count))
            let rows = [1, 2].map { fixture.row(fixture.feed(author, epoch: $0), 1 + generator.next() % 6) }
            do throws(SyncError) {
                let bytes: [UInt8]
                var place = feed
                switch generator.next() % 10 {
                case 0..<5:
                    bytes = try draft.admission(
                        fixture.sites[other].keys,
                        alias: RosterFixture.aliases[other],
                        role: generator.next() % 2 == 0 ? "hub" : "clinic",
                        addresses: generator.next() % 2 == 0 ? [] : ["a\(step).example:1"],
                        reads: generator.next() % 2 == 0 ? [] : [roster.administrator],
                        in: roster
                    )
                case 5..<7:
                    let feeds = [1, 2].map { epoch in
                        fixture.row(fixture.feed(other, epoch: epoch), 1 + generator.next() % 6)
                    }
                    bytes = try draft.revocation(of: fixture.id(other), cutOffs: feeds, reason: "\(step)", in: roster)
                case 7..<9:
                    bytes = try draft.handover(
                        to: fixture.id(other),
                        others: rows.filter { $0.feed != feed },
                        in: roster
                    )
                default:
                    bytes = try recovered(fixture, other, rows, roster)
                    place = fixture.feed(other, epoch: 1)
                }
                let position = (view.filter { $0.feed == place }.map(\.position).max() ?? 0) + 1
                script.entries.append(RosterEntry(feed: place, position: position, bytes: bytes))
            } catch {
                // The roster as it stands does not allow it.
                continue
            }
        }
        return script.entries
    }

    private func recovered(
        _ fixture: RosterFixture,
        _ index: Int,
        _ rows: [Frontier.Row],
        _ roster: Roster
    ) throws(SyncError) -> [UInt8] {
        do {
            return try fixture.appointment(of: index, cutOffs: rows, in: roster)
        } catch {
            throw SyncError(.signature, "\(error)")
        }
    }

    @Test("in any order, with any doubles, from any branches: the same roster", arguments: 0..<24)
    func order(seed: UInt64) throws {
        let fixture = try RosterFixture(6, seed: 100 + seed % 4)
        let entries = try history(fixture, seed: seed, steps: 20)
        let roster = try fixture.roster(entries)
        var generator = SplitMix64(seed: seed ^ 0xFF)
        for _ in 0..<6 {
            var shuffled = entries + entries.filter { _ in generator.next() % 3 == 0 }
            for index in shuffled.indices.reversed() {
                shuffled.swapAt(index, Int(generator.next() % UInt64(index + 1)))
            }
            #expect(try fixture.roster(shuffled) == roster, "seed \(seed)")
        }
    }

    @Test("the histories have forks, several terms, recoveries and revoked sites in them")
    func histories() throws {
        var met = Met()
        for seed in UInt64(0)..<24 {
            let fixture = try RosterFixture(6, seed: 100 + seed % 4)
            let entries = try history(fixture, seed: seed, steps: 20)
            let roster = try fixture.roster(entries)
            struct Place: Hashable {
                var feed: FeedID
                var position: UInt64
            }
            let places = Set(entries.map { Place(feed: $0.feed, position: $0.position) })
            if places.count < entries.count { met.forks += 1 }
            if roster.authorities.count > 1 { met.terms += 1 }
            if roster.recoveries > 0 { met.recoveries += 1 }
            if roster.members.contains(where: \.isRevoked) { met.revoked += 1 }
        }
        #expect(met.forks > 8 && met.terms > 8 && met.recoveries > 4 && met.revoked > 4, "\(met)")
    }

    @Test(
        "while one site administers, what is revoked stays so and no cut-off is lowered, however much more arrives",
        arguments: 0..<20
    )
    func monotone(seed: UInt64) throws {
        let fixture = try RosterFixture(5, seed: 200)
        var generator = SplitMix64(seed: seed)
        var script = RosterScript(fixture)
        try script.found(admitting: 5)
        for _ in 0..<12 {
            let other = 1 + Int(generator.next() % 4)
            let roster = try script.roster
            let cutOffs = [1, 2].map { fixture.row(fixture.feed(other, epoch: $0), 1 + generator.next() % 9) }
            script.append(
                try fixture.at(Int64(generator.next() % 50)).revocation(
                    of: fixture.id(other),
                    cutOffs: cutOffs,
                    reason: "",
                    in: roster
                ),
                to: fixture.feed(0, epoch: UInt8(1 + generator.next() % 2))
            )
        }
        var held: [RosterEntry] = []
        var left = script.entries
        var ends: [FeedID: UInt64] = [:]
        while !left.isEmpty {
            held.append(left.remove(at: Int(generator.next() % UInt64(left.count))))
            let roster = try fixture.roster(held)
            var now: [FeedID: UInt64] = [:]
            for member in roster.members { for (feed, head) in member.cutOffs ?? [:] { now[feed] = head.position } }
            for (feed, position) in ends where roster[feed.site] != nil {
                #expect(now[feed] ?? 0 >= position, "seed \(seed)")
            }
            ends.merge(now) { max($0, $1) }
        }
    }
}
