import CaseModel
import LogFormat
import Schema
import Testing

@Suite("Missing entries make uncertain what they may speak of")
struct MissingEntriesTests {
    private static let monday = Samples.day(2026, 3, 2)
    private static let week: Int64 = 7 * 86_400_000

    /// The course of a fixture is entry 1 of the first site's records, recorded on a Monday.
    @Test(
        "An entry may speak of whatever was there before it, unless a person took it for lost long before",
        arguments: [
            (Samples.feed(), UInt64(2), Int64?.none, true), (Samples.feed(), 1, nil, true),
            (Samples.feed(epoch: 2), 1, nil, true), (Samples.feed(2), 1, nil, true),
            (Samples.feed(lane: .urgent), 1, nil, true), (Samples.feed(lane: .roster), 1, nil, false),
            (Samples.feed(lane: .attachments), 9, nil, false), (Samples.feed(2), 1, 0, true),
            (Samples.feed(2), 1, -week, true),
            (Samples.feed(2), 1, -week - 1, false), (Samples.feed(2), 1, week, true), (Samples.feed(2), 1, .min, true),
        ]
    )
    func concerned(feed: FeedID, position: UInt64, acceptedAfter: Int64?, isConcerned: Bool) throws {
        var fixture = try CourseFixture()
        try fixture.give(1, on: Self.monday)
        let recorded = Samples.moment(Self.monday).milliseconds
        let missing = MissingEntries(
            feed: feed,
            positions: position...position + 2,
            acceptedMilliseconds: acceptedAfter.map { $0 == .min ? .min : recorded + $0 }
        )
        let book = try fixture.book(missing: [missing])
        #expect(book.missingEntries == (isConcerned ? 3 : 0))
        #expect(book.isCertain == !isConcerned)
        #expect(book.nextNumber == (isConcerned ? nil : 2))
        #expect(book.delivered == (isConcerned ? 1...30 : 1...1))
        #expect((book.deliveredDose == nil) == isConcerned)
        #expect(book.findings.map(\.rule) == (isConcerned ? ["course.entries-missing"] : []))
    }

    @Test("What a feed created behind the missing entries they do not name")
    func behind() throws {
        var fixture = try CourseFixture()
        fixture.changes = try fixture.changes.map { change in
            try #require(
                try Samples.written(
                    [.create(.order, try Samples.state([change], of: change.id).settledBody(OrderBody.self).body)],
                    at: Samples.reference(20)
                ).first
            )
        }
        let course = fixture.changes[0].id
        let state = try Samples.state(fixture.changes, of: course)
        for (positions, isConcerned) in [(UInt64(1)...19, false), (1...20, true), (21...21, true)] {
            let missing = MissingEntries(feed: Samples.feed(), positions: positions)
            #expect(FractionBook(course: state, given: [], missing: [missing]).isCertain == !isConcerned)
        }
    }

    @Test("A course that is complete, completed or stopped needs none of them")
    func closed() throws {
        let missing = [MissingEntries(feed: Samples.feed(2), positions: 1...9)]
        var complete = try CourseFixture(fractions: 1)
        try complete.give(1, on: Self.monday)
        #expect(try complete.book(missing: missing).findings.isEmpty)
        #expect(try complete.book(missing: missing).delivered == 1...1)
        for word in [Vocabulary.OrderState.completed, .stopped] {
            var fixture = try CourseFixture()
            var order = OrderBody()
            order.state.value = Vocabulary.coded(word)
            fixture.changes += try Samples.written(
                [.amend(Samples.state(fixture.changes, of: fixture.course), order, reason: "done")],
                at: Samples.reference(60)
            )
            let book = try fixture.book(missing: missing)
            #expect(book.findings.isEmpty)
            #expect(book.nextNumber == nil, "and yet nothing is proposed")
        }
    }
}
