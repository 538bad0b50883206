package import LogFormat
package import Schema

/// A record named from inside a draft: one that exists, or one the same entry creates.
package enum RecordTarget: Hashable, Sendable {
    case existing(RecordID)
    /// Created by the change with this index in the same entry.
    case inThisEntry(change: UInt32)
}

/// A change before its entry has a place in a feed.
package struct DraftChange: Sendable {
    package var kind: RecordKind
    package var caseRecord: RecordTarget?
    /// nil: the change creates a record.
    package var record: RecordTarget?
    package var parents: [EntryReference]
    package var action: RecordAction
    /// The encoded body: only the fields this change sets. See ``Body`` for the typed way.
    package var body: [UInt8]
    package var sealed: DraftSealedFields?
    package var links: [UInt32: RecordTarget]
    package var absences: [UInt32: AbsenceReason]
    package var reason: String?
    package var performer: DraftPerformer?
    package var isWhole: Bool

    package init(
        kind: RecordKind,
        caseRecord: RecordTarget? = nil,
        record: RecordTarget? = nil,
        parents: [EntryReference] = [],
        action: RecordAction = .create,
        body: [UInt8] = [],
        sealed: DraftSealedFields? = nil,
        links: [UInt32: RecordTarget] = [:],
        absences: [UInt32: AbsenceReason] = [:],
        reason: String? = nil,
        performer: DraftPerformer? = nil,
        isWhole: Bool? = nil
    ) {
        self.kind = kind
        self.caseRecord = caseRecord
        self.record = record
        self.parents = parents
        self.action = action
        self.body = body
        self.sealed = sealed
        self.links = links
        self.absences = absences
        self.reason = reason
        self.performer = performer
        self.isWhole = isWhole ?? Registry.mergesWhole(kind)
    }
}

/// Sealed fields before their entry has a place.
package struct DraftSealedFields: Sendable {
    package var person: RecordTarget
    package var keyID: [UInt8]
    package var nonce: [UInt8]
    package var ciphertext: [UInt8]
    package var fields: [UInt32]

    package init(person: RecordTarget, keyID: [UInt8], nonce: [UInt8], ciphertext: [UInt8], fields: [UInt32]) {
        self.person = person
        self.keyID = keyID
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.fields = fields
    }
}

/// Who did it, in a draft.
package struct DraftPerformer: Sendable {
    package var operatorRecord: RecordTarget?
    package var text: String

    package init(operatorRecord: RecordTarget? = nil, text: String = "") {
        self.operatorRecord = operatorRecord
        self.text = text
    }
}

/// An entry before it has a place: what one person did at one moment, all of it or nothing.
package struct EntryDraft: Sendable {
    package var recorded: RecordedMoment
    package var operatorRecord: RecordTarget?
    package var program: String
    package var source: Source?
    /// At least one. At most one creates a case, for a case number names the entry.
    package var changes: [DraftChange]
    /// The entry in words, in the urgent lane: see ``Urgency``.
    package var alone: String?

    package init(
        recorded: RecordedMoment,
        operatorRecord: RecordTarget? = nil,
        program: String,
        source: Source? = nil,
        changes: [DraftChange],
        alone: String? = nil
    ) {
        self.recorded = recorded
        self.operatorRecord = operatorRecord
        self.program = program
        self.source = source
        self.changes = changes
        self.alone = alone
    }
}
