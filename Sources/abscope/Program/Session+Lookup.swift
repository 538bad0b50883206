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

    /// Why, from the option or a question.
    ///
    /// - Throws: 64 in a pipe without `--reason`.
    func reason(_ given: String?) throws -> String {
        try Form([Form.Field("reason", given, asks: .reason, isRequired: true)], reading: .nothing, from: input)
            .value("reason")
    }
}
