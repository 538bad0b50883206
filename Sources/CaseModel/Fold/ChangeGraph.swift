import LogFormat

/// Which change of a record builds on which.
///
/// Only the direct parents of each change are kept, and every question is answered by one walk along them: a record of
/// any length, or one made to be expensive, takes memory in proportion to what was sent for it. Changes of one entry
/// stand beside each other and each builds on those before it, so one link to the last stands for links to all of them.
struct ChangeGraph {
    /// By index: every ancestor is here.
    private(set) var isPlaced: [Bool]
    /// Placed changes no placed change builds on, ascending.
    private(set) var heads: [Int]
    /// Changes that wait, ascending, with the entries they wait for, ascending; the first ``PendingChange/mostMissing``.
    private(set) var pending: [(change: Int, missing: [EntryReference])]
    /// The changes each directly builds on, of those that are here.
    private let parents: Adjacency
    /// By index: the first change of the same entry.
    private let firstOfEntry: [Int32]
    /// The placed changes, each after all it builds on.
    private let order: [Int32]
    /// By index: where in ``order``; -1 for what is pending.
    private let ranks: [Int32]

    /// `changes` are ascending by id, each once, all of `record`.
    ///
    /// - Complexity: O(changes and their parents) in time and memory.
    init(_ changes: [RecordChange], of record: RecordID) {
        var firstOfEntry: [Int32] = []
        firstOfEntry.reserveCapacity(changes.count)
        var lastOfEntry: [EntryReference: Int32] = [:]
        for (index, change) in changes.enumerated() {
            let isSameEntry = index > 0 && changes[index - 1].context.reference == change.context.reference
            firstOfEntry.append(isSameEntry ? firstOfEntry[index - 1] : Int32(index))
            lastOfEntry[change.context.reference] = Int32(index)
        }
        var missing: [Int: [EntryReference]] = [:]
        var parents = Adjacency(count: changes.count)
        for (index, change) in changes.enumerated() {
            if Int(firstOfEntry[index]) < index { parents.add(Int32(index - 1)) }
            for parent in Self.named(by: change, in: record) {
                if let last = lastOfEntry[parent] {
                    parents.add(last)
                } else {
                    missing[index, default: []].append(parent)
                }
            }
            parents.endOfNode()
        }
        let children = parents.reversed

        // What has no open parent is placed, then what builds on it. What is not reached waits: for an entry, or on a
        // cycle, which a hash chain rules out.
        var openParents = changes.indices.map { parents[$0].count }
        var ready = changes.indices.filter { openParents[$0] == 0 && missing[$0] == nil }.map(Int32.init)
        var order: [Int32] = []
        var ranks = Array(repeating: Int32(-1), count: changes.count)
        while let next = ready.popLast() {
            ranks[Int(next)] = Int32(order.count)
            order.append(next)
            for child in children[Int(next)] {
                openParents[Int(child)] -= 1
                if openParents[Int(child)] == 0, missing[Int(child)] == nil { ready.append(child) }
            }
        }

        self.parents = parents
        self.firstOfEntry = firstOfEntry
        self.order = order
        self.ranks = ranks
        isPlaced = ranks.map { $0 >= 0 }
        heads = changes.indices.filter { index in
            ranks[index] >= 0 && !children[index].contains { ranks[Int($0)] >= 0 }
        }
        pending = Self.pending(missing: missing, parents: parents, children: children, ranks: ranks)
    }

    /// The entries a change builds on, its own not among them.
    private static func named(by change: RecordChange, in record: RecordID) -> [EntryReference] {
        var named = change.parents
        if named.isEmpty, change.id != record, change.context.reference != record.entry { named = [record.entry] }
        return named.filter { $0 != change.context.reference }
    }

    // MARK: - Questions

    /// Those of `indices` that are no ancestor of another one, ascending.
    ///
    /// - Parameter indices: Placed, ascending.
    /// - Returns: The latest of them.
    /// - Complexity: O(changes placed between the first and the last of `indices`).
    func maximal(of indices: [Int]) -> [Int] {
        guard indices.count > 1, let lowest = indices.map({ ranks[$0] }).min(),
            let highest = indices.map({ ranks[$0] }).max()
        else { return indices }
        var isSpeaker = Array(repeating: false, count: Int(highest - lowest) + 1)
        for index in indices { isSpeaker[Int(ranks[index] - lowest)] = true }
        // From the newest down: what is below a speaker passes that on.
        var isBelow = Array(repeating: false, count: isSpeaker.count)
        for place in isSpeaker.indices.reversed() where isSpeaker[place] || isBelow[place] {
            for parent in parents[Int(order[place + Int(lowest)])] where ranks[Int(parent)] >= lowest {
                isBelow[Int(ranks[Int(parent)] - lowest)] = true
            }
        }
        return indices.filter { !isBelow[Int(ranks[$0] - lowest)] }
    }

    /// The ancestors of a placed change and itself, ascending.
    ///
    /// - Complexity: O(changes and their parents).
    func lineage(of index: Int) -> [Int] {
        var isReached = Array(repeating: false, count: isPlaced.count)
        isReached[index] = true
        var open = [Int32(index)]
        while let next = open.popLast() {
            for parent in parents[Int(next)] where !isReached[Int(parent)] {
                isReached[Int(parent)] = true
                open.append(parent)
            }
        }
        return isReached.indices.filter { isReached[$0] }
    }

