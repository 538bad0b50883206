import CaseModel
import LogFormat
import TestSupport
import Testing

/// State is a function of the set of changes: tried with every graph of up to five changes, in every order.
@Suite struct FoldOrderTests {
    /// Every way three or four amendments can build on what was there before, as bit masks of parents.
    static func graphs(amendments: Int) -> [[UInt8]] {
        (1...amendments).reduce([[]]) { graphs, index in
            graphs.flatMap { graph in (1..<(1 << index)).map { graph + [UInt8($0)] } }
        }
    }

    static func changes(of graph: [UInt8], touching: (Int) -> [UInt32: UInt8], whole: Bool = false) -> [RecordChange] {
        // Each change from another site, so that the order of names says nothing about the order of events.
        let references = (0...graph.count).map { Samples.reference(7, in: Samples.feed(UInt8(200 - 13 * $0))) }
        let root = RecordID(entry: references[0])
        return references.indices.map { index in
            Samples.change(
                at: references[index],
                of: index == 0 ? nil : root,
                parents: index == 0
                    ? [] : references.indices.filter { graph[index - 1] & (1 << $0) != 0 }.map { references[$0] },
                setting: touching(index),
                whole: whole
            )
        }
    }

    static func permutations<Element>(_ items: [Element]) -> [[Element]] {
        guard let first = items.first else { return [[]] }
        return permutations(Array(items.dropFirst())).flatMap { rest in
            (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
        }
    }

    /// Candidates by the definition: said by one that is no ancestor of another that speaks.
    static func expected(_ graph: [UInt8], speakers: [Int]) -> Set<Int> {
        func ancestors(_ index: Int) -> Set<Int> {
            guard index > 0 else { return [] }
            let parents = (0..<index).filter { graph[index - 1] & (1 << $0) != 0 }
            return parents.reduce(into: Set(parents)) { $0.formUnion(ancestors($1)) }
        }
        return Set(speakers.filter { one in !speakers.contains { ancestors($0).contains(one) } })
    }

    @Test(arguments: [2, 3])
    func `every order of every small set gives the same state, and the candidates of the definition`(
        amendments: Int
    ) throws {
        var folds = 0
        for graph in Self.graphs(amendments: amendments) {
            let changes = Self.changes(of: graph) { $0.isMultiple(of: 2) ? [1: UInt8($0), 2: 9] : [1: UInt8($0)] }
            let record = changes[0].id
            let first = try Samples.state(changes, of: record)
            let indices = Set(Self.expected(graph, speakers: Array(changes.indices)))
            #expect(Set(first[1]?.candidates.flatMap(\.changes) ?? []) == Set(indices.map { changes[$0].id }))
            #expect(first[2]?.candidates.count == 1, "equal bytes are one value")
            for order in Self.permutations(changes) {
                folds += 1
                #expect(RecordState(folding: order, of: record) == first)
                #expect(RecordState(folding: order + order.prefix(2), of: record) == first, "repetition says nothing")
            }
        }
        #expect(folds == (amendments == 2 ? 3 * 6 : 21 * 24))
    }

    @Test func `with four amendments every graph keeps the definition, and every rotation agrees`() throws {
        for graph in Self.graphs(amendments: 4) {
            let changes = Self.changes(of: graph) { [1: UInt8($0)] }
            let record = changes[0].id
            let first = try Samples.state(changes, of: record)
            let indices = Self.expected(graph, speakers: Array(changes.indices))
            #expect(Set(first[1]?.candidates.flatMap(\.changes) ?? []) == Set(indices.map { changes[$0].id }))
            for shift in 1..<changes.count {
                #expect(RecordState(folding: changes[shift...] + changes[..<shift], of: record) == first)
            }
        }
    }

    @Test func `leaving any change out makes what builds on it pending, until it arrives`() throws {
        for graph in Self.graphs(amendments: 3) {
            let changes = Self.changes(of: graph) { [1: UInt8($0)] }
            let record = changes[0].id
            for missing in changes.indices {
                let here = changes.filter { $0.id != changes[missing].id }
                let state = try Samples.state(here, of: record)
                func waits(_ index: Int) -> Bool {
                    guard index > 0 else { return false }
                    return (0..<index).contains { graph[index - 1] & (1 << $0) != 0 && ($0 == missing || waits($0)) }
                }
                let expected = changes.indices.filter { $0 != missing && waits($0) }.map { changes[$0].id }.sorted()
                #expect(state.pending.map(\.change) == expected)
                #expect(state[1]?.isPending == !expected.isEmpty)
                #expect(state[1]?.waitingFor == (expected.isEmpty ? [] : [changes[missing].id.entry.feed.site]))
                if !expected.isEmpty { #expect(state[1]?.settled == nil) }
                #expect(RecordState(folding: here + [changes[missing]], of: record)?.pending.isEmpty == true)
            }
        }
    }

    @Test(arguments: 0..<12)
    func `large random sets give the same state in random orders`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = 40
        var graph: [UInt64] = []
        for index in 1..<count { graph.append(UInt64.random(in: 1..<(1 << UInt64(index)), using: &random)) }
        let positions = (1...UInt64(count)).shuffled(using: &random)
        let references = positions.map { position in
            Samples.reference(position, in: Samples.feed(.random(in: 1...6, using: &random)))
        }
        let root = RecordID(entry: references[0])
        let changes = references.indices.map { index in
            let parents = index == 0 ? [] : (0..<index).filter { graph[index - 1] & (1 << UInt64($0)) != 0 }
            return Samples.change(
                at: references[index],
                of: index == 0 ? nil : root,
                parents: parents.shuffled(using: &random).prefix(2).map { references[$0] },
                action: index == 0 ? .create : (index.isMultiple(of: 11) ? .retract : .amend),
                setting: [UInt32(index % 5 + 1): UInt8(index % 3)],
                whole: seed.isMultiple(of: 2)
            )
        }
        let here = changes.filter { $0.id == root || Int.random(in: 0..<10, using: &random) > 0 }
        let first = try Samples.state(here, of: root)
        for _ in 0..<20 {
            let isEqual = RecordState(folding: here.shuffled(using: &random), of: root) == first
            #expect(isEqual, "seed \(seed)")
        }
    }
}
