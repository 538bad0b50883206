import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope ae amend`.
struct AdverseEventAmend: StoreCommand {
    static let configuration = CommandConfiguration("amend", .adverseEventAmend)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @OptionGroup var fields: AdverseEventFields
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let state = try session.adverseEvent(record, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(fields.formFields(isNew: false), reading: .nothing, from: session.input)
        let former = state.displayedBody(EventBody.self).body
        let body = try AdverseEventFields.body(form, over: former, today: try session.today())
        guard body != EventBody() else { throw Failure(.usage, .nothingToAmend("abscope ae amend --help")) }
        if body.hasAdverseEvent { try EventRules.refuseIllFormed(body.adverseEvent) }
        var change = try DraftChange.amend(state, body, reason: try session.reason(reason))
        try session.refuseUnlessSettled(state, for: change, in: clinic)
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        if entry != nil { try session.suggest(becauseOf: state.id, in: state.caseRecord, clinic) }
        let reference = clinic.names.reference(state.id)
        session.report(
            entry,
            correction: { _ in "abscope ae amend \(reference) --reason …" },
            in: clinic,
            [("amended", .string(reference))]
        )
        return .success
    }
}