    /// For records that merge as a whole: what each head says about a field, which is what was last said on the way to
    /// it; ascending. A branch that never spoke of the field is its head, silent.
    ///
    /// - Parameter indices: The placed changes that speak of the field.
    /// - Returns: Who speaks last, and the heads below which nobody spoke.
    /// - Complexity: O(changes and their parents).
    func spokenAtHeads(by indices: [Int]) -> [(speaker: Int, isSilent: Bool)] {
        var speaks = Array(repeating: false, count: isPlaced.count)
        for index in indices { speaks[index] = true }
        var isSpokenBelow = speaks
        for next in order where !isSpokenBelow[Int(next)] {
            isSpokenBelow[Int(next)] = parents[Int(next)].contains { isSpokenBelow[Int($0)] }
        }
        // From all heads at once along the parents, until each way meets a speaker.
        var isReached = Array(repeating: false, count: isPlaced.count)
        var reachedInEntry: [Int32: Int32] = [:]
        var open = heads.map(Int32.init)
        for head in heads { isReached[head] = true }
        var found: [Int] = []
        while let next = open.popLast() {
            if speaks[Int(next)] {
                found.append(Int(next))
                continue
            }
            for last in parents[Int(next)] {
                // The link stands for one to each change of that entry up to `last`.
                let first = firstOfEntry[Int(last)]
                let start = max(first, reachedInEntry[first] ?? first)
                guard start <= last else { continue }
                reachedInEntry[first] = last + 1
                for parent in start...last where !isReached[Int(parent)] {
                    isReached[Int(parent)] = true
                    open.append(parent)
                }
            }
        }
        let silent = heads.filter { !isSpokenBelow[$0] }
        return (found.map { ($0, false) } + silent.map { ($0, true) }).sorted { $0.0 < $1.0 }
    }

    /// What the tables take, in bytes; a test keeps it in proportion to the changes.
    var lengthBytes: Int {
        parents.lengthBytes + 4 * (firstOfEntry.count + order.count + ranks.count) + isPlaced.count
            + 8 * heads.count + pending.reduce(0) { $0 + 16 + $1.missing.count * MemoryLayout<EntryReference>.stride }
    }

    // MARK: - What waits

    /// What each pending change waits for: what it names itself, and what those wait for that it builds on.
    private static func pending(
        missing: [Int: [EntryReference]],
        parents: Adjacency,
        children: Adjacency,
        ranks: [Int32]
    ) -> [(change: Int, missing: [EntryReference])] {
        let waiting = ranks.indices.filter { ranks[$0] < 0 }
        guard !waiting.isEmpty else { return [] }
        var openParents: [Int32: Int] = [:]
        for index in waiting { openParents[Int32(index)] = parents[index].count { ranks[Int($0)] < 0 } }
        // Each after what it builds on, and what lies on or above a cycle until nothing more is passed on.
        var ready = waiting.filter { openParents[Int32($0)] == 0 }.map(Int32.init)
        var result: [Int32: [EntryReference]] = [:]
        var cyclic = Set(waiting.map(Int32.init))
        func gathered(_ index: Int32) -> [EntryReference] {
            var lists = parents[Int(index)].compactMap { result[$0] }
            if let own = missing[Int(index)] { lists.append(Self.first(of: own)) }
            guard let one = lists.max(by: { $0.count < $1.count }) else { return [] }
            // Where nothing is added the list itself is passed on, so that a long branch keeps it once.
            let all = lists.allSatisfy { $0 == one } ? one : Self.first(of: lists.flatMap(\.self))
            return all == one ? one : all
        }
        while let next = ready.popLast() {
            cyclic.remove(next)
            result[next] = gathered(next)
            for child in children[Int(next)] {
                openParents[child, default: 0] -= 1
                if openParents[child] == 0 { ready.append(child) }
            }
        }
        var again = cyclic.sorted()
        while let next = again.popLast() {
            let now = gathered(next)
            guard result[next] != now else { continue }
            result[next] = now
            again += children[Int(next)].filter(cyclic.contains)
        }
        return waiting.map { ($0, result[Int32($0)] ?? []) }
    }

    private static func first(of entries: [EntryReference]) -> [EntryReference] {
        Array(Set(entries).sorted().prefix(PendingChange.mostMissing))
    }
}

/// The neighbours of each node of a graph, one after the other in one array.
private struct Adjacency {
    /// By node: where its neighbours begin; one more than nodes when all are there.
    private var starts: [Int32] = [0]
    private var neighbours: [Int32] = []

    init(count: Int) { starts.reserveCapacity(count + 1) }

    mutating func add(_ neighbour: Int32) { neighbours.append(neighbour) }
    /// What is added from here on belongs to the next node.
    mutating func endOfNode() { starts.append(Int32(neighbours.count)) }

    subscript(node: Int) -> ArraySlice<Int32> { neighbours[Int(starts[node])..<Int(starts[node + 1])] }

    var lengthBytes: Int { 4 * (starts.count + neighbours.count) }

    /// The same graph from the other end.
    var reversed: Adjacency {
        var result = Adjacency(count: starts.count - 1)
        result.starts = Array(repeating: 0, count: starts.count)
        for neighbour in neighbours { result.starts[Int(neighbour) + 1] += 1 }
        for node in result.starts.indices.dropFirst() { result.starts[node] += result.starts[node - 1] }
        result.neighbours = Array(repeating: 0, count: neighbours.count)
        var next = result.starts
        for node in starts.indices.dropLast() {
            for neighbour in self[node] {
                result.neighbours[Int(next[Int(neighbour)])] = Int32(node)
                next[Int(neighbour)] += 1
            }
        }
        return result
    }
}
