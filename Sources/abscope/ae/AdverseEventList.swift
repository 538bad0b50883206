import ArgumentParser
import CaseModel
import Schema

/// `abscope ae list`.
struct AdverseEventList: StoreCommand {
    static let configuration = CommandConfiguration("list", .adverseEventList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumberOptional)) var caseNumber: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let cases = try caseNumber.map { [try session.caseRecord($0, in: clinic)] } ?? (try clinic.caseRecords())
        var table = Table([
            .init(.caseNumber), .init(.term), .init(.date), .init(.serious), .init(.outcome), .init(.standing),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for record in cases {
            let number = try clinic.caseNumber(record)
            for state in try clinic.states(of: record) where state.kind == .event && state.standing != .retracted {
                let body = state.displayedBody(EventBody.self).body
                guard body.hasAdverseEvent else { continue }
                table.add([
                    number, body.adverseEvent.rendered.text, body.period.rendered.text,
                    body.hasSerious ? body.serious.answer.rendered.text : "", body.outcome.words,
                    state.standingMark,
                    clinic.names.reference(state.id),
                ])
                rows.append(.object([("case", .string(number)), ("record", state.json(clinic.names))]))
            }
        }
        session.console.table(table, orElse: .noEvents)
        session.console.json([("adverse_events", .array(rows))])
        return .success
    }
}
