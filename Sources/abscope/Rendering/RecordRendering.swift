import CaseModel
import Schema

/// One field of a record as it is shown: the value, or in a conflict every value.
struct RenderedField {
    var number: UInt32
    /// As the registry names it.
    var name: String
    /// The value shown; in a conflict the cautious one.
    var shown: RenderedValue?
    /// Every candidate, when there are several.
    var candidates: [RenderedValue]
    var isSettled: Bool
    var waitingFor: [String]
}

extension RecordState {
    /// Every field some change touched, in the order of the registry.
    func renderedFields(_ names: RecordNames) -> [RenderedField] {
        fields.map { field in
            RenderedField(
                number: field.field,
                name: Registry.fieldName(field.field, of: kind),
                shown: displayed(field).map { rendered($0, field: field.field, names: names) },
                candidates: field.isConflict
                    ? field.candidates.map { rendered($0, field: field.field, names: names) } : [],
                isSettled: field.settled != nil,
                waitingFor: field.waitingFor.map(names.site)
            )
        }
    }

    /// The record as `--json` shows it, the same for every kind.
    func json(_ names: RecordNames) -> JSON {
        var members: [(String, JSON)] = [
            ("reference", .string(names.reference(id))), ("kind", .string(kind.name ?? String(describing: kind))),
            ("standing", .string(standing.name)),
        ]
        let fields = renderedFields(names)
        members.append(("fields", .object(fields.compactMap { field in field.shown.map { (field.name, $0.json) } })))
        members.append(("provisional", .array(fields.filter { !$0.isSettled }.map { .string($0.name) })))
        members.append(("conflicts", .array(fields.filter { !$0.candidates.isEmpty }.map { .string($0.name) })))
        members.append(("pending_changes", .integer(Int64(pending.count))))
        return .object(members)
    }

    /// What people are told about a field besides its value; empty when it is settled.
    func mark(of field: RenderedField) -> String {
        if !field.candidates.isEmpty { return say(Term.inConflict) }
        if !field.waitingFor.isEmpty { return say(Term.waiting) + ": " + field.waitingFor.joined(separator: ", ") }
        return field.isSettled ? "" : say(Term.provisional)
    }
}

extension RecordState {
    /// For people: how the record stands, and that a value of it is not settled; empty for what simply stands.
    var standingMark: String {
        let isUncertain = fields.contains { $0.settled == nil }
        return [standing.mark, isUncertain ? say(Term.provisional) : ""].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}

extension Standing {
    var name: String {
        switch self {
        case .standing: "standing"
        case .retracted: "retracted"
        case .disputed: "disputed"
        }
    }

    /// For people; empty for what simply stands.
    var mark: String {
        switch self {
        case .standing: ""
        case .retracted: say(Term.retracted)
        case .disputed: say(Term.disputed)
        }
    }
}
