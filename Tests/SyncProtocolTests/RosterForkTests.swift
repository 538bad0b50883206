import LogFormat
import Schema
import TestSupport
import Testing

@testable import SyncProtocol

@Suite("A roster of administrators whose lane 0 has forked")
struct RosterForkTests {
    /// One history of a feed, from its beginning.
    private struct History {
        let feed: FeedID
        let start: FeedHead
        var entries: [[UInt8]] = []

        init(_ fixture: RosterFixture, of index: Int, epoch: UInt8 = 1) {
            feed = fixture.feed(index, epoch: epoch)
            start = FeedChain.start(key: fixture.sites[index].keys.signing, epoch: feed.epoch, lane: feed.lane)
        }

        /// All of it, as it is held as the feed.
        var linked: [RosterEntry] { RosterEntry.chained(entries, of: feed, after: start) }

        /// What stands after a position, as it is carried.
        func linked(after position: Int) -> [RosterEntry] { Array(linked.dropFirst(position)) }

        var end: FeedHead { head(at: entries.count) }
        var row: Frontier.Row { .init(feed: feed, head: end) }

        func head(at position: Int) -> FeedHead {
            var chain = FeedChain(continuing: start)
            for entry in entries.prefix(position) { chain.append(entry) }
            return chain.head
        }

        func cut(at position: Int) -> History {
            var cut = self
            cut.entries = Array(entries.prefix(position))
            return cut
        }
    }

    private let fixture: RosterFixture
    /// Of the founder, with sites 0 to 2 admitted: 4 entries.
    private let common: History

    init() throws {
        fixture = try RosterFixture(6, seed: 21)
        var history = History(fixture, of: 0)
        history.entries.append(fixture.founding)
        for index in 0..<3 {
            history.entries.append(try fixture.admission(of: index, in: try fixture.roster(history.linked)))
        }
        common = history
    }

    private func admitting(_ indices: [Int], after history: History) throws -> History {
        var history = history
        for index in indices {
            history.entries.append(try fixture.admission(of: index, in: try fixture.roster(history.linked)))
        }
        return history
    }

    /// The same in any order, and whichever of the histories is carried whole or from somewhere before they part.
    private func roster(_ parts: [[RosterEntry]]) throws -> Roster {
        let entries = parts.flatMap(\.self)
        let roster = try fixture.roster(entries)
        var generator = SplitMix64(seed: UInt64(entries.count))
        for _ in 0..<8 {
            var shuffled = entries
            for index in shuffled.indices.reversed() {
                shuffled.swapAt(index, Int(generator.next() % UInt64(index + 1)))
            }
            #expect(try fixture.roster(shuffled) == roster)
        }
        return roster
    }

    private func positionsAlone(_ entries: [RosterEntry]) -> [RosterEntry] {
        entries.map { RosterEntry(feed: $0.feed, position: $0.position, bytes: $0.bytes) }
    }

    private func isListed(_ index: Int, in roster: Roster) -> Bool { roster[fixture.id(index)] != nil }

    @Test("Of a cloned administrator both copies count: the one's revocation and the other's admission")
    func cloned() throws {
        var one = common
        let roster = try fixture.roster(common.linked)
        one.entries.append(
            try fixture.draft.revocation(of: fixture.id(2), cutOffs: [], reason: "lost", in: roster)
        )
        let other = try admitting([3], after: common)
        let all = try self.roster([one.linked, other.linked])
        #expect(all[fixture.id(2)]?.isRevoked == true)
        #expect(isListed(3, in: all))
        // Each site holds one of them as the feed, and the other as somebody carries it.
        for from in 0...4 {
            #expect(try self.roster([one.linked, other.linked(after: from)]) == all)
            #expect(try self.roster([one.linked(after: from), other.linked]) == all)
        }
        #expect(try fixture.roster(one.linked) != all)
        #expect(try fixture.roster(other.linked) != all)
    }

