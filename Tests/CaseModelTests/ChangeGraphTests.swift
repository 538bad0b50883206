import LogFormat
import TestSupport
import Testing

@testable import CaseModel

/// The graph of a record's changes answers what the definition says, and takes memory in proportion to them.
@Suite struct ChangeGraphTests {
    /// Everything a graph is asked, against the oracle, for some sets of speakers.
    static func compare(
        _ changes: [RecordChange],
        of record: RecordID,
        speakers: [Set<Int>],
        _ comment: @autoclosure () -> Comment
    ) {
        let graph = ChangeGraph(changes, of: record)
        let oracle = ChangeGraphOracle(changes, of: record)
        guard graph.isPlaced == oracle.isPlaced, graph.heads == oracle.heads,
            graph.pending.map(\.change) == oracle.pending.map(\.change),
            graph.pending.map(\.missing)
                == oracle.pending.map({ Array($0.missing.prefix(PendingChange.mostMissing)) })
        else {
            Issue.record(comment())
            return
        }
        let placed = changes.indices.filter { oracle.isPlaced[$0] }
        for index in placed where graph.lineage(of: index) != oracle.lineage(of: index) { Issue.record(comment()) }
        for set in speakers {
            let indices = placed.filter(set.contains)
            let said = graph.spokenAtHeads(by: indices)
            let expected = oracle.spokenAtHeads(by: indices)
            let isEqual =
                graph.maximal(of: indices) == oracle.maximal(of: indices)
                && said.map(\.speaker) == expected.map(\.speaker) && said.map(\.isSilent) == expected.map(\.isSilent)
            if !isEqual { Issue.record(comment()) }
        }
    }

    static func subsets(_ count: Int) -> [Set<Int>] {
        (0..<(1 << count)).map { mask in Set((0..<count).filter { mask & (1 << $0) != 0 }) }
    }

    @Test func `every graph of up to four amendments, with any one of them missing, answers as the definition does`() {
        var graphs = 0
        for amendments in 1...4 {
            for graph in FoldOrderTests.graphs(amendments: amendments) {
                let changes = FoldOrderTests.changes(of: graph) { [1: UInt8($0)] }
                for missing in -1..<changes.count {
                    let here = changes.indices.filter { $0 != missing }.map { changes[$0] }.sorted { $0.id < $1.id }
                    Self.compare(here, of: changes[0].id, speakers: Self.subsets(here.count), "\(graph) - \(missing)")
                    graphs += 1
                }
            }
        }
        #expect(graphs == 1 * 3 + 3 * 4 + 21 * 5 + 315 * 6)
    }

