import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope result add`.
struct ResultAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .resultAdd)

    /// The number of the value in the body, for a result that has none and says why.
    private static let valueField: UInt32 = 2

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.analyte)) var analyte: String?
    @Option(name: .long, help: .option(.resultValue)) var value: String?
    @Option(name: .long, help: .option(.collected)) var collected: String?
    @Option(name: .long, help: .option(.specimen)) var specimen: String?
    @Option(name: .long, help: .option(.method)) var method: String?
    @Option(name: .long, help: .option(.rangeLow)) var low: String?
    @Option(name: .long, help: .option(.rangeHigh)) var high: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [
                Form.Field("analyte", analyte, asks: .analyte, isRequired: true),
                Form.Field("value", value, asks: .resultValue, isRequired: true),
                Form.Field("collected", collected, asks: .collected), Form.Field("specimen", specimen),
                Form.Field("method", method), Form.Field("low", low), Form.Field("high", high),
                Form.Field("note", note),
            ],
            reading: .nothing,
            from: session.input
        )
        let reason = AbsenceReason(words: form.value("value"))
        let body = try body(form, isAbsent: reason != nil, today: try session.today())
        var change = try DraftChange.create(
            .result,
            body,
            in: .existing(record),
            absences: reason.map { [Self.valueField: $0] } ?? [:]
        )
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        let value = reason.map { RenderedValue(say(.absence($0))) } ?? body.value.rendered
        session.console.line("\(body.analyte.words): \(value.text)".safeForTerminal)
        if let entry { try session.suggest(becauseOf: RecordID(entry: entry), in: record, clinic) }
        session.report(
            entry,
            correction: ResultRetract.line,
            in: clinic,
            [
                ("case", .string(try clinic.caseNumber(record))), ("analyte", body.analyte.rendered.json),
                ("value", value.json),
            ]
        )
        return .success
    }

    private func body(_ form: Form, isAbsent: Bool, today: CivilDay) throws -> ResultBody {
        var body = ResultBody()
        body.analyte = Vocabulary.analyte(words: form.value("analyte"))
        if !isAbsent { body.value = try Values.result(form.value("value"), of: "value", about: body.analyte) }
        if let collected = form["collected"] {
            body.collected = try Values.past(collected, of: "collected", today: today).schema
        }
        if let specimen = form["specimen"] { body.specimen = Values.coded(specimen) }
        if let method = form["method"] { body.method = Values.coded(method) }
        if form.has("low", "high") {
            var range = ReferenceRange()
            if let low = form["low"] { range.low = try Values.decimal(low, of: "low").schema }
            if let high = form["high"] { range.high = try Values.decimal(high, of: "high").schema }
            if body.value.quantity.hasUnit { range.unit = body.value.quantity.unit }
            body.referenceRange = range
        }
        if let note = form["note"] { body.note = Text(note) }
        try ResultRules.refuseIllFormed(body)
        return body
    }
}
