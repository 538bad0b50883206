import CaseModel
import LogFormat
import Schema
import Testing

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

    /// The Spring Festival of 2026: 15 to 23 February without work, 14 and 28 February working Saturdays.
    @Test func `holidays are no days of treatment, and make-up days are where the department treats on them`() throws {
        let first = Samples.day(2026, 2, 9)
        func kinds(_ leavesOut: Bool, on day: CivilDay, given: Int64) throws -> [TodayLine.Kind] {
            var fixture = try CourseFixture(first: first) {
                $0.calendar = WorkdayCalendar.china.version
                if leavesOut { $0.leavesOutMakeUpDays = true }
            }
            for offset in 0..<given { try fixture.give(UInt32(offset + 1), on: first.advanced(byDays: offset)) }
            let found = try lines(fixture, on: day)
            #expect(found.allSatisfy { !$0.isProvisional })
            return found.map(\.kind)
        }
        #expect(try kinds(false, on: Samples.day(2026, 2, 14), given: 5) == [.dueFraction], "a make-up Saturday")
        #expect(try kinds(true, on: Samples.day(2026, 2, 14), given: 5) == [], "not treated on")
        #expect(try kinds(true, on: Samples.day(2026, 2, 17), given: 5) == [], "a holiday")
        #expect(try kinds(true, on: Samples.day(2026, 2, 24), given: 5) == [.dueFraction], "the first day after")
        #expect(
            try kinds(false, on: Samples.day(2026, 2, 24), given: 5) == [.overdueFraction],
            "the Saturday was missed"
        )
    }

    @Test func `beyond what the calendar knows, and without one, days are provisional`() throws {
        let first = Samples.day(2026, 12, 28)
        for (calendar, provisional) in [(WorkdayCalendar.china.version, [false, true]), (nil, [true, true])] {
            let fixture = try CourseFixture(first: first) { if let calendar { $0.calendar = calendar } }
            #expect(try lines(fixture, on: first).map(\.isProvisional) == [provisional[0]])
            #expect(try lines(fixture, on: Samples.day(2027, 1, 4)).map(\.isProvisional) == [provisional[1]])
        }
        let unknown = try CourseFixture(first: first) { $0.calendar = "mars 2" }
        #expect(try lines(unknown, on: first).isEmpty, "nothing is due by a calendar that is not known")
    }

    @Test func `every other day is due every other day`() throws {
        var fixture = try CourseFixture(fractions: 5, first: monday) { $0.everyDays = 2 }
        for (offset, due) in [
            (Int64(0), true), (1, false), (2, true), (3, false), (4, true), (5, false), (6, false), (7, true),
        ] {
            let day = try #require(monday.advanced(byDays: offset))
            #expect(try lines(fixture, on: day).map(\.kind) == (due ? [.dueFraction] : []), "day \(offset)")
            if due { try fixture.give(UInt32(fixture.position - 9), on: day) }
        }
    }
}
