import CaseModel
import LogFormat
import Schema
import Testing

@Suite struct CourseRuleTests {
    @Test func `a course whose dose adds up is ordered`() throws {
        try CourseRules.refuseUnlessOrderable(Samples.course())
        try CourseRules.refuseUnlessOrderable(Samples.course(fractions: 3, dose: "8 Gy", total: "24.0 Gy"))
        try CourseRules.refuseUnlessOrderable(Samples.course(fractions: 30, dose: "200 cGy", total: "6000 cGy"))
        try CourseRules.refuseUnlessOrderable(Samples.course(total: nil))
    }

    @Test(arguments: [
        (UInt32(30), "2.00 Gy", "61 Gy", "2.00 Gy × 30 is 60.00 Gy, not 61 Gy."),
        (30, "200 Gy", "6000 Gy", "200 Gy per fraction is more than 34 Gy."),
        (1, "34.1 Gy", "34.1 Gy", "more than 34 Gy"),
        (30, "2 cGy", "60 cGy", "2 cGy per fraction is less than 50 cGy."),
        (30, "2.00 Gy", "6000 cGy", "different units"), (0, "2 Gy", "0 Gy", "1 to 100 fractions"),
        (101, "1 Gy", "101 Gy", "1 to 100 fractions"),
    ])
    func `an order that does not add up, or looks like another unit, is refused with the remedy`(
        fractions: UInt32,
        dose: String,
        total: String,
        says: String
    ) throws {
        let course = try Samples.course(fractions: fractions, dose: dose, total: total)
        do {
            try CourseRules.refuseUnlessOrderable(course)
            Issue.record("the order was accepted")
        } catch {
            #expect(error.code == .refusedOrder)
            #expect(error.message.contains(says), "\(error.message)")
            #expect(!error.remedy.isEmpty)
        }
        let record = RecordID(entry: Samples.reference(1))
        #expect(!CourseRules.findings(of: course, record: record).isEmpty, "the same as a fact is marked, not refused")
    }

    @Test func `a paired organ needs its side, and modality and technique must go together`() throws {
        var course = try Samples.course()
        course.site.clearLaterality()
        #expect(throws: RecordError.self) { try CourseRules.refuseUnlessOrderable(course) }
        course.site.site = Coded(words: "mediastinum")
        try CourseRules.refuseUnlessOrderable(course)
        course.modality = Coded(system: "http://snomed.info/sct", code: "1156505006", display: "carbon ion")
        course.technique = Coded(system: "http://snomed.info/sct", code: "441799006", display: "IMRT")
        #expect(throws: RecordError.self) { try CourseRules.refuseUnlessOrderable(course) }
        course.modality.code = "1156506007"
        try CourseRules.refuseUnlessOrderable(course)
    }
}

/// A course with fractions, written and read back.
struct CourseFixture {
    var changes: [RecordChange]
    let course: RecordID
    var position: UInt64 = 10

    init(fractions: UInt32 = 30, first: CivilDay? = nil, perDay: UInt32 = 1) throws {
        var order = OrderBody()
        order.course = try Samples.course(
            fractions: fractions,
            dose: "2.00 Gy",
            total: "\(2 * fractions).00 Gy"
        )
        if let first { order.course.firstFraction = PartialDate(first).schema }
        if perDay > 1 { order.course.fractionsPerDay = perDay }
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

    func book() throws -> FractionBook {
        FractionBook(course: try Samples.state(changes, of: course), given: try states())
    }
}

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

@Suite struct TodayTests {
    let monday = Samples.day(2026, 3, 2)

    func lines(
        _ fixture: CourseFixture,
        on day: CivilDay,
        others: [SiteAge] = []
    ) throws -> [TodayLine] {
        let snapshot = CaseSnapshot(
            caseRecord: RecordID(entry: Samples.reference(99)),
            records: try fixture.states(),
            otherSites: others
        )
        return Today.lines(for: [snapshot], on: day, exists: { _ in true })
    }

