import CaseModel
import LogFormat
import Schema
import Testing

@Suite struct FractionBookTests {
    let monday = Samples.day(2026, 3, 2)

    func day(_ offset: Int64) throws -> CivilDay { try #require(monday.advanced(byDays: offset)) }

    @Test func `fractions are counted, missed ones are not, and the next number is proposed`() throws {
        var fixture = try CourseFixture()
        #expect(try fixture.book().nextNumber == 1)
        try fixture.give(1, on: monday)
        try fixture.give(nil, on: day(1), outcome: .notGiven)
        try fixture.give(2, on: day(2))
        let book = try fixture.book()
        #expect(book.delivered == 2...2)
        #expect(book.nextNumber == 3)
        #expect(book.findings.isEmpty)
        #expect(book.deliveredDose.map { "\($0.least) \($0.most)" } == "4.00 Gy 4.00 Gy")
    }

    @Test func `two records that may be the same fraction make totals a range and propose no next`() throws {
        var fixture = try CourseFixture()
        try fixture.give(1, on: monday)
        let mine = try fixture.give(2, on: day(1))
        let theirs = try fixture.give(2, on: day(1), site: 2)
        var book = try fixture.book()
        #expect(book.suspectedDuplicates == [[mine, theirs].sorted()])
        #expect(book.delivered == 2...3)
        #expect(book.nextNumber == nil)
        #expect(book.deliveredDose.map { "\($0.least) \($0.most)" } == "4.00 Gy 6.00 Gy")
        #expect(book.findings.map(\.rule) == ["fraction.maybe-duplicate"])

        let state = try Samples.state(fixture.changes, of: theirs)
        let mark = try DraftChange.amend(
            state,
            GivenBody(),
            reason: "entered at both sites",
            links: [LinkField.givenDuplicateOf: .existing(mine)]
        )
        fixture.changes += try Samples.written([mark], at: Samples.reference(90))
        book = try fixture.book()
        #expect(book.suspectedDuplicates.isEmpty)
        #expect(book.delivered == 2...2)
        #expect(book.nextNumber == 3)
    }

    @Test func `a second fraction on a day is suspected unless it is meant`() throws {
        var fixture = try CourseFixture()
        try fixture.give(1, on: monday)
        try fixture.give(2, on: monday)
        #expect(try fixture.book().suspectedDuplicates.count == 1)
        var twice = try CourseFixture()
        try twice.give(1, on: monday)
        try twice.give(2, on: monday, role: .secondOfDay)
        try twice.give(nil, on: monday, role: .extra)
        #expect(try twice.book().delivered == 3...3)
        #expect(try twice.book().suspectedDuplicates.isEmpty)
        #expect(try twice.book().nextNumber == 3)
    }

    @Test func `a fraction beyond the prescription, undated or with another dose is kept and marked`() throws {
        var fixture = try CourseFixture(fractions: 2)
        try fixture.give(1, on: monday)
        try fixture.give(2, on: day(1), dose: "1.80 Gy")
        #expect(try fixture.book().nextNumber == nil, "the course is complete")
        try fixture.give(3, on: day(2))
        try fixture.give(nil, on: nil, role: .extra)
        let book = try fixture.book()
        #expect(book.delivered == 4...4)
        #expect(
            Set(book.findings.map(\.rule)) == [
                "fraction.dose-differs", "fraction.beyond-prescription", "fraction.no-date",
            ]
        )
    }

    @Test func `a dose given that looks like another unit is kept and marked, also when it was extra`() throws {
        var fixture = try CourseFixture()
        try fixture.give(1, on: monday, dose: "180 Gy")
        try fixture.give(nil, on: day(1), role: .extra, dose: "2 cGy")
        try fixture.give(2, on: day(2), outcome: .partial, dose: "20 cGy")
        let findings = try fixture.book().findings
        #expect(findings.map(\.rule) == ["fraction.dose-plausible", "fraction.dose-plausible"])
        #expect(findings.map(\.value).sorted() == ["180 Gy", "2 cGy"])
    }

    @Test func `a fraction in conflict counts as maybe`() throws {
        var fixture = try CourseFixture()
        let given = try fixture.give(1, on: monday)
        let state = try Samples.state(fixture.changes, of: given)
        for site in UInt8(2)...3 {
            var body = GivenBody()
            body.fraction.number = 1
            body.fraction.outcome = site == 2 ? .notGiven : .partial
            fixture.changes += try Samples.written(
                [.amend(state, body, reason: "checked")],
                at: Samples.reference(1, in: Samples.feed(site))
            )
        }
        let book = try fixture.book()
        #expect(book.delivered == 0...1)
        #expect(book.nextNumber == nil)
        #expect(!book.isCertain)
    }

    @Test func `a retraction that waits for what it builds on makes its fraction uncertain`() throws {
        var fixture = try CourseFixture()
        let given = try fixture.give(1, on: monday)
        let before = fixture.changes
        var body = GivenBody()
        body.fraction.device = "LINAC 2"
        let amended = try Samples.written(
            [.amend(Samples.state(before, of: given), body, reason: "machine")],
            at: Samples.reference(1, in: Samples.feed(2))
        )
        let retraction = DraftChange.retract(try Samples.state(before + amended, of: given), reason: "not given")
        fixture.changes = before + (try Samples.written([retraction], at: Samples.reference(1, in: Samples.feed(3))))
        let book = try fixture.book()
        #expect(book.delivered == 0...1)
        #expect(!book.isCertain && book.nextNumber == nil)
    }

