extension RecordState {
    /// What a field said where a change was made: of the nearest changes it builds on that speak of the field, one of each
    /// branch; empty for the first one.
    ///
    /// - Complexity: O(changes²) at most.
    package func former(_ field: UInt32, before change: RecordChange) -> [Candidate] {
        var found: [Candidate] = []
        var seen: Set<RecordID> = []
        var next = predecessors(of: change)
        while let one = next.popLast() {
            guard seen.insert(one.id).inserted else { continue }
            guard let said = one.fields.first(where: { $0.field == field }) else {
                next += predecessors(of: one)
                continue
            }
            let candidate = Candidate(content: said.content, isIdentifying: said.isIdentifying, changes: [one.id])
            if !found.contains(where: { $0.content == candidate.content }) { found.append(candidate) }
        }
        return found.sorted { ($0.changes.first ?? id) < ($1.changes.first ?? id) }
    }

    /// The changes of the record that one names as its parents; without any, the one that created it.
    private func predecessors(of change: RecordChange) -> [RecordChange] {
        guard change.id != id else { return [] }
        let parents = change.parents.isEmpty ? [id.entry] : change.parents
        return changes.filter { parents.contains($0.id.entry) && $0.id != change.id }
    }
}
