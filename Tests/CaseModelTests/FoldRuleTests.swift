import CaseModel
import LogFormat
import Schema
import Testing

@Suite struct FoldRuleTests {
    let root = Samples.change(at: Samples.reference(1), setting: [1: 10, 2: 20])
    let here = Samples.feed(2)
    let there = Samples.feed(3)

    func amend(_ feed: FeedID, _ position: UInt64 = 1, on parents: [RecordChange], _ fields: [UInt32: UInt8])
        -> RecordChange
    {
        Samples.change(
            at: Samples.reference(position, in: feed),
            of: root.id,
            parents: parents.map(\.context.reference),
            setting: fields
        )
    }

    @Test func `different fields amended apart are merged, the same field is a conflict with both values`() throws {
        let one = amend(here, on: [root], [1: 11])
        let two = amend(there, on: [root], [2: 21])
        let merged = try Samples.state([root, one, two], of: root.id)
        #expect(merged[1]?.settled == .bytes([8, 11]))
        #expect(merged[2]?.settled == .bytes([16, 21]))
        #expect(!merged.needsAttention)

        let three = amend(there, 2, on: [root], [1: 12])
        let conflict = try Samples.state([root, one, two, three], of: root.id)
        #expect(conflict[1]?.isConflict == true)
        #expect(conflict[1]?.settled == nil)
        #expect(conflict[1]?.candidates.map(\.changes) == [[one.id], [three.id]])
        let resolved = amend(here, 5, on: [one, two, three], [1: 12])
        let state = try Samples.state([root, one, two, three, resolved], of: root.id)
        #expect(state[1]?.settled == .bytes([8, 12]))
        #expect(state.heads == [resolved.id])
    }

    @Test func `equal values entered apart are one value that names both`() throws {
        let one = amend(here, on: [root], [1: 11])
        let two = amend(there, on: [root], [1: 11])
        let state = try Samples.state([root, one, two], of: root.id)
        #expect(state[1]?.candidates == [Candidate(content: .bytes([8, 11]), changes: [one.id, two.id])])
        #expect(state.parentsForAmendment == [one.context.reference, two.context.reference])
    }

    @Test func `a retraction and a concurrent amendment are disputed, and the record stands`() throws {
        var retraction = amend(here, on: [root], [:])
        retraction.action = .retract
        #expect(try Samples.state([root, retraction], of: root.id).standing == .retracted)
        let amendment = amend(there, on: [root], [1: 12])
        let state = try Samples.state([root, retraction, amendment], of: root.id)
        #expect(state.standing == .disputed)
        #expect(state.needsAttention)
        let decided = amend(there, 2, on: [retraction, amendment], [2: 5])
        #expect(try Samples.state([root, retraction, amendment, decided], of: root.id).standing == .standing)
    }

    @Test func `a conflict ends when the record is taken back, and is there again when it stands again`() throws {
        let sides = [amend(here, on: [root], [1: 11]), amend(there, on: [root], [1: 12])]
        var retraction = amend(here, 2, on: sides, [:])
        retraction.action = .retract
        #expect(try Samples.state([root] + sides, of: root.id).fieldsInConflict.map(\.field) == [1])
        let state = try Samples.state([root, retraction] + sides, of: root.id)
        #expect(state.standing == .retracted && state.fieldsInConflict.isEmpty && !state.needsAttention)
        let snapshot = CaseSnapshot(caseRecord: root.id, records: [state], otherSites: [])
        #expect(Today.lines(for: [snapshot], on: Samples.day(2026, 3, 2), exists: { _ in true }).isEmpty)
        let again = amend(there, 3, on: [retraction], [2: 5])
        #expect(try Samples.state([root, retraction, again] + sides, of: root.id).needsAttention)
    }

