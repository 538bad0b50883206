import CaseModel
import LogFormat

/// One change as the history shows it: who, when, where, what and why.
struct HistoryLine {
    var cells: [String]
    var json: JSON

    init(_ change: RecordChange, of state: RecordState, _ operators: [RecordState], _ names: RecordNames) {
        let declared = operators.first { $0.id == change.context.operatorRecord }?.operatorName
        let who = [declared, change.performer?.text].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " / ")
        let values = change.fields.map { field in
            let candidate = Candidate(content: field.content, isIdentifying: field.isIdentifying, changes: [change.id])
            return (
                Registry.fieldName(field.field, of: change.kind),
                state.rendered(candidate, field: field.field, names: names)
            )
        }
        let action = say(.action(change.action))
        let what = values.map { "\(say(.fieldName($0.0))): \($0.1.text)" }.joined(separator: "; ")
        let reference = names.reference(change.id)
        cells = [
            String(describing: change.context.recorded), names.site(change.id.entry.feed.site), who,
            say(.recordKind(change.kind)), what.isEmpty ? action : "\(action): \(what)", change.reason ?? "", reference,
        ]
        var members: [(String, JSON)] = [
            ("reference", .string(reference)), ("record", .string(names.reference(change.record))),
            ("recorded_at", .string(Timestamp.text(change.context.recorded))),
            ("site", .string(names.site(change.id.entry.feed.site))),
            ("kind", .string(change.kind.name ?? String(describing: change.kind))),
            ("action", .string(change.action.name)),
            ("fields", .object(values.map { ($0.0, $0.1.json) })),
        ]
        if let declared { members.append(("operator", .string(declared))) }
        if let performer = change.performer?.text, !performer.isEmpty {
            members.append(("performer", .string(performer)))
        }
        if let reason = change.reason { members.append(("reason", .string(reason))) }
        if let source = change.context.source { members.append(("source", source.json)) }
        json = .object(members)
    }
}
