import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope drug give`.
struct DrugGive: StoreCommand {
    static let configuration = CommandConfiguration("give", .drugGive)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.drug)) var drug: String?
    @Option(name: .long, help: .option(.doseDate)) var date: String?
    @Option(name: .long, help: .option(.doseAmount)) var dose: String?
    @Option(name: .long, help: .option(.doseCycle)) var cycle: String?
    @Option(name: .long, help: .option(.dayOfCycle)) var day: String?
    @Flag(name: .long, help: .option(.partialDose)) var partial = false
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Flag(name: .long, help: .option(.yes)) var yes = false

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let drugs = Orders(.drug, try clinic.states(of: record), missing: clinic.missing)
        let order = try drugs.order(drug, of: label, clinic.names, includesClosed: drug != nil)
        let book = drugs.doses(of: order)
        let ordered = order.displayedBody(OrderBody.self).body.drug
        let on = try Values.past(date ?? "today", of: "date", today: try session.today())
        try refuseSecondOfDay(book, on)
        var body = GivenBody()
        body.dose = try given(book, ordered, on, in: session)
        session.propose(order, plan: ordered.rendered.text, of: label, person: try clinic.person(of: record))
        session.console.note(
            .doseProposal(body.dose.rendered.text, due: book.nextDay.map { String(describing: $0) })
        )
        session.console.note(.authorisesNothing(.drug))
        if book.given.missingEntries > 0 {
            session.console.note(.missing(.nextGiven(.drug, order.orderName, book.given.missingEntries)))
        }
        guard try session.confirms(body.dose.rendered, isAnswered: yes || writing.dryRun) else { return .success }
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

    /// A fact that happened can be recorded, but a second dose on a day is far more often a double entry.
    private func refuseSecondOfDay(_ book: DoseBook, _ on: PartialDate) throws {
        guard cycle == nil, let day = on.day, !book.given.delivered(on: day).isEmpty else { return }
        throw Failure(.dataError, .doseOfDay(String(describing: on)), remedy: .doseOfDayRemedy)
    }

    private func given(_ book: DoseBook, _ ordered: DrugOrder, _ on: PartialDate, in session: Session) throws -> Dose {
        var dose = Dose()
        if let cycle {
            dose.cycle = UInt32(try Values.wholeNumber(cycle, of: "cycle", in: 1...999))
        } else if let next = book.nextCycle {
            dose.cycle = next
        } else if book.given.missingEntries > 0 {
            throw Failure(
                .dataError,
                .missing(.nextGiven(.drug, ordered.drug.words, book.given.missingEntries)),
                remedy: .missing(.nextGivenRemedy(.drug))
            )
        } else {
            throw Failure(.dataError, .noNextDose(ordered.drug.words), remedy: .noNextDoseRemedy)
        }
        if let day { dose.dayOfCycle = UInt32(try Values.wholeNumber(day, of: "day", in: 1...365)) }
        dose.date = on.schema
        dose.outcome = partial ? .partial : .given
        dose.amount = try amount(ordered, in: session).schema
        if ordered.hasRoute { dose.route = ordered.route }
        if let reason { dose.reason = Text(reason) }
        return dose
    }

    /// As ordered where that is one amount; what is calculated each time has to be said.
    private func amount(_ ordered: DrugOrder, in session: Session) throws -> Measure {
        if self.dose == nil, !partial, let flat = DoseRules.flatDose(ordered) { return flat }
        let form = try Form(
            [Form.Field("dose", dose, asks: .doseAmount, isRequired: true)],
            reading: .nothing,
            from: session.input
        )
        let amount = try Values.drugDose(form.value("dose"), of: "dose")
        guard amount.basis == .flat else {
            throw Failure(
                .dataError,
                .doseNotCalculated(String(describing: amount)),
                remedy: .doseNotCalculatedRemedy,
                at: "dose"
            )
        }
        return amount.amount
    }
}
