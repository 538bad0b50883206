import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope assessment add`.
struct AssessmentAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .assessmentAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Argument(help: .option(.measurements)) var measurements: [String] = []
    @Option(name: .customLong("on"), help: .option(.assessedOn)) var date: String?
    @Option(name: .customLong("by"), help: .option(.assessor)) var assessor: String?
    @Option(name: .long, help: .option(.method)) var method: String?
    @Flag(name: .long, help: .option(.baseline)) var baseline = false
    @Option(name: .long, help: .option(.reportedResponse)) var reported: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let book = LesionBook(try clinic.states(of: record), missing: clinic.missing)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        guard !book.lesions.isEmpty else {
            throw Failure(.noInput, .lesion(.noLesions), remedy: .lesion(.noLesionsRemedy))
        }
        let form = try Form(
            [
                Form.Field("by", assessor, asks: .assessor, isRequired: true),
                Form.Field("on", date ?? (session.input.isInteractive ? nil : "today"), asks: .eventDate),
                Form.Field("method", method, asks: .assessmentMethod),
                Form.Field(
                    "measurements",
                    measurements.isEmpty ? nil : measurements.joined(separator: " "),
                    asks: .measurements(book.lesions.map(\.label)),
                    isRequired: true
                ),
                Form.Field("reported", reported), Form.Field("note", note),
            ],
            reading: .nothing,
            from: session.input
        )
        let today = try session.today()
        var body = AssessmentBody()
        body.reading.assessor = form.value("by")
        body.reading.date =
            try form["on"].map { try Values.past($0, of: "on", today: today) }?.schema
            ?? PartialDate(today).schema
        if let method = form["method"] { body.reading.method = Values.coded(method) }
        if baseline { body.reading.isBaseline = true }
        if let reported = form["reported"] { body.reported = Values.coded(reported) }
        if let note = form["note"] { body.note = Text(note) }
        let typed = try form.value("measurements").split(separator: " ")
            .map { try TypedMeasurement(String($0), in: book, clinic.names) }
        let isFirst = baseline || !book.hasBaseline(of: body.reading.assessor)
        let entry = try clinic.record(
            Recording(
                changes: try changes(body, typed, isFirst: isFirst, in: record),
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        let after = LesionBook(try clinic.states(of: record), missing: clinic.missing)
        let visit = entry.flatMap { entry in
            after.series.flatMap(\.visits).last { $0.reading.record.entry == entry }
        }
        if let response = visit?.response { session.console.line(response.line) }
        if isFirst { session.console.line(.lesion(.isBaseline(body.reading.assessor))) }
        session.report(
            entry,
            correction: { "abscope assessment correct \($0) LESION=SIZE --reason …" },
            in: clinic,
            [
                ("case", .string(try clinic.caseNumber(record))), ("baseline", .bool(isFirst)),
                ("overall", JSON(visit?.response?.overall.rawValue)),
            ]
        )
        return .success
    }

    /// The assessment and what was measured, in one entry.
    private func changes(
        _ body: AssessmentBody,
        _ typed: [TypedMeasurement],
        isFirst: Bool,
        in record: RecordID
    ) throws -> [DraftChange] {
        var changes = [try DraftChange.create(.assessment, body, in: .existing(record))]
        var seen: Set<RecordID> = []
        for measurement in typed {
            guard seen.insert(measurement.lesion.record).inserted else {
                throw Failure(.usage, .lesion(.measuredTwice(measurement.lesion.label)))
            }
            var result = measurement.body
            // At baseline what is measured is a target and the rest is not, unless somebody says otherwise.
            if isFirst, measurement.role == nil {
                let role: LesionAssessment.Role = measurement.size == nil ? .nonTarget : .target
                result.role = Vocabulary.coded(role)
            }
            changes.append(
                try .create(
                    .result,
                    result,
                    in: .existing(record),
                    links: [
                        LinkField.resultSubject: .existing(measurement.lesion.record),
                        LinkField.resultAssessment: .inThisEntry(change: 0),
                    ]
                )
            )
        }
        return changes
    }
}