    @Test func `the value of a field decides nothing about a retraction`() throws {
        let sides = [amend(here, on: [root], [1: 11]), amend(there, on: [root], [1: 12])]
        let site = Samples.feed(4)
        for parents in [sides, [root]] {
            var retraction = amend(site, on: parents, [:])
            retraction.action = .retract
            let state = try Samples.state([root, retraction] + sides, of: root.id)
            let field = try #require(state[1])
            #expect(field.isConflict)
            #expect(throws: RecordError.self) {
                try DraftChange.resolve(state, field: 1, for: field.candidates[0], reason: "checked")
            }
            // Once it stands the value can be chosen.
            var keep = DraftChange.retract(state, reason: "it happened")
            keep.action = .amend
            let kept = try Samples.written([keep], at: Samples.reference(9, in: site))
            let standing = try Samples.state([root, retraction] + sides + kept, of: root.id)
            #expect(standing.fieldsInConflict.map(\.field) == [1])
            _ = try #require(try DraftChange.resolve(standing, field: 1, for: field.candidates[0], reason: "checked"))
        }
    }

    @Test func `in a record that merges as a whole, branches that touched different fields conflict in both`() throws {
        let whole = Samples.change(at: Samples.reference(1), setting: [1: 10, 2: 20], whole: true)
        let one = amend(here, on: [whole], [1: 11])
        let two = amend(there, on: [whole], [2: 21, 3: 1])
        let state = try Samples.state([whole, one, two], of: whole.id)
        #expect(state.mergesWhole)
        #expect(state[1]?.candidates.map(\.content) == [.bytes([8, 10]), .bytes([8, 11])])
        #expect(state[2]?.candidates.map(\.content) == [.bytes([16, 20]), .bytes([16, 21])])
        #expect(state[3]?.candidates.map(\.content) == [.absent(.unspecified), .bytes([24, 1])])

        let field = try #require(state[2])
        let theirs = try #require(field.candidates.last)
        let change = try #require(try DraftChange.resolve(state, field: 2, for: theirs, reason: "the plan was checked"))
        let written = try Samples.written([change], at: Samples.reference(9, in: here))
        let decided = try Samples.state([whole, one, two] + written, of: whole.id)
        #expect(decided[1]?.settled == .bytes([8, 10]))
        #expect(decided[2]?.settled == .bytes([16, 21]))
        #expect(decided[3]?.settled == .bytes([24, 1]))
    }

    @Test func `a change that cannot be read hides every field from rules and is listed`() throws {
        var broken = amend(here, on: [root], [:])
        broken.problem = RecordError(.illFormedEntry, "test")
        let state = try Samples.state([root, broken], of: root.id)
        #expect(state.unreadable == [broken.id])
        #expect(state.fields.allSatisfy { $0.settled == nil && $0.isObscured })
    }

    @Test func `an amendment that arrives before its record waits for it`() throws {
        let early = amend(here, on: [root], [1: 11])
        let state = try Samples.state([early], of: root.id)
        #expect(!state.isCreated)
        #expect(state.pending == [PendingChange(change: early.id, missing: [root.context.reference])])
        #expect(state[1]?.candidates.isEmpty == true)
    }

    @Test func `a field of an unknown kind merges byte for byte`() throws {
        let draft = DraftChange(kind: RecordKind(rawValue: 4_000), body: [0x0A, 2, 7, 8, 0xF8, 0x7F, 5])
        let written = try Samples.written([draft], at: Samples.reference(3))
        let state = try Samples.state(written, of: written[0].id)
        #expect(state.fields.map(\.field) == [1, 2047])
        #expect(state[2047]?.settled == .bytes([0xF8, 0x7F, 5]))
    }

    @Test func `what is shown in a conflict is the cautious value`() throws {
        func order(_ term: Vocabulary.OrderState) throws -> OrderBody {
            var order = OrderBody()
            order.state.value = Vocabulary.coded(term)
            return order
        }
        let created = try Samples.written([.create(.order, order(.active))], at: Samples.reference(1))
        let base = try Samples.state(created, of: created[0].id)
        let terms: [Vocabulary.OrderState] = [.resumed, .held, .stopped]
        for (index, one) in terms.enumerated() {
            for two in terms[index...] {
                let left = try Samples.written(
                    [.amend(base, order(two), reason: "r")],
                    at: Samples.reference(2, in: here)
                )
                let right = try Samples.written(
                    [.amend(base, order(one), reason: "r")],
                    at: Samples.reference(2, in: there)
                )
                let state = try Samples.state(created + left + right, of: base.id)
                #expect(state.displayedBody(OrderBody.self).body.state.value.code == two.rawValue)
                #expect(state.settledBody(OrderBody.self).body.hasState == (one == two))
            }
        }
    }
}
