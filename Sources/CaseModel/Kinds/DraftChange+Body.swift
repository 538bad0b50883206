package import Schema
package import SwiftProtobuf

extension DraftChange {
    /// A change that creates a record from a typed body.
    ///
    /// - Throws: `.illFormedValue` when the body cannot be encoded.
    package static func create(
        _ kind: RecordKind,
        _ body: some Message,
        in caseRecord: RecordTarget? = nil,
        links: [UInt32: RecordTarget] = [:],
        absences: [UInt32: AbsenceReason] = [:],
        sealed: DraftSealedFields? = nil
    ) throws(RecordError) -> DraftChange {
        DraftChange(
            kind: kind,
            caseRecord: caseRecord,
            body: try body.encodedBytes(),
            sealed: sealed,
            links: links,
            absences: absences,
            isWhole: mergesWhole(kind, body)
        )
    }

    /// A change that sets the fields of `body`, and clears those of `absences`, in an existing record.
    ///
    /// It builds on everything the state knows, so it also resolves the conflicts of the fields it sets. In a record
    /// that merges as a whole, and in an order that is or becomes approved, it is marked as such.
    ///
    /// - Throws: `.illFormedValue` when the body cannot be encoded.
    package static func amend(
        _ state: RecordState,
        _ body: some Message,
        reason: String,
        links: [UInt32: RecordTarget] = [:],
        absences: [UInt32: AbsenceReason] = [:],
        sealed: DraftSealedFields? = nil
    ) throws(RecordError) -> DraftChange {
        DraftChange(
            kind: state.kind,
            caseRecord: state.caseRecord.map(RecordTarget.existing),
            record: .existing(state.id),
            parents: state.parentsForAmendment,
            action: .amend,
            body: try body.encodedBytes(),
            sealed: sealed,
            links: links,
            absences: absences,
            reason: reason,
            isWhole: state.mergesWhole || mergesWhole(state.kind, body)
        )
    }

    /// A change that takes the record back; what refers to it keeps its facts.
    package static func retract(_ state: RecordState, reason: String) -> DraftChange {
        DraftChange(
            kind: state.kind,
            caseRecord: state.caseRecord.map(RecordTarget.existing),
            record: .existing(state.id),
            parents: state.parentsForAmendment,
            action: .retract,
            reason: reason,
            isWhole: state.mergesWhole
        )
    }

    /// A change that decides a conflict for one of its candidates, byte for byte. A record that merges as a whole is
    /// decided for the branch of the candidate, in every field.
    ///
    /// - Parameters:
    ///   - state: the record.
    ///   - field: in conflict.
    ///   - candidate: one of ``FieldState/candidates``.
    ///   - reason: why.
    /// - Returns: nil when what is chosen is identifying: it has to be sealed again, by ``amend(_:_:reason:links:absences:sealed:)``.
    /// - Throws: `.illFormedValue` while the retraction of the record is disputed, or when it stands: the change builds on
    ///   both sides, and would decide that too.
    package static func resolve(
        _ state: RecordState,
        field: UInt32,
        for candidate: Candidate,
        reason: String
    ) throws(RecordError) -> DraftChange? {
        guard state.standing == .standing else {
            throw RecordError(
                .illFormedValue,
                "Whether this record was taken back comes before the values of its fields.",
                remedy: "Resolve the conflict \"retraction\" of the record first."
            )
        }
        var change = DraftChange.retract(state, reason: reason)
        change.action = .amend
        var chosen = [field: candidate.content]
        if state.mergesWhole {
            let branch = state.heads.lazy.compactMap { state.branch(endingAt: $0) }
                .first { ($0[field]?.candidates ?? []).contains { $0.content == candidate.content } }
            for other in state.fields where other.field != field && other.isConflict {
                chosen[other.field] = branch?[other.field]?.candidates.first?.content ?? .absent(.unspecified)
            }
        }
        for field in chosen.keys.sorted() {
            switch chosen[field] {
            case .bytes(let bytes) where state[field]?.candidates.contains(where: \.isIdentifying) != true:
                change.body += bytes
            case .link(let record): change.links[field] = .existing(record)
            case .absent(let reason): change.absences[field] = reason
            case .sealed, .bytes, nil: return nil
            }
        }
        return change
    }

    /// Approved orders, consents and what is given merge only as wholes.
    private static func mergesWhole(_ kind: RecordKind, _ body: some Message) -> Bool {
        if let order = body as? OrderBody { return order.hasApproval }
        if let statement = body as? StatementBody {
            return Vocabulary.term(statement.question, as: Vocabulary.Question.self) == .consent
        }
        return Registry.mergesWhole(kind)
    }
}
