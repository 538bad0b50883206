import ArgumentParser
import CaseModel
import LogFormat

/// `abscope conflicts show`.
struct ConflictsShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .conflictsShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.recordReference)) var record: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let conflicts = try session.conflicts(of: record, in: clinic)
        let operators = try clinic.operators()
        var rows: [JSON] = []
        for conflict in conflicts {
            let reference = clinic.names.reference(conflict.state.id)
            let title = "\(say(.recordKind(conflict.state.kind)))  \(say(.fieldName(conflict.name)))  \(reference)"
            session.console.line(session.console.style.bold(title.safeForTerminal))
            var table = Table([
                .init(.number, right: true), .init(.value), .init(.who), .init(.site), .init(.when), .init(.why),
            ])
            var values: [JSON] = []
            for (index, value) in conflict.values(clinic.names).enumerated() {
                let changes = conflict.changes(ofValue: index)
                let who = changes.map { change in
                    operators.first { $0.id == change.context.operatorRecord }?.operatorName ?? ""
                }
                table.add([
                    String(index + 1), value.text, who.joined(separator: ", "),
                    changes.map { clinic.names.site($0.id.entry.feed.site) }.joined(separator: ", "),
                    changes.map { String(describing: $0.context.recorded) }.joined(separator: ", "),
                    changes.compactMap(\.reason).joined(separator: "; "),
                ])
                values.append(
                    .object([
                        ("take", .integer(Int64(index + 1))), ("value", value.json),
                        ("changes", .array(zip(changes, who).map { $0.json(by: $1, clinic.names) })),
                    ])
                )
            }
            session.console.table(table, orElse: .noConflicts)
            session.console.line()
            rows.append(
                .object([
                    ("reference", .string(reference)), ("field", .string(conflict.name)), ("values", .array(values)),
                ])
            )
        }
        if conflicts.isEmpty { session.console.line(.noConflictIn(record)) }
        session.console.json([("conflicts", .array(rows))])
        return conflicts.isEmpty ? .success : .findings
    }
}

extension Conflict {
    /// The changes that say one of the values; for a disputed retraction those that amend, and those that retract.
    func changes(ofValue index: Int) -> [RecordChange] {
        if let field { return field.candidates[index].changes.compactMap(state.change) }
        return state.heads.compactMap(state.change).filter { ($0.action == .retract) == (index == 1) }
    }
}

extension RecordChange {
    fileprivate func json(by name: String, _ names: RecordNames) -> JSON {
        .object([
            ("reference", .string(names.reference(id))), ("operator", .string(name)),
            ("site", .string(names.site(id.entry.feed.site))),
            ("recorded_at", .string(Timestamp.text(context.recorded))),
            ("reason", JSON(reason)),
        ])
    }
}

extension Session {
    /// What is in conflict in a record, or in every record of a case.
    func conflicts(of typed: String, in clinic: Clinic) throws -> [Conflict] {
        let state = try record(typed, in: clinic)
        guard state.kind == .case else { return Conflict.all(in: state) }
        let states =
            [state] + [try clinic.person(of: state.id)].compactMap(\.self)
            + (try clinic.states(of: state.id).filter { $0.id != state.id })
        return states.flatMap(Conflict.all)
    }
}
