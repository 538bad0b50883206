import ArgumentParser
import CaseModel
import Schema

/// `abscope event list`: everything that happened but adverse events, which `ae list` has.
struct EventList: StoreCommand {
    static let configuration = CommandConfiguration("list", .eventList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumberOptional)) var caseNumber: String?
    @Option(name: .long, help: .option(.eventTypeFilter)) var type: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let wanted = try type.map { try Values.eventType($0, of: "type") }
        let cases = try caseNumber.map { [try session.caseRecord($0, in: clinic)] } ?? (try clinic.caseRecords())
        var table = Table([
            .init(.caseNumber), .init(Term.date), .init(.kind), .init(.what), .init(.note), .init(.standing),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for record in cases {
            let number = try clinic.caseNumber(record)
            for state in try clinic.states(of: record) where state.kind == .event && state.standing != .retracted {
                let body = state.displayedBody(EventBody.self).body
                let type = Vocabulary.term(body.type, as: Vocabulary.EventType.self)
                guard !body.hasAdverseEvent, wanted == nil || type == wanted else { continue }
                table.add([
                    number, body.period.rendered.text, body.type.words, body.detail.words, body.note.value,
                    state.standingMark, clinic.names.reference(state.id),
                ])
                rows.append(.object([("case", .string(number)), ("record", state.json(clinic.names))]))
            }
        }
        session.console.table(table, orElse: .noOtherEvents)
        session.console.json([("events", .array(rows))])
        return .success
    }
}
