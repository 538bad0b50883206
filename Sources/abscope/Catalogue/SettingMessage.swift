import CaseModel

/// What is said of protocols and rule sets, and of what they say of a case.
enum SettingMessage {
    case none, notConfirmed, draft, approvedBy(String, String?)
    case unknown(String, [String]), ambiguous(String, [String]), otherKind(RecordKind), known(String, String)
    case otherText(String, String), otherTextRemedy
    case head(String, String, String), good(String, String, String)
    case approved(String, String, String), approvedAlready(String, String)
    case ambiguity(TrialProtocol.Ambiguity), trigger(DrugRuleSet.Rule.Trigger)
    case screened(String, String, String), result(Screening.Result, failed: [String], unknown: [String])
    case restsOn(String, String)
    case suggestion(DrugRuleSet.Finding), suggestionDraft, suggested(DrugRuleSet.Finding)
}