    /// Several changes of one entry, redundant and missing parents, amendments without parents, and cycles.
    static func random(_ count: Int, seed: UInt64) -> (changes: [RecordChange], record: RecordID) {
        var random = SplitMix64(seed: seed)
        let isCyclic = seed.isMultiple(of: 5)
        var entries: [EntryReference] = []
        var positions = (1...UInt64(count)).shuffled(using: &random)
        var changes: [RecordChange] = []
        var parents: [EntryReference] = []
        while changes.count < count, let position = positions.popLast() {
            let entry = Samples.reference(position, in: Samples.feed(.random(in: 1...5, using: &random)))
            for number in 0..<UInt32.random(in: 1...4, using: &random) {
                parents = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in
                    entries.suffix(Int.random(in: 1...max(1, count), using: &random)).randomElement(using: &random)
                }
                if Int.random(in: 0..<12, using: &random) == 0 {
                    parents.append(Samples.reference(.random(in: 1_000...1_040, using: &random)))
                }
                var change = Samples.change(
                    at: entry,
                    of: changes.first.map(\.id),
                    parents: changes.isEmpty ? [] : parents
                )
                change.id.change = number
                if changes.isEmpty { change.record = change.id }
                changes.append(change)
            }
            entries.append(entry)
        }
        if isCyclic {
            for index in changes.indices.dropFirst() where Int.random(in: 0..<6, using: &random) == 0 {
                if let later = entries.randomElement(using: &random) { changes[index].parents.append(later) }
            }
        }
        let record = changes[0].id
        return (changes.sorted { $0.id < $1.id }, record)
    }

    @Test(arguments: 0..<300)
    func `random graphs answer as the definition does`(seed: UInt64) {
        var random = SplitMix64(seed: seed ^ 0xF00D)
        let (changes, record) = Self.random(Int.random(in: 2...60, using: &random), seed: seed)
        let sets = (0..<12).map { _ in
            Set(changes.indices.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
        }
        Self.compare(changes, of: record, speakers: sets, "seed \(seed)")
    }

    @Test func `the random graphs hold what they are for`() {
        var pending = 0
        var heads = 0
        var long = 0
        for seed in UInt64(0)..<40 {
            let (changes, record) = Self.random(60, seed: seed)
            let graph = ChangeGraph(changes, of: record)
            pending += graph.pending.count
            heads += graph.heads.count - 1
            long += graph.isPlaced.count { $0 }
        }
        #expect(pending > 100 && heads > 100 && long > 100)
    }

    enum Shape: CaseIterable {
        /// Each on the one before; all concurrent; each on the sixteen before; each waits for an entry of its own;
        /// fifty changes an entry, each naming the sixteen entries before.
        case chain, fan, wide, waiting, crowded
    }

    static func changes(_ count: Int, _ shape: Shape) -> (changes: [RecordChange], record: RecordID) {
        let record = RecordID(entry: Samples.reference(1))
        let changes = (0..<count).map { index in
            let perEntry = shape == .crowded ? 50 : 1
            let position = UInt64(index / perEntry) + 1
            let before = { (count: UInt64) in
                (max(1, position > count ? position - count : 1)..<position).map { Samples.reference($0) }
            }
            var change = Samples.change(at: Samples.reference(position), of: index == 0 ? nil : record)
            change.id.change = UInt32(index % perEntry)
            change.parents =
                switch shape {
                case .chain: before(1)
                case .fan: []
                case .wide, .crowded: before(16)
                case .waiting: before(1) + [Samples.reference(position, in: Samples.feed(9))]
                }
            if index == 0 { change.parents = [] }
            return change
        }
        return (changes, record)
    }

    @Test(arguments: Shape.allCases)
    func `twice the changes take twice the memory, whatever their shape`(shape: Shape) {
        func lengthBytes(_ count: Int) -> Int {
            let (changes, record) = Self.changes(count, shape)
            let graph = ChangeGraph(changes, of: record)
            let placed = shape == .waiting ? 1 : count
            #expect(graph.isPlaced.count { $0 } == placed)
            #expect(graph.heads.count == (shape == .fan ? count - 1 : 1))
            #expect(graph.maximal(of: Array(0..<placed)).count == graph.heads.count)
            #expect(graph.spokenAtHeads(by: [0]).map(\.speaker) == [0])
            return graph.lengthBytes
        }
        let (half, whole) = (lengthBytes(5_000), lengthBytes(10_000))
        #expect(whole < half * 21 / 10)
        #expect(whole < 10_000 * (shape == .waiting ? 1_200 : 100))
    }

    @Test func `a record of twenty thousand changes is folded, concurrent ones among them`() throws {
        for shape in [Shape.chain, .fan] {
            var (changes, record) = Self.changes(20_000, shape)
            for index in changes.indices {
                let value: [UInt8] = [0x08, UInt8(index & 0x7F)]
                changes[index].fields = [FieldChange(field: 1, content: .bytes(value))]
            }
            let state = try #require(RecordState(folding: changes, of: record))
            #expect(state.heads.count == (shape == .fan ? 19_999 : 1))
            #expect(state[1]?.candidates.count == (shape == .fan ? 128 : 1))
        }
    }
}
