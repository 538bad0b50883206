import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope lesion amend`.
struct LesionAmend: StoreCommand {
    static let configuration = CommandConfiguration("amend", .lesionAmend)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Argument(help: .option(.lesion)) var lesion: String
    @OptionGroup var fields: LesionFields
    @Option(name: .long, help: .option(.reason)) var reason: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let states = try clinic.states(of: record)
        let known = try LesionBook(states).lesion(typed: lesion, clinic.names)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(fields.formFields(isNew: false), reading: .nothing, from: session.input)
        let body = try LesionFields.body(form, over: known.body, today: try session.today())
        guard body != LesionBody(), let state = states.first(where: { $0.id == known.record }) else {
            throw Failure(.usage, .nothingToAmend("abscope lesion amend --help"))
        }
        try session.refuseUnlessStanding(state, lesion, in: clinic)
        let change = try DraftChange.amend(state, body, reason: try session.reason(reason))
        try session.refuseUnlessSettled(state, for: change, in: clinic)
        let entry = try clinic.record(
            Recording(
                changes: [change],
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        let number = try clinic.caseNumber(record)
        session.report(
            entry,
            correction: { _ in "abscope lesion amend \(number) \(lesion) --reason …" },
            in: clinic,
            [("amended", .string(clinic.names.reference(state.id)))]
        )
        return .success
    }
}

extension LesionBook {
    /// The lesion somebody named by its number, or by its reference.
    ///
    /// - Throws: 66 when there is none; 64 when several have the number.
    func lesion(typed text: String, _ names: RecordNames) throws -> Lesion {
        let key = TypedText.folded(text).lowercased()
        let fitting = lesions.filter { lesion in
            lesion.number.map { String($0) } == key || names.reference(lesion.record).lowercased() == key
        }
        guard let lesion = fitting.first else {
            throw Failure(.noInput, .lesion(.unknown(text, lesions.map { $0.label })))
        }
        guard fitting.count == 1 else {
            throw Failure(.usage, .lesion(.ambiguous(text, fitting.map { names.reference($0.record) })))
        }
        return lesion
    }
}

extension Lesion {
    /// `3 (left rib 7)`.
    var label: String { (number.map { String($0) } ?? say(Term.unknown)) + " (\(body.site.rendered.text))" }
}
