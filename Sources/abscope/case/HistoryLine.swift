import CaseModel
import LogFormat
import Schema

/// One change as the history shows it: who, when, where, what it was and is, and why.
struct HistoryLine {
    var cells: [String]
    var json: JSON
    /// Who entered it, as declared, and who did it.
    let who: String
    /// So many days after what it tells of; nil within a day, and where no day is told.
    let lateDays: Int64?

    init(_ change: RecordChange, of state: RecordState, _ operators: [RecordState], _ names: RecordNames) {
        let declared = operators.first { $0.id == change.context.operatorRecord }?.operatorName
        who = [declared, change.performer?.text].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " / ")
        let values = change.fields.map { field in
            let candidate = Candidate(content: field.content, isIdentifying: field.isIdentifying, changes: [change.id])
            return (
                Registry.fieldName(field.field, of: change.kind),
                state.rendered(candidate, field: field.field, names: names)
            )
        }
        let formers = change.fields.map { field in
            state.former(field.field, before: change).map { state.rendered($0, field: field.field, names: names) }
        }
        lateDays = change.lateDays(in: state, names)
        let action = say(.action(change.action))
        let what = zip(values, formers).map { value, former in
            let old = former.map(\.text).joined(separator: " | ")
            return "\(say(.fieldName(value.0))): \(old.isEmpty ? "" : "\(old) → ")\(value.1.text)"
        }.joined(separator: "; ")
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
            (
                "former",
                .object(zip(values, formers).filter { !$1.isEmpty }.map { ($0.0, .array($1.map(\.json))) })
            ), ("program", .string(change.context.program)), ("late_days", JSON(lateDays)),
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

extension RecordChange {
    /// How many days after what it tells of a change was recorded, where that is more than one: it is late.
    fileprivate func lateDays(in state: RecordState, _ names: RecordNames) -> Int64? {
        let told = fields.flatMap { field -> [ClinicalDate] in
            let candidate = Candidate(content: field.content, isIdentifying: field.isIdentifying, changes: [id])
            let whole = state.rendered(candidate, field: field.field, names: names)
            return state.dated(candidate, field: field.field, whole: whole).map(\.0)
        }
        guard let recorded = context.recorded.day else { return nil }
        let days = told.compactMap { PartialDate(ifReadable: $0)?.interval.latest?.days(to: recorded) }
        return days.min().flatMap { $0 > 1 ? $0 : nil }
    }
}
