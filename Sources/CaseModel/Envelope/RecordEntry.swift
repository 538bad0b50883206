package import LogFormat
import Schema

/// One entry of a feed, with its references resolved.
///
/// What cannot be understood is kept: an entry is never re-encoded, and a change that breaks the envelope's rules
/// becomes a ``RecordChange`` with a ``RecordChange/problem`` rather than an error for the whole entry.
package struct RecordEntry: Hashable, Sendable {
    package var context: EntryContext
    package var changes: [RecordChange]

    /// - Parameters:
    ///   - bytes: the entry as it lies in the log.
    ///   - reference: where it lies; references inside are relative to it.
    /// - Throws: `.illFormedEntry` when the bytes are no entry, or one without changes or with too many. The log keeps
    ///   such an entry; a view lists it.
    /// - Complexity: O(bytes).
    package init(decoding bytes: [UInt8], at reference: EntryReference) throws(RecordError) {
        let entry = try Entry(encodedBytes: bytes)
        guard !entry.changes.isEmpty, entry.changes.count <= EnvelopeLimits.changes else {
            throw RecordError(.illFormedEntry, "An entry carries 1 to \(EnvelopeLimits.changes) changes.")
        }
        let frame = ReferenceFrame(container: reference)
        context = EntryContext(
            reference: reference,
            recorded: RecordedMoment(entry.recorded),
            operatorRecord: entry.hasOperator ? try frame.resolve(entry.`operator`) : nil,
            program: entry.program,
            schemaVersion: entry.schemaVersion,
            source: entry.hasSource ? entry.source : nil,
            alone: entry.hasAlone ? entry.alone : nil
        )
        changes = []
        for (index, change) in entry.changes.enumerated() {
            changes.append(RecordChange(change, index: UInt32(index), context: context))
        }
    }
}

extension RecordChange {
    /// Reads one change; what is wrong with it becomes its ``problem``, filed under the record where that is readable.
    fileprivate init(_ change: Change, index: UInt32, context: EntryContext) {
        let frame = ReferenceFrame(container: context.reference)
        self.init(
            id: RecordID(entry: context.reference, change: index),
            context: context,
            kind: RecordKind(rawValue: change.kind),
            action: change.hasRecord ? .amend : .create,
            reason: change.hasReason ? change.reason : nil,
            isWhole: change.whole || Registry.mergesWhole(RecordKind(rawValue: change.kind))
        )
        do throws(RecordError) {
            if change.hasCaseRecord { caseRecord = try frame.resolve(change.caseRecord) }
            if change.hasRecord { record = try frame.resolve(change.record) }
            guard change.parents.count <= EnvelopeLimits.parents else {
                throw Self.illFormed("more than \(EnvelopeLimits.parents) parents")
            }
            for parent in change.parents { parents.append(try frame.resolve(parent)) }
            action = try Self.action(of: change)
            if change.hasPerformer {
                performer = RecordPerformer(
                    operatorRecord: change.performer.hasOperator ? try frame.resolve(change.performer.`operator`) : nil,
                    text: change.performer.text
                )
            }
            if change.hasSealed { sealed = try SealedFields(change.sealed, in: frame) }
            fields = try Self.fields(of: change, sealed: sealed, in: frame)
        } catch {
            problem = error
            fields = []
        }
    }

    private static func action(of change: Change) throws(RecordError) -> RecordAction {
        guard change.kind != 0 else { throw illFormed("no kind") }
        switch (change.action, change.hasRecord) {
        case (.create, false): return .create
        case (.amend, true): return .amend
        case (.retract, true): return .retract
        case (.create, true): throw illFormed("a created record that already has a name")
        case (.amend, false), (.retract, false): throw illFormed("no record to amend")
        default: throw illFormed("an action this version does not know")
        }
    }

    private static func fields(
        of change: Change,
        sealed: SealedFields?,
        in frame: ReferenceFrame
    ) throws(RecordError) -> [FieldChange] {
        var fields: [FieldChange] = []
        for part in try WireFields.split([UInt8](change.body)) {
            fields.append(FieldChange(field: part.field, content: .bytes(part.bytes)))
        }
        for link in change.links {
            fields.append(FieldChange(field: link.field, content: .link(try frame.resolve(link.record))))
        }
        for absence in change.absences {
            fields.append(FieldChange(field: absence.field, content: .absent(absence.reason)))
        }
        if let sealed {
            for field in sealed.fields {
                fields.append(FieldChange(field: field, content: .sealed(nonce: sealed.nonce), isIdentifying: true))
            }
        }
        fields.sort { $0.field < $1.field }
        guard fields.count <= EnvelopeLimits.fields else { throw illFormed("too many fields") }
        guard fields.first?.field != 0 else { throw illFormed("field number 0") }
        for (one, next) in zip(fields, fields.dropFirst()) where one.field == next.field {
            throw illFormed("field \(one.field) said twice")
        }
        return fields
    }

    private static func illFormed(_ what: String) -> RecordError {
        RecordError(.illFormedEntry, "The change has \(what).")
    }
}

extension SealedFields {
    fileprivate init(_ body: SealedBody, in frame: ReferenceFrame) throws(RecordError) {
        guard body.hasPerson, body.nonce.count == 12, body.ciphertext.count >= 16, !body.fields.isEmpty else {
            throw RecordError(.illFormedEntry, "The sealed fields lack their person, nonce, tag or field numbers.")
        }
        self.init(
            person: try frame.resolve(body.person),
            keyID: [UInt8](body.key),
            nonce: [UInt8](body.nonce),
            ciphertext: [UInt8](body.ciphertext),
            fields: body.fields
        )
    }
}
