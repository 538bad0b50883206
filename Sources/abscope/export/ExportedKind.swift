import CaseModel

/// A kind of record that is exported, by its name on the command line. Documents are not: they have `attachment export`.
enum ExportedKind: String, CaseIterable {
    case person, `case`, result, statement, order, given, event, lesion, assessment

    var kind: RecordKind {
        switch self {
        case .person: .person
        case .case: .case
        case .result: .result
        case .statement: .statement
        case .order: .order
        case .given: .given
        case .event: .event
        case .lesion: .lesion
        case .assessment: .assessment
        }
    }

    /// What is exported of each record, ascending: never what identifies a person.
    var fields: [Registry.Field] { (Registry.kind(kind)?.fields ?? []).filter { $0.form != .sealed } }
}
