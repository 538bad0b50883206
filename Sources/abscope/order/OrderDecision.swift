import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// A command that decides about a course or a drug: `course hold`, `drug stop` and so on.
protocol OrderDecision: StoreCommand {
    static var form: OrderForm { get }
    static var state: Vocabulary.OrderState { get }
    var options: OrderDecisionOptions { get }
    /// The order as it was named; nil for the only open one.
    var order: String? { get }
}

/// What every command that decides about an order takes.
struct OrderDecisionOptions: ParsableArguments {
    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.decidedSince)) var since: String?
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.decidedBy)) var performer: String?
}

extension OrderDecision {
    /// The number of the state in the body of an order.
    private static var stateField: UInt32 { 4 }

    var common: CommonOptions { options.common }

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(options.caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(options.writing, in: clinic)
        let orders = Orders(Self.form, try clinic.states(of: record), missing: clinic.missing)
        let order = try orders.order(self.order, of: label, clinic.names, includesClosed: self.order != nil)
        try OrderRules.refuseUnlessPossible(
            Self.state,
            of: order.displayedBody(OrderBody.self).body,
            isSettled: order[Self.stateField].map { $0.settled != nil } ?? true
        )
        let today = try session.today()
        let since = try options.since.map { try Values.past($0, of: "since", today: today) } ?? PartialDate(today)
        let reason = try session.reason(options.reason)
        var status = Status()
        status.value = Vocabulary.coded(Self.state)
        status.since = since.schema
        status.reason = Text(reason)
        var body = OrderBody()
        body.state = status
        var change = try DraftChange.amend(order, body, reason: reason)
        change.performer = options.performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: options.writing.dryRun)
        )
        session.console.line(.orderDecided(order.orderName, status.rendered.text))
        session.report(
            entry,
            correction: { _ in Self.correction(label, order.orderName) },
            in: clinic,
            [
                ("case", .string(label)), (Self.form.rawValue, .string(order.orderName)),
                ("state", status.rendered.json),
            ]
        )
        return .success
    }

    /// What people are told to type when it was a mistake.
    private static func correction(_ label: String, _ order: String) -> String {
        let undo = state == .resumed ? "hold" : "resume"
        return "abscope \(form.rawValue) \(undo) \(label) --\(form.rawValue) \"\(order)\" --reason …"
    }
}
