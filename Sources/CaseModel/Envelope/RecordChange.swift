package import LogFormat
package import Schema

/// What is common to all changes of an entry: where it stands and who made it when.
package struct EntryContext: Hashable, Sendable {
    package var reference: EntryReference
    package var recorded: RecordedMoment
    /// A claim, not an authentication.
    package var operatorRecord: RecordID?
    /// Program and version, for example `abscope 0.1.0`.
    package var program: String
    package var schemaVersion: UInt32
    /// Where it was copied from, when it was.
    package var source: Source?
    /// The entry in words, in the urgent lane.
    package var alone: String?

    package init(
        reference: EntryReference,
        recorded: RecordedMoment,
        operatorRecord: RecordID? = nil,
        program: String = "",
        schemaVersion: UInt32 = 0,
        source: Source? = nil,
        alone: String? = nil
    ) {
        self.reference = reference
        self.recorded = recorded
        self.operatorRecord = operatorRecord
        self.program = program
        self.schemaVersion = schemaVersion
        self.source = source
        self.alone = alone
    }
}

/// What a change does to its record.
package enum RecordAction: Hashable, Sendable {
    case create, amend, retract
}

/// Who did it, when that is not the operator.
package struct RecordPerformer: Hashable, Sendable {
    package var operatorRecord: RecordID?
    /// Role or name of a person who is no operator here; never a patient.
    package var text: String

    package init(operatorRecord: RecordID? = nil, text: String = "") {
        self.operatorRecord = operatorRecord
        self.text = text
    }
}

/// One change to one record, with every reference resolved: what ``RecordState/init(folding:of:)`` folds.
package struct RecordChange: Hashable, Sendable {
    /// The change itself.
    package var id: RecordID
    package var context: EntryContext
    package var kind: RecordKind
    /// The case it belongs to; nil for what belongs to no case, and for a case itself.
    package var caseRecord: RecordID?
    /// The record it changes; its own ``id`` when it creates one.
    package var record: RecordID
    /// The entries of the record that were the latest where this was entered; at most 16.
    package var parents: [EntryReference]
    package var action: RecordAction
    /// Ascending by field, each field once.
    package var fields: [FieldChange]
    /// Identifying fields that are not opened.
    package var sealed: SealedFields?
    package var reason: String?
    package var performer: RecordPerformer?
    /// True when the record merges only as a whole.
    package var isWhole: Bool
    /// Why the change cannot be read. It is filed, shown and passed on; every field of its record is unknown to rules.
    package var problem: RecordError?

    package init(
        id: RecordID,
        context: EntryContext,
        kind: RecordKind,
        caseRecord: RecordID? = nil,
        record: RecordID? = nil,
        parents: [EntryReference] = [],
        action: RecordAction = .create,
        fields: [FieldChange] = [],
        sealed: SealedFields? = nil,
        reason: String? = nil,
        performer: RecordPerformer? = nil,
        isWhole: Bool = false,
        problem: RecordError? = nil
    ) {
        self.id = id
        self.context = context
        self.kind = kind
        self.caseRecord = caseRecord
        self.record = record ?? id
        self.parents = parents
        self.action = action
        self.fields = fields
        self.sealed = sealed
        self.reason = reason
        self.performer = performer
        self.isWhole = isWhole
        self.problem = problem
    }
}
