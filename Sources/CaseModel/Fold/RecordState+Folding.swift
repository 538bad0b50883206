import LogFormat
import Schema

extension RecordState {
    /// Folds the changes of one record.
    ///
    /// State is a function of the *set*: order and repetition of `changes` do not matter.
    ///
    /// 1. A change is *placed* when every entry it names as a parent is here and placed; else it is pending, and with
    ///    it everything that builds on it, and the fields it touches are unknown to rules. An amendment that names no
    ///    parent builds on the change that created the record; of two changes of one entry to one record the later
    ///    builds on the earlier.
    /// 2. The candidates of a field are what placed changes say about it that are no ancestors of another placed change
    ///    that speaks of it. Equal contents are one candidate.
    /// 3. In a record that merges only as a whole, a change speaks of every field: where it is silent it repeats what
    ///    it was built on. So two branches that touched different fields conflict in both, and no combination arises
    ///    that nobody entered.
    /// 4. A change that cannot be read may have touched anything: it obscures every field.
    ///
    /// The result is nil when no change of `changes` belongs to the record; others are not looked at.
    ///
    /// - Complexity: O(n) memory for n changes, with what they say; O(n log n + n · fields) time.
    package init?(folding changes: some Sequence<RecordChange>, of record: RecordID) {
        var unique: [RecordID: RecordChange] = [:]
        for change in changes where change.record == record { unique[change.id] = change }
        let ordered = unique.values.sorted { $0.id < $1.id }
        guard let oldest = ordered.first else { return nil }
        let graph = ChangeGraph(ordered, of: record)

        id = record
        self.changes = ordered
        let creation = unique[record].flatMap { $0.action == .create ? $0 : nil }
        isCreated = creation != nil
        kind = (creation ?? oldest).kind
        caseRecord = creation?.caseRecord ?? ordered.lazy.compactMap(\.caseRecord).first
        mergesWhole = ordered.contains(where: \.isWhole)
        heads = graph.heads.map { ordered[$0].id }
        pending = graph.pending.map { PendingChange(change: ordered[$0.change].id, missing: $0.missing) }
        unreadable = ordered.filter { $0.problem != nil }.map(\.id)
        standing = Self.standing(of: graph.heads.map { ordered[$0].action })
        fields = Self.fields(of: ordered, in: graph, asWhole: mergesWhole, obscured: !unreadable.isEmpty)
    }

    /// The record as it stood at one change: only what that change builds on, and itself.
    ///
    /// - Returns: nil when `head` is no placed change of the record.
    /// - Complexity: as ``init(folding:of:)``.
    package func branch(endingAt head: RecordID) -> RecordState? {
        let graph = ChangeGraph(changes, of: id)
        guard let index = changes.firstIndex(where: { $0.id == head }), graph.isPlaced[index] else { return nil }
        return RecordState(folding: graph.lineage(of: index).map { changes[$0] }, of: id)
    }

    private static func standing(of heads: [RecordAction]) -> Standing {
        let retractions = heads.count { $0 == .retract }
        if retractions == 0 { return .standing }
        return retractions == heads.count ? .retracted : .disputed
    }

    private static func fields(
        of changes: [RecordChange],
        in graph: ChangeGraph,
        asWhole: Bool,
        obscured: Bool
    ) -> [FieldState] {
        // Which changes speak of which field; indices ascend because `changes` do.
        var speakers: [UInt32: [Int]] = [:]
        var waiting: [UInt32: Set<SiteID>] = [:]
        for index in changes.indices where graph.isPlaced[index] {
            for field in changes[index].fields { speakers[field.field, default: []].append(index) }
        }
        for pending in graph.pending {
            for field in changes[pending.change].fields {
                waiting[field.field, default: []].formUnion(pending.missing.map(\.feed.site))
            }
        }
        return Set(speakers.keys).union(waiting.keys).sorted().map { field in
            let indices = speakers[field] ?? []
            let said =
                asWhole && !indices.isEmpty
                ? graph.spokenAtHeads(by: indices)
                : graph.maximal(of: indices).map { (speaker: $0, isSilent: false) }
            return FieldState(
                field: field,
                candidates: candidates(field, from: said.map { (changes[$0.speaker], $0.isSilent) }),
                waitingFor: (waiting[field] ?? []).sorted(),
                isObscured: obscured
            )
        }
    }

    private static func candidates(_ field: UInt32, from said: [(change: RecordChange, isSilent: Bool)]) -> [Candidate]
    {
        var candidates: [Candidate] = []
        var places: [FieldContent: Int] = [:]
        for (change, isSilent) in said {
            let here = change.fields.first { $0.field == field }
            guard let content = here?.content ?? (isSilent ? .absent(.unspecified) : nil) else { continue }
            if let place = places[content] {
                candidates[place].changes.append(change.id)
            } else {
                places[content] = candidates.count
                candidates.append(
                    Candidate(content: content, isIdentifying: here?.isIdentifying ?? false, changes: [change.id])
                )
            }
        }
        return candidates
    }
}
