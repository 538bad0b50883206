import CaseModel

extension SettingMessage {
    var english: String {
        switch self {
        case .none: "None."
        case .notConfirmed: "NOT CONFIRMED: no named person here has approved this version."
        case .draft: "DRAFT: no named person here has approved this version."
        case .approvedBy(let name, let date): "approved by \(name)" + (date.map { ", \($0)" } ?? "")
        case .unknown(let text, let names):
            "There is no \"\(text)\"." + (names.isEmpty ? "" : " There are: \(names.joined(separator: ", ")).")
        case .ambiguous(let text, let names): "\"\(text)\" fits several: \(names.joined(separator: ", "))."
        case .otherKind(let kind):
            kind == .protocol
                ? "This is a protocol: use `abscope protocol`." : "This is a set of rules: use `abscope rules`."
        case .known(let name, let version): "\(name) \(version) is recorded already."
        case .otherText(let name, let version): "\(name) \(version) is there already, and says something else."
        case .otherTextRemedy: "Give the new text another version."
        case .head(let name, let version, let digest): "\(name) \(version), SHA-256 \(digest)"
        case .good(let name, let version, let digest): "Good: \(name) \(version), SHA-256 \(digest)"
        case .approved(let name, let version, let by): "\(name) \(version) approved by \(by) for this site"
        case .approvedAlready(let name, let by): "\(name) was approved already, by \(by)."
        case .ambiguity(let ambiguity): "\(ambiguity.id): \(ambiguity.text) Taken: \(ambiguity.taken)"
        case .trigger(.event(let terms, let grades)):
            "\(terms[0]), grade \(grades.sorted().map { String($0) }.joined(separator: " or "))"
        case .trigger(.aboveUpperNormal(let analytes, let above, let upTo)):
            "\(analytes.joined(separator: " or ")) above \(above)"
                + (upTo.map { " to \($0)" } ?? "") + " times the upper limit of normal"
        case .screened(let number, let day, let title): "\(number) on \(day): \(title)"
        case .result(.eligible, _, _): "Eligible."
        case .result(.noRuleFailed, _, _):
            "No rule failed. The protocol is not confirmed here, so this is no eligibility."
        case .result(.undecided, _, let unknown):
            unknown.isEmpty
                ? "Not decided: entries that may concern the case are missing here."
                : "Not decided: \(unknown.joined(separator: ", "))."
        case .result(.notEligible, let failed, let unknown):
            "Not eligible: \(failed.joined(separator: ", "))."
                + (unknown.isEmpty ? "" : " Unknown: \(unknown.joined(separator: ", ")).")
        case .restsOn(let frontier, let program): "Rests on \(frontier), \(program)."
        case .suggestion(let finding):
            "\(finding.drug): \(finding.ruleSet) suggests \(Self.words(finding.suggestion))"
                + " for \(finding.words) (\(finding.rule)); a doctor decides: abscope drug \(finding.suggestion.rawValue)"
        case .suggested(let finding):
            "\(Self.words(finding.suggestion)) suggested by \(finding.ruleSet), \(finding.rule); a doctor decides"
        case .suggestionDraft: "DRAFT, approved by nobody here:"
        }
    }

    private static func words(_ suggestion: DrugRuleSet.Suggestion) -> String {
        suggestion == .stop ? "stopping for good" : "a hold"
    }
}