    @Test func `a fraction is due on its weekday, overdue when days passed, and quiet otherwise`() throws {
        var fixture = try CourseFixture(first: monday)
        #expect(try lines(fixture, on: Samples.day(2026, 3, 1)).isEmpty, "before it begins")
        #expect(try lines(fixture, on: monday).map(\.kind) == [.dueFraction])
        #expect(try lines(fixture, on: monday).map(\.subject) == ["fraction 1 of 30"])
        try fixture.give(1, on: monday)
        #expect(try lines(fixture, on: monday).isEmpty, "given today")
        #expect(try lines(fixture, on: Samples.day(2026, 3, 3)).map(\.kind) == [.dueFraction])
        let overdue = try lines(fixture, on: Samples.day(2026, 3, 5))
        #expect(overdue.map(\.kind) == [.overdueFraction])
        #expect(overdue.map(\.days) == [2])
        #expect(overdue.map(\.isProvisional) == [true])
        for offset in Int64(1)...4 {
            try fixture.give(UInt32(offset + 1), on: monday.advanced(byDays: offset))
        }
        #expect(try lines(fixture, on: Samples.day(2026, 3, 7)).isEmpty, "a Saturday with nothing missing")
        #expect(try lines(fixture, on: Samples.day(2026, 3, 9)).map(\.subject) == ["fraction 6 of 30"])
    }

    @Test func `a course is due once it has begun, whatever its prescription says about the first day`() throws {
        func fixture(_ first: PartialDate) throws -> CourseFixture {
            var fixture = try CourseFixture()
            var order = OrderBody()
            order.course = try Samples.course()
            order.course.firstFraction = first.schema
            fixture.changes += try Samples.written(
                [.amend(Samples.state(fixture.changes, of: fixture.course), order, reason: "first day")],
                at: Samples.reference(2)
            )
            return fixture
        }
        let tuesday = Samples.day(2026, 3, 3)
        for first in [
            PartialDate(Samples.day(2026, 3, 16)), try #require(PartialDate(year: 2026, month: 3)),
            try #require(PartialDate(year: 2026, month: 3, day: 2, qualifier: .about)),
        ] {
            var fixture = try fixture(first)
            #expect(try lines(fixture, on: tuesday).isEmpty, "\(first): not begun")
            try fixture.give(1, on: monday)
            #expect(try lines(fixture, on: tuesday).map(\.subject) == ["fraction 2 of 30"], "\(first)")
            #expect(try lines(fixture, on: Samples.day(2026, 3, 4)).map(\.days) == [1], "\(first)")
        }
    }

    @Test func `a course in which nothing is proposed says why`() throws {
        var fixture = try CourseFixture(first: monday)
        let one = try fixture.give(1, on: monday)
        try fixture.give(1, on: monday, site: 2, duplicateOf: one)
        let tuesday = Samples.day(2026, 3, 3)
        #expect(try lines(fixture, on: tuesday).map(\.kind) == [.dueFraction])
        let retraction = DraftChange.retract(try Samples.state(fixture.changes, of: one), reason: "wrong one")
        fixture.changes += try Samples.written([retraction], at: Samples.reference(80))
        #expect(try lines(fixture, on: tuesday).map { $0.finding?.rule } == ["fraction.duplicate-of-none"])
    }

    @Test func `a fraction given today does not hide the one that was missed yesterday`() throws {
        var fixture = try CourseFixture(first: monday)
        try fixture.give(1, on: monday)
        try fixture.give(2, on: Samples.day(2026, 3, 4))
        let found = try lines(fixture, on: Samples.day(2026, 3, 4))
        #expect(found.map(\.kind) == [.overdueFraction])
        #expect(found.map(\.days) == [1])
    }

    @Test func `an extra fraction, or one of a later day, hides none that is missing`() throws {
        var fixture = try CourseFixture(first: monday)
        try fixture.give(nil, on: monday, role: .extra)
        #expect(try lines(fixture, on: monday).map(\.subject) == ["fraction 1 of 30"])
        try fixture.give(1, on: Samples.day(2026, 3, 5))
        let tuesday = try lines(fixture, on: Samples.day(2026, 3, 3))
        #expect(tuesday.map(\.kind) == [.overdueFraction])
        #expect(tuesday.map(\.subject) == ["fraction 1 of 30"], "as it was seen that day")
        #expect(try lines(fixture, on: Samples.day(2026, 3, 5)).map(\.days) == [3])
    }

