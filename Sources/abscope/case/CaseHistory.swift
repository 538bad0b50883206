import ArgumentParser
import CaseModel
import LogFormat

/// `abscope case history`.
struct CaseHistory: StoreCommand {
    static let configuration = CommandConfiguration("history", .caseHistory)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let states = try [clinic.person(of: record)].compactMap(\.self) + clinic.states(of: record)
        let operators = try clinic.operators()
        let changes = states.flatMap { state in state.changes.map { (state, $0) } }
            .sorted { ($0.1.context.recorded.milliseconds, $0.1.id) < ($1.1.context.recorded.milliseconds, $1.1.id) }
        var table = Table(
            [
                .init(.when), .init(.site), .init(.who), .init(.kind), .init(.what), .init(.why), .init(.reference),
            ],
            isWhole: true
        )
        var rows: [JSON] = []
        for (state, change) in changes {
            let line = HistoryLine(change, of: state, operators, clinic.names)
            table.add(line.cells)
            rows.append(line.json)
        }
        session.console.table(table, orElse: .noHistory)
        try session.console.json([
            ("case", .string(try clinic.caseNumber(record))), ("changes", .array(rows)),
        ])
        return .success
    }
}
