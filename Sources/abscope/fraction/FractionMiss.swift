import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope fraction miss`.
struct FractionMiss: StoreCommand {
    static let configuration = CommandConfiguration("miss", .fractionMiss)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.course)) var course: String?
    @Option(name: .long, help: .option(.fractionDate)) var date: String?
    @Option(name: .long, help: .option(.missReason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let courses = Orders(.course, try clinic.states(of: record), missing: clinic.missing)
        let course = try courses.order(self.course, of: label, clinic.names, includesClosed: false)
        let day = try Values.past(date ?? "today", of: "date", today: try session.today())
        session.console.note(.dateTaken(String(describing: day)))
        var body = GivenBody()
        body.fraction.date = day.schema
        body.fraction.outcome = .notGiven
        body.fraction.reason = Text(try session.reason(reason))
        try session.record(
            body,
            of: course.id,
            in: record,
            label,
            by: operatorRecord,
            performer: performer,
            writing,
            correction: FractionRetract.line,
            in: clinic
        )
        return .success
    }
}
