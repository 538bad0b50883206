import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope statement add`.
struct StatementAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .statementAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.question)) var question: String?
    @Option(name: .long, help: .option(.answer)) var answer: String?
    @Option(name: .long, help: .option(.topic)) var topic: String?
    @Option(name: .customLong("by"), help: .option(.statedBy)) var statedBy: String?
    @Option(name: .long, help: .option(.statedOn)) var on: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [
                Form.Field("question", question, asks: .statedQuestion, isRequired: true),
                Form.Field("answer", answer, asks: .statedAnswer, isRequired: true),
                Form.Field("topic", topic, asks: .topic), Form.Field("by", statedBy, asks: .statedBy),
                Form.Field("on", on), Form.Field("note", note),
            ],
            reading: .nothing,
            from: session.input
        )
        let today = try session.today()
        var body = StatementBody()
        body.question = Vocabulary.question(words: form.value("question"))
        let stated = try Values.stated(form.value("answer"), of: "answer", form, today: today)
        body.stated = stated
        if let topic = form["topic"] { body.topic = Values.coded(topic) }
        if let note = form["note"] { body.note = Text(note) }
        let change = try DraftChange.create(.statement, body, in: .existing(record))
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        let topicText = body.hasTopic ? " (\(body.topic.words))" : ""
        session.console.line("\(body.question.words)\(topicText): \(stated.rendered.text)".safeForTerminal)
        session.report(
            entry,
            correction: StatementRetract.line,
            in: clinic,
            [
                ("case", .string(try clinic.caseNumber(record))), ("question", body.question.rendered.json),
                ("stated", stated.rendered.json),
            ]
        )
        return .success
    }
}