    @Test func `a stop or a death that waits for what it builds on lets nothing be due`() throws {
        var fixture = try CourseFixture(first: monday)
        let before = fixture.changes
        var named = OrderBody()
        named.note = Text("seen")
        let amended = try Samples.written(
            [.amend(Samples.state(before, of: fixture.course), named, reason: "note")],
            at: Samples.reference(1, in: Samples.feed(2))
        )
        var stop = OrderBody()
        stop.state.value = Vocabulary.coded(Vocabulary.OrderState.stopped)
        let change = try DraftChange.amend(
            Samples.state(before + amended, of: fixture.course),
            stop,
            reason: "pneumonitis"
        )
        fixture.changes += try Samples.written([change], at: Samples.reference(1, in: Samples.feed(3)))
        #expect(try lines(fixture, on: monday).map(\.kind) == [.pending])
        fixture.changes += amended
        #expect(try lines(fixture, on: monday).isEmpty)
    }

    @Test func `a due line says with whom to confirm when a treating site was not heard from`() throws {
        let fixture = try CourseFixture(first: monday)
        let fresh = SiteAge(site: Samples.site(2), heardSecondsAgo: 86_400)
        let stale = SiteAge(site: Samples.site(3), heardSecondsAgo: 86_401)
        let never = SiteAge(site: Samples.site(4), heardSecondsAgo: nil)
        let line = try #require(try lines(fixture, on: monday, others: [never, stale, fresh]).first)
        #expect(line.confirmWith == [stale.site, never.site])
        #expect(line.restsOn == [fresh, stale, never])
    }

    @Test func `serious events stay listed until they are over, whatever two sites disagree on`() throws {
        var event = EventBody()
        event.adverseEvent.term = Coded(words: "pneumonitis")
        event.adverseEvent.grade = 3
        event.serious.answer = .yes
        var changes = try Samples.written([.create(.event, event)], at: Samples.reference(1))
        let created = try Samples.state(changes, of: changes[0].id)
        #expect(EventRules.isSeriousAndUnresolved(created))
        var over = EventBody()
        over.outcome = Vocabulary.coded(Vocabulary.EventOutcome.resolved)
        changes += try Samples.written([.amend(created, over, reason: "follow-up")], at: Samples.reference(2))
        let resolved = try Samples.state(changes, of: created.id)
        #expect(!EventRules.isSeriousAndUnresolved(resolved))
        var ongoing = EventBody()
        ongoing.outcome = Vocabulary.coded(Vocabulary.EventOutcome.ongoing)
        changes += try Samples.written(
            [.amend(created, ongoing, reason: "seen")],
            at: Samples.reference(2, in: Samples.feed(2))
        )
        let disputed = try Samples.state(changes, of: created.id)
        #expect(EventRules.isSeriousAndUnresolved(disputed))
        let snapshot = CaseSnapshot(caseRecord: created.id, records: [disputed], otherSites: [])
        let lines = Today.lines(for: [snapshot], on: monday, exists: { _ in true })
        #expect(lines.map(\.kind) == [.seriousEvent, .conflict])
        #expect(lines.map(\.subject) == ["pneumonitis, grade 3", "outcome"])
    }

    @Test func `weekdays are counted as by walking through them`() {
        for start in Int64(0)..<14 {
            for length in Int64(0)..<30 {
                guard let first = monday.advanced(byDays: start), let end = first.advanced(byDays: length) else {
                    continue
                }
                let walked = (0..<length).count { first.advanced(byDays: $0)?.isWeekend == false }
                #expect(FractionDue.weekdays(from: first, before: end) == Int64(walked))
            }
        }
    }
}

@Suite struct UrgencyTests {
    func event(serious: Answer, grade: UInt32 = 3) -> EventBody {
        var event = EventBody()
        event.adverseEvent.term = Coded(words: "pneumonitis")
        event.adverseEvent.grade = grade
        event.serious.answer = serious
        return event
    }

