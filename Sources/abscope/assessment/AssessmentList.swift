import ArgumentParser
import CaseModel
import Schema

/// `abscope assessment list`.
struct AssessmentList: StoreCommand {
    static let configuration = CommandConfiguration("list", .assessmentList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let states = try clinic.states(of: record)
        let book = LesionBook(states, missing: clinic.missing)
        var table = Table([
            .init(Term.date), .init(Term.assessor), .init(.how), .init(.measured), .init(.reported), .init(.reference),
        ])
        var rows: [JSON] = []
        for reading in book.readings {
            table.add([
                reading.dateText, reading.assessor, reading.method, reading.text(book), reading.reported,
                clinic.names.reference(reading.record),
            ])
            rows.append(reading.json(book, clinic.names))
        }
        session.console.table(table, orElse: .lesion(.noAssessments))
        try session.console.json([("case", .string(clinic.caseNumber(record))), ("assessments", .array(rows))])
        return .success
    }
}
