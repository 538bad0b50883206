import CaseModel

extension Session {
    /// Tells what rule sets suggest because of a record that was just written; those that nobody approved here under a
    /// heading that says so. Nothing after a dry run.
    ///
    /// * cause: the event or result.
    func suggest(becauseOf cause: RecordID, in caseRecord: RecordID?, _ clinic: Clinic) throws {
        guard let caseRecord else { return }
        let states = try clinic.states(of: caseRecord)
        var hasSaidDraft = false
        // The approved ones first.
        for item in try clinic.settings().items.sorted(by: { $0.approval != nil && $1.approval == nil }) {
            guard let rules = DrugRuleSet(item.setting) else { continue }
            for finding in rules.findings(in: states) where finding.cause == cause {
                if item.approval == nil, !hasSaidDraft {
                    console.line(.setting(.suggestionDraft))
                    hasSaidDraft = true
                }
                console.line(.setting(.suggestion(finding)))
            }
        }
    }
}
