import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope drug reduce`.
struct DrugReduce: StoreCommand {
    static let configuration = CommandConfiguration("reduce", .drugReduce)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.drug)) var drug: String?
    @Option(name: .long, help: .option(.reducedDose)) var dose: String?
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.decidedBy)) var performer: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let drugs = Orders(.drug, try clinic.states(of: record), missing: clinic.missing)
        let order = try drugs.order(drug, of: label, clinic.names, includesClosed: false)
        let form = try Form(
            [
                Form.Field("dose", dose, asks: .reducedDose, isRequired: true),
                Form.Field("reason", reason, asks: .reason, isRequired: true),
            ],
            reading: .nothing,
            from: session.input
        )
        // Orders merge as wholes: what is not settled is not carried into a new one.
        guard let ordered = drugs.doses(of: order).ordered else {
            throw Failure(.dataError, .orderInConflict(order.orderName), remedy: .orderInConflictRemedy(label))
        }
        var body = OrderBody()
        body.drug = ordered
        let reduced = try Values.drugDose(form.value("dose"), of: "dose")
        try OrderRules.refuseUnlessLess(reduced, than: ordered)
        body.drug.setDose(reduced)
        var change = try DraftChange.amend(order, body, reason: form.value("reason"))
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line(body.drug.rendered.text.safeForTerminal)
        session.report(
            entry,
            correction: { _ in "abscope conflicts show \(clinic.names.reference(order.id))" },
            in: clinic,
            [("case", .string(label)), ("drug", body.drug.rendered.json)]
        )
        return .success
    }
}
