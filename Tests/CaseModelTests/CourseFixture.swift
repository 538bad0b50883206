import CaseModel
import LogFormat
import Schema
import Testing

/// A course with fractions, written and read back.
struct CourseFixture {
    var changes: [RecordChange]
    let course: RecordID
    var position: UInt64 = 10

    init(
        fractions: UInt32 = 30,
        first: CivilDay? = nil,
        perDay: UInt32 = 1,
        planned: (inout Course) -> Void = { _ in }
    ) throws {
        var order = OrderBody()
        order.course = try Samples.course(
            fractions: fractions,
            dose: "2.00 Gy",
            total: "\(2 * fractions).00 Gy"
        )
        if let first { order.course.firstFraction = PartialDate(first).schema }
        if perDay > 1 { order.course.fractionsPerDay = perDay }
        planned(&order.course)
        order.state.value = Vocabulary.coded(Vocabulary.OrderState.active)
        changes = try Samples.written([.create(.order, order)], at: Samples.reference(1))
        course = changes[0].id
    }

    @discardableResult
    mutating func give(
        _ number: UInt32?,
        on day: CivilDay?,
        site: UInt8 = 1,
        outcome: GivenOutcome = .given,
        role: FractionRole = .unspecified,
        dose: String? = nil,
        duplicateOf: RecordID? = nil
    ) throws -> RecordID {
        var given = GivenBody()
        if let number { given.fraction.number = number }
        if let day { given.fraction.date = PartialDate(day).schema }
        if let dose { given.fraction.dose = try Measure(parsingDose: dose).schema }
        given.fraction.outcome = outcome
        if role != .unspecified { given.fraction.role = role }
        var links: [UInt32: RecordTarget] = [LinkField.givenOrder: .existing(course)]
        if let duplicateOf { links[LinkField.givenDuplicateOf] = .existing(duplicateOf) }
        position += 1
        let written = try Samples.written(
            [.create(.given, given, links: links)],
            at: Samples.reference(position, in: Samples.feed(site)),
            on: day ?? Samples.day(2026, 3, 2)
        )
        changes += written
        return written[0].id
    }

    func states() throws -> [RecordState] {
        try Set(changes.map(\.record)).sorted().map { try Samples.state(changes, of: $0) }
    }

    func book(missing: [MissingEntries] = []) throws -> FractionBook {
        FractionBook(course: try Samples.state(changes, of: course), given: try states(), missing: missing)
    }
}
