import ArgumentParser
import CaseModel
import Schema

/// `abscope operator list`.
struct OperatorList: StoreCommand {
    static let configuration = CommandConfiguration("list", .operatorList)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        var table = Table([.init(.reference), .init(.name), .init(.role), .init(.standing)])
        var rows: [JSON] = []
        for state in try clinic.operators() {
            let body = state.displayedBody(OperatorBody.self).body
            table.add([clinic.names.reference(state.id), body.name.value, body.role.words, state.standing.mark])
            rows.append(state.json(clinic.names))
        }
        session.console.table(table, orElse: .noOperatorsListed)
        session.console.json([("operators", .array(rows))])
        return .success
    }
}