    @Test(
        "What a recovery names is a history: one that the lost key writes later at the same positions counts nowhere",
        arguments: 1...4
    )
    func recovered(parting: Int) throws {
        let own = try admitting([3], after: common)
        var heir = History(fixture, of: 1)
        heir.entries.append(
            try fixture.appointment(of: 1, cutOffs: [own.row], in: try fixture.roster(own.linked))
        )
        let now = try roster([own.linked, heir.linked])
        #expect(now.administrator == fixture.id(1) && isListed(3, in: now))
        var forged = try admitting([4], after: common.cut(at: parting))
        forged.entries.append(
            try fixture.draft.revocation(
                of: fixture.id(2),
                cutOffs: [],
                reason: "forged",
                in: try fixture.roster(common.linked)
            )
        )
        forged = try admitting([5], after: forged)
        for from in 0...parting {
            for parts in [
                [own.linked, forged.linked(after: from)], [own.linked(after: from), forged.linked],
            ] {
                let both = try roster(parts + [heir.linked])
                #expect(both.members == now.members)
                #expect(both.administrator == fixture.id(1))
            }
        }
        // It would if the position were all there is.
        #expect(isListed(4, in: try fixture.roster(positionsAlone(own.linked + forged.linked + heir.linked))))
        // Who holds nothing of the history that is meant can not tell: the position decides.
        let deceived = try roster([forged.linked, heir.linked])
        #expect(isListed(4, in: deceived))
        #expect(deceived.administrator == fixture.id(1))
    }

    @Test("What a handover ends and names are histories, too")
    func handedOver() throws {
        let earlier = try {
            var history = History(fixture, of: 0, epoch: 2)
            history.entries = try [3, 3].map { try fixture.admission(of: $0, in: try fixture.roster(common.linked)) }
            return history
        }()
        var own = common
        own.entries.append(
            try fixture.draft.handover(
                to: fixture.id(1),
                others: [earlier.row],
                in: try fixture.roster(common.linked + earlier.linked)
            )
        )
        let now = try roster([own.linked, earlier.linked])
        #expect(now.administrator == fixture.id(1) && isListed(3, in: now))
        // Before the handover, at its place, in the other epoch; and all of them.
        let forgeries = [
            try admitting([4, 4, 4], after: common.cut(at: 2)).linked,
            try admitting([4], after: common).linked(after: 4),
            try {
                var history = History(fixture, of: 0, epoch: 2)
                history.entries = try [4, 5].map {
                    try fixture.admission(of: $0, in: try fixture.roster(common.linked))
                }
                return history.linked
            }(),
        ]
        for forged in forgeries + [forgeries.flatMap(\.self)] {
            #expect(try roster([own.linked, earlier.linked, forged]).members == now.members)
            // It would count if the position were all there is.
            let all = own.linked + earlier.linked + forged
            #expect(isListed(4, in: try fixture.roster(positionsAlone(all))))
        }
    }

    @Test("Who hands over can name both histories of an epoch that forked, and both count")
    func bothNamed() throws {
        let one = try admitting([3], after: common)
        let other = try admitting([4], after: common)
        let before = try roster([one.linked, other.linked])
        for (others, counts) in [([one.row, other.row], [true, true]), ([other.row], [false, true])] {
            var next = History(fixture, of: 0, epoch: 2)
            next.entries.append(try fixture.draft.handover(to: fixture.id(1), others: others, in: before))
            let now = try roster([one.linked, other.linked(after: 4), next.linked])
            #expect(now.administrator == fixture.id(1))
            #expect([3, 4].map { isListed($0, in: now) } == counts)
        }
    }

