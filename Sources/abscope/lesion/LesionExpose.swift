import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope lesion expose`.
struct LesionExpose: StoreCommand {
    static let configuration = CommandConfiguration("expose", .lesionExpose)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Argument(help: .option(.lesions)) var lesions: [String]
    @Option(name: .long, help: .option(.course)) var course: String?
    @Option(name: .customLong("as"), help: .option(.exposure)) var exposure: String?
    @Option(name: .long, help: .option(.exposureDose)) var dose: String?
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let number = try clinic.caseNumber(record)
        let states = try clinic.states(of: record)
        let book = LesionBook(states)
        let order = try Orders(.course, states, missing: clinic.missing)
            .order(course, of: number, clinic.names, includesClosed: true)
        let exposed = try lesions.map { try book.lesion(typed: $0, clinic.names) }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [Form.Field("as", exposure, asks: .exposure, isRequired: true), Form.Field("dose", dose)],
            reading: .nothing,
            from: session.input
        )
        let level: Vocabulary.LesionExposure = try Values.choice(form.value("as"), of: "as")
        var body = ResultBody()
        body.value = try value(level, dose: form["dose"])
        var changes: [DraftChange] = []
        for lesion in exposed {
            let stated = book.exposures.lines(of: lesion.record, by: order.id)
            if let last = stated.last, let state = states.first(where: { $0.id == last.record }) {
                // Who says otherwise than before says why.
                changes.append(try .amend(state, body, reason: try session.reason(reason)))
            } else {
                var new = body
                new.analyte = Vocabulary.lesionExposure
                let links = [
                    LinkField.resultSubject: RecordTarget.existing(lesion.record),
                    LinkField.resultCourse: .existing(order.id),
                ]
                changes.append(try .create(.result, new, in: .existing(record), links: links))
            }
        }
        for index in changes.indices { changes[index].performer = performer.map { DraftPerformer(text: $0) } }
        let entry = try clinic.record(
            Recording(changes: changes, operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        let shown = body.value.rendered
        session.console.line(.lesion(.exposed(exposed.map(\.label), order.orderName, shown.text)))
        session.report(
            entry,
            correction: { _ in "abscope lesion expose \(number) … --reason …" },
            in: clinic,
            [
                ("case", .string(number)), ("course", .string(clinic.names.reference(order.id))),
                ("lesions", .array(exposed.map { .string(clinic.names.reference($0.record)) })),
                ("exposure", shown.json),
            ]
        )
        return .success
    }

    /// A low dose is the dose where it is known.
    private func value(_ level: Vocabulary.LesionExposure, dose: String?) throws -> ResultValue {
        var value = ResultValue()
        if let dose {
            guard level == .lowDose else { throw Failure(.usage, .lesion(.doseOnlyOfLowDose), at: "dose") }
            value.quantity = try Values.dose(dose, of: "dose").schema
        } else {
            value.coded = Vocabulary.coded(level)
        }
        return value
    }
}
