import ArgumentParser
import CaseModel
import Schema

/// `abscope statement list`.
struct StatementList: StoreCommand {
    static let configuration = CommandConfiguration("list", .statementList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumberOptional)) var caseNumber: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let cases = try caseNumber.map { [try session.caseRecord($0, in: clinic)] } ?? (try clinic.caseRecords())
        var table = Table([
            .init(.caseNumber), .init(.question), .init(.topic), .init(.stated), .init(.standing), .init(.reference),
        ])
        var rows: [JSON] = []
        for record in cases {
            let number = try clinic.caseNumber(record)
            for state in try clinic.states(of: record) where state.kind == .statement && state.standing != .retracted {
                let body = state.displayedBody(StatementBody.self).body
                table.add([
                    number, body.question.words, body.topic.words, body.stated.rendered.text, state.standingMark,
                    clinic.names.reference(state.id),
                ])
                rows.append(.object([("case", .string(number)), ("record", state.json(clinic.names))]))
            }
        }
        session.console.table(table, orElse: .noStatements)
        session.console.json([("statements", .array(rows))])
        return .success
    }
}
