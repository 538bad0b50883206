import CaseModel
import LogFormat

/// What ``ChangeGraph`` must answer, by the definition: every change with the set of all its ancestors, n²/8 bytes.
struct ChangeGraphOracle {
    /// By index: every ancestor is here.
    private(set) var isPlaced: [Bool]
    /// Placed changes no placed change builds on, ascending.
    private(set) var heads: [Int]
    /// Changes that wait, ascending, with the entries they wait for, ascending.
    private(set) var pending: [(change: Int, missing: [EntryReference])]
    /// By index: its ancestors, itself not among them. Empty for what is pending.
    private var ancestors: [IndexSet]
    /// By index: the changes it directly builds on, of those that are here.
    private let parents: [[Int]]

    /// `changes` are ascending by id, each once, all of `record`.
    init(_ changes: [RecordChange], of record: RecordID) {
        let parents = Self.parents(of: changes, record: record)
        isPlaced = Array(repeating: false, count: changes.count)
        ancestors = Array(repeating: IndexSet(count: changes.count), count: changes.count)

        // Each round places what has become placeable; a cycle, which a hash chain rules out, would stay pending.
        var children: [[Int]] = Array(repeating: [], count: changes.count)
        var unplacedParents = Array(repeating: 0, count: changes.count)
        for index in changes.indices {
            unplacedParents[index] = parents[index].present.count
            for parent in parents[index].present { children[parent].append(index) }
        }
        var ready = changes.indices.filter { parents[$0].present.isEmpty && parents[$0].missing.isEmpty }
        while let index = ready.popLast() {
            isPlaced[index] = true
            for parent in parents[index].present {
                ancestors[index].insert(parent)
                ancestors[index].formUnion(ancestors[parent])
            }
            for child in children[index] {
                unplacedParents[child] -= 1
                if unplacedParents[child] == 0, parents[child].missing.isEmpty { ready.append(child) }
            }
        }

        self.parents = parents.map(\.present)
        let placed = isPlaced
        heads = changes.indices.filter { index in
            placed[index] && !children[index].contains { placed[$0] }
        }
        pending = changes.indices.filter { !placed[$0] }.map { index in
            (index, Self.missing(below: index, parents: parents, isPlaced: placed))
        }
    }

    /// Those of `indices` that are no ancestor of another one, ascending.
    func maximal(of indices: [Int]) -> [Int] {
        indices.filter { index in !indices.contains { ancestors[$0].contains(index) } }
    }

    /// The ancestors of a placed change and itself, ascending.
    func lineage(of index: Int) -> [Int] {
        ancestors.indices.filter { $0 == index || ancestors[index].contains($0) }
    }

    /// For records that merge as a whole: what each head says about a field, which is what was last said on the way to
    /// it; ascending. A branch that never spoke of the field is its head, silent.
    func spokenAtHeads(by indices: [Int]) -> [(speaker: Int, isSilent: Bool)] {
        var spoken = Set<Int>()
        var silent = Set<Int>()
        for head in heads {
            let latest = lastSaid(at: head, by: Set(indices))
            spoken.formUnion(latest)
            if latest.isEmpty { silent.insert(head) }
        }
        return (spoken.map { ($0, false) } + silent.map { ($0, true) }).sorted { $0.0 < $1.0 }
    }

    /// Follows the parents of `head` until each way meets a change of `speakers`.
    private func lastSaid(at head: Int, by speakers: Set<Int>) -> Set<Int> {
        var found = Set<Int>()
        var seen: Set<Int> = [head]
        var open = [head]
        while let next = open.popLast() {
            if speakers.contains(next) {
                found.insert(next)
            } else {
                for parent in parents[next] where seen.insert(parent).inserted { open.append(parent) }
            }
        }
        return found
    }

    private typealias Parents = (present: [Int], missing: [EntryReference])

    private static func parents(of changes: [RecordChange], record: RecordID) -> [Parents] {
        var byEntry: [EntryReference: [Int]] = [:]
        for index in changes.indices { byEntry[changes[index].context.reference, default: []].append(index) }
        return changes.indices.map { index in
            let change = changes[index]
            var present = Set((byEntry[change.context.reference] ?? []).filter { $0 < index })
            var missing = Set<EntryReference>()
            var named = change.parents
            if named.isEmpty, change.id != record, change.context.reference != record.entry { named = [record.entry] }
            for parent in named where parent != change.context.reference {
                if let found = byEntry[parent] { present.formUnion(found) } else { missing.insert(parent) }
            }
            return (present.sorted(), missing.sorted())
        }
    }

    private static func missing(below index: Int, parents: [Parents], isPlaced: [Bool]) -> [EntryReference] {
        var found = Set<EntryReference>()
        var seen: Set<Int> = [index]
        var open = [index]
        while let next = open.popLast() {
            found.formUnion(parents[next].missing)
            for parent in parents[next].present where !isPlaced[parent] && seen.insert(parent).inserted {
                open.append(parent)
            }
        }
        return found.sorted()
    }
}

/// A set of small indices in 64-bit words.
private struct IndexSet {
    private var words: [UInt64]

    init(count: Int) {
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    func contains(_ index: Int) -> Bool {
        words[index / 64] & (1 << UInt64(index % 64)) != 0
    }

    mutating func insert(_ index: Int) {
        words[index / 64] |= 1 << UInt64(index % 64)
    }

    mutating func formUnion(_ other: IndexSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }
}
