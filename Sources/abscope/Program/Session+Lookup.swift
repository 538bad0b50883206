import CaseModel
import LogFormat
import Schema

extension Session {
    /// The case somebody typed: its number, or a reference where several cases have the number.
    ///
    /// - Throws: 65 for what is neither, naming a wrong check character, and for a number that several cases have; 66 when
    ///   there is no such case here.
    func caseRecord(_ typed: String, in clinic: Clinic) throws -> RecordID {
        if TypedReference(typed) != nil {
            let state = try record(typed, in: clinic)
            guard state.kind == .case else {
                throw Failure(.noInput, .caseUnknown(typed), remedy: .caseFindRemedy)
            }
            return state.id
        }
        let number = try caseNumber(typed, in: clinic)
        guard let record = try clinic.caseRecord(number) else {
            throw Failure(.noInput, .caseUnknown(String(describing: number)), remedy: .caseFindRemedy)
        }
        return record
    }

    /// - Throws: 65 for what is no case number; where cases of this store are one slip away, they are named instead of
    ///   what a number looks like.
    private func caseNumber(_ typed: String, in clinic: Clinic) throws -> CaseNumber {
        do throws(RecordError) {
            return try CaseNumber(parsing: typed)
        } catch {
            let near = try clinic.known(among: CaseNumber.oneSlip(from: typed))
            guard !near.isEmpty else { throw error }
            throw Failure(.dataError, error.message, remedy: say(.didYouMean(near.map(String.init(describing:)))))
        }
    }

    /// The record somebody typed: a case number, or a reference.
    ///
    /// - Throws: 65 for what is neither; 66 when there is no such record here, or the digest names another entry.
    func record(_ typed: String, in clinic: Clinic) throws -> RecordState {
        let record: RecordID
        if let reference = TypedReference(typed) {
            record = RecordID(
                entry: try reference.chosen(among: try clinic.lookUp(reference), asTyped: typed),
                change: reference.change
            )
        } else if typed.contains("."), !typed.contains(" ") {
            throw Failure(.dataError, .referenceForm(typed), remedy: .referenceRemedy)
        } else {
            record = try caseRecord(typed, in: clinic)
        }
        guard let state = try clinic.state(of: record) else {
            throw Failure(.noInput, .referenceUnknown(typed), remedy: .referenceRemedy)
        }
        return state
    }

    /// To amend what was taken back would bring it back without anybody having said so.
    ///
    /// * typed: how the record was named.
    /// - Throws: 65 for a record that was taken back, or of which that is disputed.
    func refuseUnlessStanding(_ state: RecordState, _ typed: String, in clinic: Clinic) throws {
        switch state.standing {
        case .standing: break
        case .retracted: throw Failure(.dataError, .amendRetracted(typed))
        case .disputed:
            let reference = clinic.names.reference(state.id)
            throw Failure(.dataError, .amendDisputed(typed), remedy: .decideFirst(reference))
        }
    }

    /// What is said of a part of a composite value keeps the other parts as they are: while these are in conflict, or wait for
    /// a newer change, nobody knows which they are.
    ///
    /// * change: of the record, as it is to be recorded.
    /// - Throws: 65 naming the field.
    func refuseUnlessSettled(_ state: RecordState, for change: DraftChange, in clinic: Clinic) throws {
        let composite: [RecordKind: Set<UInt32>] = [
            .case: [2, 3], .event: [2, 3, 4], .lesion: [2, 4], .assessment: [1],
        ]
        for (field, _) in try WireFields.split(change.body) where composite[state.kind]?.contains(field) == true {
            guard let known = state[field], known.settled == nil else { continue }
            throw Failure(
                .dataError,
                .fieldNotSettled(Registry.fieldName(field, of: state.kind)),
                remedy: .fieldNotSettledRemedy(clinic.names.reference(state.id))
            )
        }
    }

    /// Why, from the option or a question.
    ///
    /// - Throws: 64 in a pipe without `--reason`.
    func reason(_ given: String?) throws -> String {
        try Form([Form.Field("reason", given, asks: .reason, isRequired: true)], reading: .nothing, from: input)
            .value("reason")
    }
}