    @Test func `what must not wait is urgent and understood alone`() throws {
        let serious = try DraftChange.create(.event, event(serious: .yes))
        let lane = try Urgency.lane(for: [(serious, nil)], caseNumber: "GY-1342R")
        #expect(lane.lane == .urgent)
        #expect(lane.alone == "GY-1342R: serious adverse event: pneumonitis, grade 3.")
        #expect(try Urgency.judge(.create(.event, event(serious: .no))) == nil)
        #expect(try Urgency.judge(serious, isImport: true) == nil)

        var allergy = StatementBody()
        allergy.question = Vocabulary.coded(Vocabulary.Question.allergy)
        allergy.topic = Coded(words: "iodine")
        allergy.stated.answer = .yes
        #expect(try Urgency.judge(.create(.statement, allergy))?.reason == .allergy)
        allergy.stated.answer = .no
        #expect(try Urgency.judge(.create(.statement, allergy)) == nil)
        var consent = allergy
        consent.question = Vocabulary.coded(Vocabulary.Question.consent)
        #expect(try Urgency.judge(.create(.statement, consent))?.reason == .withdrawal)

        var test = ResultBody()
        test.analyte = Coded(system: Vocabulary.system, code: Vocabulary.pregnancyTest, display: "pregnancy test")
        test.value.coded = Coded(system: Vocabulary.system, code: Vocabulary.positive, display: "positive")
        #expect(try Urgency.judge(.create(.result, test))?.reason == .pregnancy)
        test.value.coded.code = "negative"
        #expect(try Urgency.judge(.create(.result, test)) == nil)
    }

    @Test(arguments: Vocabulary.OrderState.allCases)
    func `hold, stop and resume are urgent`(state: Vocabulary.OrderState) throws {
        var order = OrderBody()
        order.drug.drug = Coded(words: "durvalumab")
        let created = try Samples.written([.create(.order, order)], at: Samples.reference(1))
        let base = try Samples.state(created, of: created[0].id)
        var change = OrderBody()
        change.state.value = Vocabulary.coded(state)
        let urgency = try Urgency.judge(.amend(base, change, reason: "r"), state: base)
        #expect((urgency != nil) == [.held, .resumed, .stopped].contains(state))
        if let urgency { #expect(urgency.subject == "durvalumab \(state.rawValue)") }
    }

    @Test func `a correction of something urgent is urgent, in whatever it says`() throws {
        let created = try Samples.written(
            [.create(.event, event(serious: .yes))],
            at: Samples.reference(1, in: Samples.feed(lane: .urgent))
        )
        let base = try Samples.state(created, of: created[0].id)
        var note = EventBody()
        note.note = Text("seen again")
        #expect(try Urgency.judge(.amend(base, note, reason: "r"), state: base)?.reason == .seriousAdverseEvent)
        let retraction = try #require(try Urgency.judge(.retract(base, reason: "other patient"), state: base))
        #expect(retraction.sentence(caseNumber: "GY-1S").contains("pneumonitis, grade 3"))
    }

    @Test func `a case is never created in the urgent lane, for its number counts the records lane`() throws {
        var body = CaseBody()
        body.vitalStatus.value = Vocabulary.coded(Vocabulary.VitalStatus.deceased)
        let create = try DraftChange.create(.case, body)
        #expect(try Urgency.judge(create) == nil)
        let serious = try DraftChange.create(.event, event(serious: .yes), in: .inThisEntry(change: 0))
        #expect(try Urgency.lane(for: [(create, nil), (serious, nil)], caseNumber: "").lane == .records)
        let created = try Samples.written([DraftChange(kind: .case)], at: Samples.reference(1))
        let base = try Samples.state(created, of: created[0].id)
        #expect(try Urgency.judge(.amend(base, body, reason: "r"), state: base)?.reason == .death)
    }
}
