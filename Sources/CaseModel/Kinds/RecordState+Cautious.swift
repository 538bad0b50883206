import Schema

extension RecordState {
    /// The value of a field people are shown. In a conflict it is the cautious one where the kind has one: stop before
    /// hold before resume, deceased or withdrawn before active, allergy before none, pregnant before not, serious
    /// before not, the higher grade; elsewhere the one of the first change in order. nil only where no change said
    /// anything that has arrived.
    package func displayed(_ state: FieldState) -> Candidate? {
        guard state.candidates.count > 1 else { return state.candidates.first }
        let ranked = state.candidates.map { (candidate: $0, caution: caution(of: $0, field: state.field)) }
        let highest = ranked.map(\.caution).max() ?? 0
        return ranked.first { $0.caution == highest }?.candidate
    }

    /// Higher is more cautious; 0 where caution does not apply.
    private func caution(of candidate: Candidate, field: UInt32) -> Int {
        switch (kind, Registry.fieldName(field, of: kind)) {
        case (.order, "state"):
            let state = body(of: candidate, as: OrderBody.self).body.state.value
            return switch Vocabulary.term(state, as: Vocabulary.OrderState.self) {
            case .stopped: 5
            case .completed: 4
            case .held: 3
            case .resumed: 2
            case .active: 1
            case nil: 0
            }
        case (.case, "vital_status"):
            let status = body(of: candidate, as: CaseBody.self).body.vitalStatus.value
            return switch Vocabulary.term(status, as: Vocabulary.VitalStatus.self) {
            case .deceased: 3
            case .lost: 2
            case .alive: 1
            case nil: 0
            }
        case (.case, "treatment_status"), (.case, "trial_status"):
            let body = body(of: candidate, as: CaseBody.self).body
            let status = body.hasTreatmentStatus ? body.treatmentStatus.value : body.trialStatus.value
            return Vocabulary.term(status, as: Vocabulary.Participation.self) == .withdrawn ? 1 : 0
        case (.statement, "stated"):
            return cautionOfAnswer(body(of: candidate, as: StatementBody.self).body.stated.answer)
        case (.result, "value"):
            return body(of: candidate, as: ResultBody.self).body.value.coded
                .isCode(Vocabulary.positive, of: Vocabulary.system) ? 1 : 0
        case (.event, "serious"):
            return body(of: candidate, as: EventBody.self).body.serious.answer == .yes ? 1 : 0
        case (.event, "adverse_event"):
            return Int(body(of: candidate, as: EventBody.self).body.adverseEvent.grade)
        default:
            return 0
        }
    }

    /// For an allergy yes is the cautious answer, for a consent no.
    private func cautionOfAnswer(_ answer: Answer) -> Int {
        let question = settledBody(StatementBody.self).body.question
        let isConsent = Vocabulary.term(question, as: Vocabulary.Question.self) == .consent
        return switch answer {
        case .yes: isConsent ? 0 : 2
        case .no: isConsent ? 2 : 0
        default: 1
        }
    }
}
