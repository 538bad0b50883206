import Schema

/// What any record may show, whatever its kind: bytes that are not what the kind says, and links to nothing.
package enum RecordFindings {
    /// - Parameters:
    ///   - state: the record.
    ///   - exists: whether a record is here; a link to one that is not is listed as waiting, for it may still arrive.
    /// - Returns: ascending.
    /// - Complexity: O(changes · fields).
    package static func findings(of state: RecordState, exists: (RecordID) -> Bool) -> [Finding] {
        var findings: [Finding] = []
        func add(_ field: String, _ value: String, _ rule: String, _ message: String, _ remedy: String) {
            findings.append(
                Finding(
                    record: state.id,
                    kind: state.kind,
                    field: field,
                    value: value,
                    rule: rule,
                    message: message,
                    remedy: remedy
                )
            )
        }
        for id in state.unreadable {
            add(
                "",
                String(describing: id),
                "record.unreadable",
                "A change of this record cannot be read here.",
                "Upgrade this site, or ask the site that wrote it to enter it again."
            )
        }
        for field in unreadableFields(of: state) {
            add(
                Registry.fieldName(field, of: state.kind),
                "",
                "record.unreadable-field",
                "The value is not what this field holds.",
                "Amend the field at the site that wrote it."
            )
        }
        for field in state.fields {
            guard case .link(let target) = field.settled, !exists(target) else { continue }
            add(
                Registry.fieldName(field.field, of: state.kind),
                String(describing: target),
                "record.link-waits",
                "It names a record that has not arrived.",
                "Synchronise with the site it comes from."
            )
        }
        return findings.sorted()
    }

    private static func unreadableFields(of state: RecordState) -> [UInt32] {
        switch state.kind {
        case .person: state.displayedBody(PersonBody.self).unreadableFields
        case .case: state.displayedBody(CaseBody.self).unreadableFields
        case .result: state.displayedBody(ResultBody.self).unreadableFields
        case .statement: state.displayedBody(StatementBody.self).unreadableFields
        case .order: state.displayedBody(OrderBody.self).unreadableFields
        case .given: state.displayedBody(GivenBody.self).unreadableFields
        case .event: state.displayedBody(EventBody.self).unreadableFields
        case .lesion: state.displayedBody(LesionBody.self).unreadableFields
        case .assessment: state.displayedBody(AssessmentBody.self).unreadableFields
        case .protocol, .ruleSet: state.displayedBody(SettingBody.self).unreadableFields
        case .operator: state.displayedBody(OperatorBody.self).unreadableFields
        default: []
        }
    }
}
