import CaseModel

/// One value in conflict, or a record retracted at one site and amended at another.
struct Conflict {
    var state: RecordState
    /// nil for a disputed retraction.
    var field: FieldState?

    /// Everything in conflict in a record, by field.
    static func all(in state: RecordState) -> [Conflict] {
        let fields = state.fieldsInConflict.map { Conflict(state: state, field: $0) }
        return state.standing == .disputed ? [Conflict(state: state, field: nil)] + fields : fields
    }

    /// The registry's name of the field, or `retraction`.
    var name: String { field.map { Registry.fieldName($0.field, of: state.kind) } ?? "retraction" }

    /// The values as they are offered, numbered from 1: for a disputed retraction that it stands, and that it does not.
    func values(_ names: RecordNames) -> [RenderedValue] {
        guard let field else { return [RenderedValue(say(.keepRecord)), RenderedValue(say(.keepRetraction))] }
        return field.candidates.map { state.rendered($0, field: field.field, names: names) }
    }
}
