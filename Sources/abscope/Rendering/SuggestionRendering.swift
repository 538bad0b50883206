import CaseModel

extension DrugRuleSet.Finding {
    func json(_ names: RecordNames) -> JSON {
        .object([
            ("rule_set", .string(ruleSet)), ("rule", .string(rule)), ("suggests", .string(suggestion.rawValue)),
            ("order", .string(names.reference(order))), ("drug", .string(drug)),
            ("cause", .string(names.reference(cause))), ("because", .string(words)),
        ])
    }
}
