import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope assessment correct`.
struct AssessmentCorrect: StoreCommand {
    static let configuration = CommandConfiguration("correct", .assessmentCorrect)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Argument(help: .option(.measurements)) var measurements: [String] = []
    @Option(name: .customLong("on"), help: .option(.assessedOn)) var date: String?
    @Option(name: .customLong("by"), help: .option(.assessor)) var assessor: String?
    @Option(name: .long, help: .option(.method)) var method: String?
    @Option(name: .long, help: .option(.reportedResponse)) var reported: String?
    @Option(name: .long, help: .option(.reason)) var reason: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let state = try session.record(record, in: clinic)
        guard state.kind == .assessment, let caseRecord = state.caseRecord else {
            throw Failure(.dataError, .lesion(.notAnAssessment(record)), remedy: .lesion(.notAnAssessmentRemedy))
        }
        try session.refuseUnlessStanding(state, record, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let states = try clinic.states(of: caseRecord)
        let book = LesionBook(states, missing: clinic.missing)
        let body = try body(over: state.displayedBody(AssessmentBody.self).body, today: try session.today())
        let typed = try measurements.map { try TypedMeasurement($0, in: book, clinic.names) }
        guard body != AssessmentBody() || !typed.isEmpty else {
            throw Failure(.usage, .nothingToAmend("abscope assessment correct --help"))
        }
        let why = try session.reason(reason)
        var changes: [DraftChange] = []
        if body != AssessmentBody() {
            let change = try DraftChange.amend(state, body, reason: why)
            try session.refuseUnlessSettled(state, for: change, in: clinic)
            changes.append(change)
        }
        let former = book.readings.first { $0.record == state.id }
        for measurement in typed {
            let measured = former?.measurement(of: measurement.lesion.record)
            if let known = states.first(where: { $0.id == measured?.record }) {
                var body = ResultBody()
                body.value = measurement.value
                if let role = measurement.role { body.role = Vocabulary.coded(role) }
                changes.append(try .amend(known, body, reason: why))
            } else {
                // What was left out then.
                changes.append(
                    try .create(
                        .result,
                        measurement.body,
                        in: .existing(caseRecord),
                        links: [
                            LinkField.resultSubject: .existing(measurement.lesion.record),
                            LinkField.resultAssessment: .existing(state.id),
                        ]
                    )
                )
            }
        }
        let entry = try clinic.record(
            Recording(changes: changes, operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        let reference = clinic.names.reference(state.id)
        session.report(
            entry,
            correction: { _ in "abscope assessment correct \(reference) --reason …" },
            in: clinic,
            [("amended", .string(reference))]
        )
        return .success
    }

    private func body(over former: AssessmentBody, today: CivilDay) throws -> AssessmentBody {
        var body = AssessmentBody()
        if date != nil || assessor != nil || method != nil {
            body.reading = former.reading
            if let date { body.reading.date = try Values.past(date, of: "on", today: today).schema }
            if let assessor { body.reading.assessor = assessor }
            if let method { body.reading.method = Values.coded(method) }
        }
        if let reported { body.reported = Values.coded(reported) }
        return body
    }
}
