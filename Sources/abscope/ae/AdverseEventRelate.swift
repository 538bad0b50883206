import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope ae relate`: a statement about an adverse event, one for each agent.
struct AdverseEventRelate: StoreCommand {
    static let configuration = CommandConfiguration("relate", .adverseEventRelate)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.agent)) var agent: String?
    @Option(name: .long, help: .option(.related)) var related: String?
    @Option(name: .customLong("by"), help: .option(.statedBy)) var statedBy: String?
    @Option(name: .long, help: .option(.statedOn)) var on: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let state = try session.adverseEvent(record, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [
                Form.Field("agent", agent, asks: .agent, isRequired: true),
                Form.Field("related", related, asks: .related, isRequired: true),
                Form.Field("by", statedBy, asks: .statedBy), Form.Field("on", on), Form.Field("note", note),
            ],
            reading: .nothing,
            from: session.input
        )
        var body = StatementBody()
        body.question = Vocabulary.coded(Vocabulary.Question.suspectedCause)
        body.topic = Values.coded(form.value("agent"))
        body.stated = try Values.stated(form.value("related"), of: "related", form, today: try session.today())
        if let note = form["note"] { body.note = Text(note) }
        let change = try DraftChange.create(
            .statement,
            body,
            in: state.caseRecord.map(RecordTarget.existing),
            links: [LinkField.statementSubject: .existing(state.id)]
        )
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line("\(body.topic.words): \(body.stated.rendered.text)".safeForTerminal)
        session.report(
            entry,
            correction: StatementRetract.line,
            in: clinic,
            [
                ("adverse_event", .string(clinic.names.reference(state.id))), ("agent", body.topic.rendered.json),
                ("stated", body.stated.rendered.json),
            ]
        )
        return .success
    }
}

extension Session {
    /// The adverse event somebody named by its reference.
    ///
    /// - Throws: 66 when it is not here; 65 when it is something else, or was taken back.
    func adverseEvent(_ typed: String, in clinic: Clinic) throws -> RecordState {
        let state = try record(typed, in: clinic)
        guard state.kind == .event, state.displayedBody(EventBody.self).body.hasAdverseEvent else {
            throw Failure(.dataError, .notAnAdverseEvent(typed), remedy: .notAnAdverseEventRemedy)
        }
        try refuseUnlessStanding(state, typed, in: clinic)
        return state
    }
}
