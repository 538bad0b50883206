import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope lesion add`.
struct LesionAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .lesionAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @OptionGroup var fields: LesionFields
    @Option(name: .long, help: .option(.lesionNumber)) var number: String?
    @Flag(name: .long, help: .option(.nodal)) var nodal = false

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let book = LesionBook(try clinic.states(of: record), missing: clinic.missing)
        let form = try Form(fields.formFields(isNew: true), reading: .nothing, from: session.input)
        var body = try LesionFields.body(form, over: LesionBody(), today: try session.today())
        body.number =
            try number.map { UInt32(try Values.wholeNumber($0, of: "number", in: 1...999)) } ?? book.nextNumber
        if let other = book.lesions.first(where: { $0.number == body.number }) {
            let site = other.body.site.rendered.text
            throw Failure(.dataError, .lesion(.numberTaken(body.number, site)), remedy: .lesion(.numberTakenRemedy))
        }
        if nodal { body.nodal = true }
        let entry = try clinic.record(
            Recording(
                changes: [try .create(.lesion, body, in: .existing(record))],
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        session.console.line(.lesion(.named(body.number, body.site.rendered.text)))
        session.report(
            entry,
            correction: LesionRetract.line,
            in: clinic,
            [
                ("case", .string(try clinic.caseNumber(record))), ("number", .integer(Int64(body.number))),
                ("site", body.site.rendered.json),
            ]
        )
        return .success
    }
}