    @Test("The cut-offs of a former administrator that was revoked name histories, and one is enough of several")
    func revoked() throws {
        var own = try admitting([3], after: common)
        own.entries.append(
            try fixture.draft.handover(to: fixture.id(1), others: [], in: try fixture.roster(own.linked))
        )
        // The same words as the true handover behind what was forged: one handover, in two histories.
        var forged = try admitting([4], after: common)
        forged.entries.append(own.entries[5])
        let open = try roster([own.linked, forged.linked])
        #expect(open.administrator == fixture.id(1))
        #expect(isListed(3, in: open) && isListed(4, in: open))
        var heir = History(fixture, of: 1)
        heir.entries.append(
            try fixture.draft.revocation(of: fixture.id(0), cutOffs: [own.row], reason: "stolen", in: open)
        )
        let now = try roster([own.linked, forged.linked, heir.linked])
        #expect(isListed(3, in: now) && !isListed(4, in: now))
        #expect(now[fixture.id(0)]?.cutOffs == [own.feed: own.end])
        heir.entries.append(
            try fixture.draft.revocation(of: fixture.id(0), cutOffs: [forged.row], reason: "", in: open)
        )
        let later = try roster([own.linked, forged.linked, heir.linked])
        #expect(isListed(3, in: later) && isListed(4, in: later))
    }

    @Test("A later recovery takes nothing of what an earlier one names, whichever history it names itself")
    func recoveredTwice() throws {
        let one = try admitting([3, 3], after: common)
        let other = try admitting([4], after: common)
        let neither = try admitting([5], after: common)
        var (first, second) = (History(fixture, of: 1), History(fixture, of: 2))
        first.entries.append(try fixture.appointment(of: 1, cutOffs: [one.row], in: try fixture.roster(one.linked)))
        second.entries.append(
            try fixture.appointment(of: 2, cutOffs: [other.row], in: try fixture.roster(one.linked + first.linked))
        )
        let now = try roster([one.linked, other.linked, neither.linked, first.linked, second.linked])
        #expect(now.administrator == fixture.id(2))
        #expect([3, 4, 5].map { isListed($0, in: now) } == [true, true, false])
    }

    /// By the words of roster.md, for each entry anew.
    private func lies(_ entry: RosterEntry, under heads: [FeedHead], in held: [RosterEntry]) -> Bool {
        heads.contains { head in
            guard entry.position <= head.position else { return false }
            guard let link = entry.link,
                var found = held.first(where: { $0.position == head.position && $0.link?.after == head.digest })
            else { return true }
            while found.position > entry.position {
                guard let before = found.link?.before else { return true }
                guard let next = held.first(where: { $0.link?.after == before }) else {
                    // What stands before is not known, but its digest is.
                    return entry.position < found.position - 1 || link.after == before
                }
                found = next
            }
            return found.link == link
        }
    }

    @Test("A limit is what its words say, of trees of histories with parts that are missing", arguments: 0..<40)
    func limits(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var histories = [History(fixture, of: 0)]
        for number in 0..<5 {
            let from = histories[Int(generator.next() % UInt64(histories.count))]
            var branch = from.cut(at: Int(generator.next() % UInt64(from.entries.count + 1)))
            for step in 0..<Int(generator.next() % 5) + 1 { branch.entries.append([UInt8(number), UInt8(step)]) }
            histories.append(branch)
        }
        let all = histories.flatMap(\.linked)
        let held = Set(all.filter { _ in generator.next() % 4 != 0 })
        var covered = (some: 0, none: 0)
        for _ in 0..<20 {
            let heads = (0..<Int(generator.next() % 3) + 1).map { _ -> FeedHead in
                let history = histories[Int(generator.next() % UInt64(histories.count))]
                return history.head(at: Int(generator.next() % UInt64(history.entries.count + 1)))
            }
            let named = Set(heads.map { RosterLimit.Head(position: $0.position, digest: $0.digest) })
            let limit = RosterLimit([histories[0].feed: named], RosterHistories(held))
            for entry in held {
                let reading = try #require(RosterReading(linked: entry))
                let expected = lies(entry, under: heads, in: Array(held))
                #expect(limit.covers(reading) == expected, "seed \(seed), \(entry.position), \(heads.map(\.position))")
                if expected { covered.some += 1 } else { covered.none += 1 }
            }
        }
        #expect(covered.some > 0 && covered.none > 0)
    }
}

extension RosterReading {
    /// With something in it that can be read.
    fileprivate init?(linked entry: RosterEntry) {
        var entry = entry
        entry.bytes = EntryBody.entry(.init())
        self.init(entry)
    }
}
