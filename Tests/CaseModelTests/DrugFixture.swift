import CaseModel
import Schema

/// A drug order with doses, written and read back.
struct DrugFixture {
    var changes: [RecordChange]
    let order: RecordID
    private var position: UInt64 = 10

    /// 1500 mg every 28 days, by default as long as it helps.
    init(site: UInt8 = 1, _ change: (inout DrugOrder) -> Void = { _ in }) throws {
        var body = OrderBody()
        body.drug.drug = Coded(words: "durvalumab")
        body.drug.setDose(try DrugDose(parsing: "1500 mg"))
        body.drug.intervalDays = 28
        body.drug.anchor = .lastDose
        change(&body.drug)
        body.state.value = Vocabulary.coded(Vocabulary.OrderState.active)
        changes = try Samples.written([.create(.order, body)], at: Samples.reference(1, in: Samples.feed(site)))
        order = changes[0].id
    }

    @discardableResult
    mutating func give(
        _ cycle: UInt32?,
        on day: CivilDay,
        site: UInt8 = 1,
        amount: String = "1500 mg",
        outcome: GivenOutcome = .given
    ) throws -> RecordID {
        var given = GivenBody()
        if let cycle { given.dose.cycle = cycle }
        given.dose.date = PartialDate(day).schema
        given.dose.amount = try Measure(parsing: amount).schema
        given.dose.outcome = outcome
        position += 1
        let written = try Samples.written(
            [.create(.given, given, links: [LinkField.givenOrder: .existing(order)])],
            at: Samples.reference(position, in: Samples.feed(site)),
            on: day
        )
        changes += written
        return written[0].id
    }

    mutating func amend(_ body: OrderBody) throws {
        position += 1
        changes += try Samples.written(
            [.amend(orderState(), body, reason: "decided")],
            at: Samples.reference(position)
        )
    }

    mutating func decide(_ state: Vocabulary.OrderState, since day: CivilDay) throws {
        var body = OrderBody()
        body.state.value = Vocabulary.coded(state)
        body.state.since = PartialDate(day).schema
        try amend(body)
    }

    func orderState() throws -> RecordState { try Samples.state(changes, of: order) }

    func states() throws -> [RecordState] {
        try Set(changes.map(\.record)).sorted().map { try Samples.state(changes, of: $0) }
    }

    func book(missing: [MissingEntries] = []) throws -> DoseBook {
        DoseBook(order: try orderState(), given: try states(), missing: missing)
    }

    func due(on day: CivilDay) throws -> DoseDue? {
        let state = try orderState()
        return DoseDue(try book(), order: state.displayedBody(OrderBody.self).body, state: state, on: day)
    }
}
