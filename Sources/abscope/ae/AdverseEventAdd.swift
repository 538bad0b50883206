import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope ae add`.
struct AdverseEventAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .adverseEventAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @OptionGroup var fields: AdverseEventFields
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(fields.formFields(isNew: true), reading: .nothing, from: session.input)
        var body = try AdverseEventFields.body(form, over: EventBody(), today: try session.today())
        body.type = Vocabulary.coded(Vocabulary.EventType.adverseEvent)
        var change = try DraftChange.create(.event, body, in: .existing(record))
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line(body.adverseEvent.rendered.text.safeForTerminal)
        if let entry { try session.suggest(becauseOf: RecordID(entry: entry), in: record, clinic) }
        session.report(
            entry,
            correction: AdverseEventRetract.line,
            in: clinic,
            [("case", .string(try clinic.caseNumber(record))), ("adverse_event", body.adverseEvent.rendered.json)]
        )
        return .success
    }
}