    @Test func `marks as duplicates in a circle, or of what was retracted, hide no fraction`() throws {
        var fixture = try CourseFixture()
        let one = try fixture.give(1, on: monday)
        let two = try fixture.give(1, on: monday, site: 2)
        func mark(_ record: RecordID, as original: RecordID, site: UInt8) throws -> [RecordChange] {
            try Samples.written(
                [
                    .amend(
                        Samples.state(fixture.changes, of: record),
                        GivenBody(),
                        reason: "entered twice",
                        links: [LinkField.givenDuplicateOf: .existing(original)]
                    )
                ],
                at: Samples.reference(90, in: Samples.feed(site))
            )
        }
        let marks = try (mark(one, as: two, site: 1), mark(two, as: one, site: 2))
        fixture.changes += marks.0 + marks.1
        #expect(try fixture.book().delivered == 0...2)
        #expect(try fixture.book().nextNumber == nil)

        fixture.changes.removeLast(marks.1.count)
        #expect(try fixture.book().delivered == 1...1)
        let retraction = DraftChange.retract(try Samples.state(fixture.changes, of: two), reason: "wrong case")
        fixture.changes += try Samples.written([retraction], at: Samples.reference(91))
        #expect(try fixture.book().delivered == 0...1)
        #expect(try fixture.book().nextNumber == nil)
        #expect(try fixture.book().findings.map(\.rule) == ["fraction.duplicate-of-none"])
    }

    @Test func `a fraction without an outcome, or with a value that is none, is uncertain and a finding`() throws {
        var fixture = try CourseFixture()
        try fixture.give(1, on: monday)
        try fixture.give(2, on: day(1), outcome: .unspecified)
        #expect(try fixture.book().delivered == 1...2)
        #expect(try fixture.book().nextNumber == nil)
        #expect(try fixture.book().findings.map(\.rule) == ["fraction.no-outcome"])

        var unreadable = try CourseFixture()
        let given = try unreadable.give(1, on: monday)
        let state = try Samples.state(unreadable.changes, of: given)
        var body = state.settledBody(GivenBody.self).body
        body.fraction.dose.unit = "Gy"
        unreadable.changes += try Samples.written(
            [.amend(state, body, reason: "dose")],
            at: Samples.reference(60)
        )
        #expect(try unreadable.book().nextNumber == nil)
        #expect(try unreadable.book().findings.map(\.rule) == ["fraction.unreadable-value"])
    }

    @Test func `an extra fraction takes no place of the plan from one without a number`() throws {
        var fixture = try CourseFixture(fractions: 2)
        try fixture.give(nil, on: monday, role: .extra)
        try fixture.give(nil, on: day(1))
        #expect(try !fixture.book().isComplete)
        try fixture.give(nil, on: day(2))
        #expect(try fixture.book().findings.isEmpty)
        #expect(try fixture.book().isComplete)
        try fixture.give(nil, on: day(3))
        #expect(try fixture.book().findings.map(\.value) == ["3"])
    }

    @Test func `with two a day a third record of a day is suspected, and a lesser dose of a pair counts as certain`()
        throws
    {
        var fixture = try CourseFixture(perDay: 2)
        try fixture.give(nil, on: monday)
        try fixture.give(nil, on: monday)
        #expect(try fixture.book().suspectedDuplicates.isEmpty)
        try fixture.give(nil, on: monday, role: .extra)
        #expect(try fixture.book().suspectedDuplicates.isEmpty)
        try fixture.give(nil, on: monday, site: 2)
        #expect(try fixture.book().suspectedDuplicates.count == 2)
        #expect(try fixture.book().nextNumber == nil)

        var pair = try CourseFixture()
        try pair.give(1, on: monday)
        try pair.give(1, on: monday, site: 2, outcome: .partial, dose: "1.00 Gy")
        #expect(try pair.book().deliveredDose.map { "\($0.least) \($0.most)" } == "1.00 Gy 3.00 Gy")
    }

    @Test func `given after a stop is a finding`() throws {
        var fixture = try CourseFixture()
        try fixture.give(1, on: monday)
        var stop = OrderBody()
        stop.state.value = Vocabulary.coded(Vocabulary.OrderState.stopped)
        stop.state.since = PartialDate(try day(1)).schema
        fixture.changes += try Samples.written(
            [.amend(Samples.state(fixture.changes, of: fixture.course), stop, reason: "pneumonitis")],
            at: Samples.reference(50)
        )
        try fixture.give(2, on: day(2))
        #expect(try fixture.book().findings.map(\.rule) == ["fraction.while-stopped"])
    }

    @Test(arguments: [
        (Int32?.none, Int32?.none, false), (540, nil, false), (nil, 540, false), (540, 600, false), (600, 600, false),
        (660, 600, true),
    ])
    func `on the day of a hold only the times of day say whether a fraction came after it`(
        given: Int32?,
        held: Int32?,
        isFinding: Bool
    ) throws {
        var fixture = try CourseFixture()
        let fraction = try fixture.give(1, on: monday)
        func date(_ minute: Int32?) -> ClinicalDate {
            var date = PartialDate(monday).schema
            if let minute {
                date.minuteOfDay = UInt32(minute)
                date.zoneOffsetMinutes = 480
            }
            return date
        }
        let state = try Samples.state(fixture.changes, of: fraction)
        var body = state.settledBody(GivenBody.self).body
        body.fraction.date = date(given)
        fixture.changes += try Samples.written(
            [.amend(state, body, reason: "time of day")],
            at: Samples.reference(60)
        )
        var hold = OrderBody()
        hold.state.value = Vocabulary.coded(Vocabulary.OrderState.held)
        hold.state.since = date(held)
        fixture.changes += try Samples.written(
            [.amend(Samples.state(fixture.changes, of: fixture.course), hold, reason: "fever")],
            at: Samples.reference(61)
        )
        #expect(try fixture.book().findings.map(\.rule) == (isFinding ? ["fraction.while-held"] : []))
    }
}
