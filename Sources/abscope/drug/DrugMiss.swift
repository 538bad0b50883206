import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope drug miss`.
struct DrugMiss: StoreCommand {
    static let configuration = CommandConfiguration("miss", .drugMiss)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.drug)) var drug: String?
    @Option(name: .long, help: .option(.doseDate)) var date: String?
    @Option(name: .long, help: .option(.missReason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let drugs = Orders(.drug, try clinic.states(of: record), missing: clinic.missing)
        let order = try drugs.order(drug, of: label, clinic.names, includesClosed: false)
        let day = try Values.past(date ?? "today", of: "date", today: try session.today())
        session.console.note(.dateTaken(String(describing: day)))
        var body = GivenBody()
        body.dose.date = day.schema
        body.dose.outcome = .notGiven
        body.dose.reason = Text(try session.reason(reason))
        try session.record(
            body,
            of: order.id,
            in: record,
            label,
            by: operatorRecord,
            performer: performer,
            writing,
            correction: DrugRetract.line,
            in: clinic
        )
        return .success
    }
}
