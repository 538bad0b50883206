package import LogFormat

/// One value a field may have, with who, when and where.
package struct Candidate: Hashable, Sendable {
    package var content: FieldContent
    package var isIdentifying: Bool
    /// The changes that say so, ascending; more than one where several sites said the same.
    package var changes: [RecordID]

    package init(content: FieldContent, isIdentifying: Bool = false, changes: [RecordID]) {
        self.content = content
        self.isIdentifying = isIdentifying
        self.changes = changes
    }
}

/// What is known about one field of a record.
package struct FieldState: Hashable, Sendable {
    package var field: UInt32
    /// Ordered by their first change: the same at every site that holds the same set. One candidate: the value.
    package var candidates: [Candidate]
    /// Sites a newer change waits for, ascending: an entry between it and what is here has not arrived.
    package var waitingFor: [SiteID]
    /// True while a change of the record cannot be read, which may have set this field.
    package var isObscured: Bool

    package init(
        field: UInt32,
        candidates: [Candidate],
        waitingFor: [SiteID] = [],
        isObscured: Bool = false
    ) {
        self.field = field
        self.candidates = candidates
        self.waitingFor = waitingFor
        self.isObscured = isObscured
    }

    /// Several values stand beside each other until an operator decides.
    package var isConflict: Bool { candidates.count > 1 }

    /// A newer change is known whose parents are missing.
    package var isPending: Bool { !waitingFor.isEmpty }

    /// The value rules, schedules and totals may use; nil in a conflict, while pending, and when obscured.
    package var settled: FieldContent? {
        candidates.count == 1 && !isPending && !isObscured ? candidates[0].content : nil
    }
}

/// Whether a record counts.
package enum Standing: Hashable, Sendable {
    case standing
    case retracted
    /// Retracted at one place and amended at another: counts as standing, marked, until an operator decides.
    case disputed
}

/// A change whose parents are not all here.
package struct PendingChange: Hashable, Sendable {
    /// So many missing entries are named at most: a long branch may wait for as many as it has changes. The change waits
    /// for the rest all the same, and they are named as the first ones arrive.
    package static let mostMissing = 16

    package var change: RecordID
    /// Entries not here that it, or what it builds on, names as parents; ascending, the first ``mostMissing``.
    package var missing: [EntryReference]

    package init(change: RecordID, missing: [EntryReference]) {
        self.change = change
        self.missing = missing
    }
}

/// What a set of changes makes of one record. Equal sets give equal states, in whatever order they arrived.
package struct RecordState: Hashable, Sendable {
    package var id: RecordID
    package var kind: RecordKind
    /// The case it belongs to; nil while its creating change has not arrived, and for what belongs to no case.
    package var caseRecord: RecordID?
    /// The creating change is here.
    package var isCreated: Bool
    package var standing: Standing
    /// Every field some change set or cleared, ascending.
    package var fields: [FieldState]
    /// True when values are taken from one branch only: a conflict of one field is a conflict of all that differ.
    package var mergesWhole: Bool
    /// The latest changes, ascending: an amendment made now names their entries as parents.
    package var heads: [RecordID]
    /// Ascending.
    package var pending: [PendingChange]
    /// Changes that cannot be read, ascending.
    package var unreadable: [RecordID]
    /// Every change of the set, ascending.
    package var changes: [RecordChange]

    /// The state of one field; nil when no change ever touched it.
    ///
    /// - Complexity: O(log fields).
    package subscript(field: UInt32) -> FieldState? {
        let index = fields.partitioningIndex { $0.field >= field }
        return index < fields.count && fields[index].field == field ? fields[index] : nil
    }

    /// A change of the set by its name.
    ///
    /// - Complexity: O(changes).
    package func change(_ id: RecordID) -> RecordChange? {
        changes.first { $0.id == id }
    }

    /// The entries an amendment made now names as its parents: at most 16, the first in order where there are more, so
    /// that many branches are joined in steps.
    package var parentsForAmendment: [EntryReference] {
        var entries: [EntryReference] = []
        for head in heads where entries.last != head.entry { entries.append(head.entry) }
        return Array(entries.prefix(EnvelopeLimits.parents))
    }

    /// Fields an operator has to decide; none of a record that was taken back, which deciding would bring back.
    package var fieldsInConflict: [FieldState] {
        standing == .retracted ? [] : fields.filter(\.isConflict)
    }

    /// Whether every field has one value that rules may use, and the record stands.
    package var isSettled: Bool {
        standing == .standing && pending.isEmpty && unreadable.isEmpty && fields.allSatisfy { $0.settled != nil }
    }

    /// Something here needs a person: a conflict, a disputed retraction, a change that waits or cannot be read.
    package var needsAttention: Bool {
        standing == .disputed || !pending.isEmpty || !unreadable.isEmpty || !fieldsInConflict.isEmpty
    }
}
