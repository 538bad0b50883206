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
    @Option(name: .long, help: .option(.eventTerm)) var term: String?
    @Option(name: .long, help: .option(.grade)) var grade: String?
    @Option(name: .long, help: .option(.grading)) var grading: String?
    @Option(name: .long, help: .option(.eventStart)) var start: String?
    @Option(name: .long, help: .option(.eventEnd)) var end: String?
    @Option(name: .long, help: .option(.serious)) var serious: String?
    @Option(name: .long, help: .option(.seriousReason)) var seriousReason: String?
    @Option(name: .customLong("action"), help: .option(.actionTaken)) var actionTaken: String?
    @Option(name: .long, help: .option(.outcome)) var outcome: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Option(name: .long, help: .option(.eventNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [
                Form.Field("term", term, asks: .term, isRequired: true),
                Form.Field("grade", grade, asks: .grade, isRequired: true),
                Form.Field("start", start, asks: .start),
                Form.Field("serious", serious, asks: .serious, isRequired: true),
                Form.Field("serious-reason", seriousReason), Form.Field("grading", grading), Form.Field("end", end),
                Form.Field("action", actionTaken), Form.Field("outcome", outcome), Form.Field("note", note),
            ],
            reading: .nothing,
            from: session.input
        )
        let body = try body(form, today: try session.today())
        var change = try DraftChange.create(.event, body, in: .existing(record))
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line(body.adverseEvent.rendered.text.safeForTerminal)
        session.report(
            entry,
            correction: AdverseEventRetract.line,
            in: clinic,
            [("case", .string(try clinic.caseNumber(record))), ("adverse_event", body.adverseEvent.rendered.json)]
        )
        return .success
    }

    private func body(_ form: Form, today: CivilDay) throws -> EventBody {
        var event = AdverseEvent()
        event.term = Values.coded(form.value("term"))
        event.grade = UInt32(try Values.wholeNumber(form.value("grade"), of: "grade", in: 1...5))
        event.grading = form["grading"] ?? "CTCAE 5.0"
        var body = EventBody()
        body.type = Vocabulary.coded(Vocabulary.EventType.adverseEvent)
        body.adverseEvent = event
        if form.has("start", "end") {
            var period = Period()
            let start = try form["start"].map { try Values.past($0, of: "start", today: today) }
            let end = try form["end"].map { try Values.past($0, of: "end", today: today) }
            if let start, let end, end.isBefore(start) == .pass {
                throw Failure(.dataError, .endsBeforeStart, at: "end")
            }
            if let start { period.start = start.schema }
            if let end { period.end = end.schema }
            body.period = period
        }
        var seriousness = Seriousness()
        seriousness.answer = try Values.answer(form.value("serious"), of: "serious")
        if let reason = form["serious-reason"] { seriousness.reason = Text(reason) }
        body.serious = seriousness
        if let action = form["action"] { body.actionTaken = Values.coded(action) }
        if let outcome = form["outcome"] {
            let word = TypedText.folded(outcome).lowercased().split(separator: " ").joined(separator: "-")
            body.outcome = Vocabulary.EventOutcome(rawValue: word).map(Vocabulary.coded) ?? Values.coded(outcome)
        }
        if let note = form["note"] { body.note = Text(note) }
        return body
    }
}
