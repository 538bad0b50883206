import ArgumentParser
import CaseModel

/// `abscope case timeline`.
struct CaseTimeline: StoreCommand {
    static let configuration = CommandConfiguration("timeline", .caseTimeline)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        var table = Table([.init(.whenHappened), .init(.kind), .init(.what), .init(.detail), .init(.reference)])
        var rows: [JSON] = []
        for event in Timeline(try clinic.states(of: record)).events {
            let reference = clinic.names.reference(event.record)
            table.add([event.date, say(.recordKind(event.kind)), event.what.text, event.mark, reference])
            rows.append(
                .object([
                    ("date", .string(event.date)), ("kind", .string(event.kind.name ?? String(describing: event.kind))),
                    ("field", .string(event.field)), ("value", event.what.json), ("reference", .string(reference)),
                    ("settled", .bool(event.isSettled)),
                ])
            )
        }
        session.console.table(table, orElse: .noTimeline)
        try session.console.json([("case", .string(try clinic.caseNumber(record))), ("events", .array(rows))])
        return .success
    }
}
