import ArgumentParser
import CaseModel

/// `abscope conflicts list`.
struct ConflictsList: StoreCommand {
    static let configuration = CommandConfiguration("list", .conflictsList)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        var table = Table([
            .init(.caseNumber), .init(.kind), .init(.field), .init(.value), .init(.reference),
        ])
        var rows: [JSON] = []
        for state in try clinic.conflicts() {
            let number = try clinic.caseOf(state.id).map { try clinic.caseNumber($0) }
            for conflict in Conflict.all(in: state) {
                let values = conflict.values(clinic.names)
                let reference = clinic.names.reference(state.id)
                table.add([
                    number ?? "", say(.recordKind(state.kind)), say(.fieldName(conflict.name)),
                    values.map(\.text).joined(separator: " | "), reference,
                ])
                rows.append(
                    .object([
                        ("case", JSON(number)), ("kind", .string(state.kind.name ?? String(describing: state.kind))),
                        ("field", .string(conflict.name)), ("reference", .string(reference)),
                        ("values", .array(values.map(\.json))),
                    ])
                )
            }
        }
        session.console.table(table, orElse: .noConflicts)
        session.console.json([("conflicts", .array(rows))])
        return rows.isEmpty ? .success : .findings
    }
}
