import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope event add`.
struct EventAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .eventAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.eventType)) var type: String?
    @Option(name: .long, help: .option(.eventDetail)) var what: String?
    @Option(name: .customLong("on"), help: .option(.eventDate)) var date: String?
    @Option(name: .long, help: .option(.eventEnd)) var end: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Option(name: .long, help: .option(.eventNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [
                Form.Field("type", type, asks: .eventType, isRequired: true),
                Form.Field("what", what, asks: .eventDetail),
                Form.Field("start", date ?? (session.input.isInteractive ? nil : "today"), asks: .eventDate),
                Form.Field("end", end), Form.Field("note", note),
            ],
            reading: .nothing,
            from: session.input
        )
        let type = try Values.eventType(form.value("type"), of: "type")
        let today = try session.today()
        var body = EventBody()
        body.type = Vocabulary.coded(type)
        if let what = form["what"] { body.detail = Values.coded(what) }
        body.period = try Values.period(form, over: Period(), today: today)
        if !body.period.hasStart { body.period.start = PartialDate(today).schema }
        if let note = form["note"] { body.note = Text(note) }
        var changes = [try DraftChange.create(.event, body, in: .existing(record))]
        if type == .death { changes += try death(body, of: record, in: clinic) }
        for index in changes.indices { changes[index].performer = performer.map { DraftPerformer(text: $0) } }
        let entry = try clinic.record(
            Recording(changes: changes, operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line(body.summary.text.safeForTerminal)
        session.report(
            entry,
            correction: EventRetract.line,
            in: clinic,
            [
                ("case", .string(try clinic.caseNumber(record))), ("type", body.type.rendered.json),
                ("what", body.hasDetail ? body.detail.rendered.json : .null), ("period", body.period.rendered.json),
            ]
        )
        return .success
    }

    /// Whose death is recorded is deceased since then: one entry says both.
    private func death(_ event: EventBody, of record: RecordID, in clinic: Clinic) throws -> [DraftChange] {
        guard let state = try clinic.state(of: record) else { return [] }
        var status = Status()
        status.value = Vocabulary.coded(Vocabulary.VitalStatus.deceased)
        status.since = event.period.start
        var body = CaseBody()
        body.vitalStatus = status
        return [try .amend(state, body, reason: event.type.words)]
    }
}

extension EventBody {
    /// What it was and when, in a line.
    var summary: RenderedValue {
        var parts = RenderedParts()
        if hasType { parts.add("type", type.rendered) }
        if hasDetail { parts.add("detail", detail.rendered) }
        if hasPeriod { parts.add("period", period.rendered) }
        return parts.joined()
    }
}
