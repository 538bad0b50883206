import CaseModel
import LogFormat
import Schema
import Testing

@Suite struct DoseBookTests {
    let begun = Samples.day(2026, 4, 20)

    func day(_ offset: Int64) throws -> CivilDay { try #require(begun.advanced(byDays: offset)) }

    @Test func `from the last dose a late one moves the next; from the first it moves none`() throws {
        for (anchor, third) in [(DoseAnchor.lastDose, Int64(66)), (.firstDose, 56)] {
            var fixture = try DrugFixture { $0.anchor = anchor }
            try fixture.give(1, on: begun)
            #expect(try fixture.book().nextDay == day(28))
            try fixture.give(2, on: day(38))
            let book = try fixture.book()
            #expect(try book.nextDay == day(third))
            #expect(book.nextCycle == 3)
            #expect(book.findings.isEmpty, "what the order does not say is not assumed")
        }
    }

    @Test func `the first dose is due on its planned day, and without one on none`() throws {
        #expect(try DrugFixture().book().nextDay == nil)
        #expect(try DrugFixture().due(on: begun) == nil)
        let planned = try DrugFixture { $0.firstDose = PartialDate(begun).schema }
        #expect(try planned.book().nextDay == begun)
        #expect(try planned.due(on: begun)?.subject == "durvalumab, cycle 1")
        let unscheduled = try DrugFixture {
            $0.clearIntervalDays()
            $0.clearAnchor()
        }
        var taken = unscheduled
        try taken.give(1, on: begun)
        #expect(try taken.book().nextDay == nil)
    }

    @Test func `upcoming, due and overdue follow the day and what the order allows after it`() throws {
        for late in [UInt32(0), 1, 7] {
            var fixture = try DrugFixture {
                $0.lateDays = late
                $0.cycles = 3
            }
            try fixture.give(1, on: begun)
            for offset in Int64(0)...60 {
                let due = try #require(try fixture.due(on: day(offset)))
                #expect(due.subject == "durvalumab, cycle 2 of 3")
                #expect(try due.day == day(28))
                let past = offset - 28
                let expected: DoseDue.Standing =
                    past < 0 ? .upcoming(-past) : past <= Int64(late) ? .due : .overdue(past)
                #expect(due.standing == expected, "late \(late), day \(offset)")
            }
        }
    }

    @Test func `a later dose changes no earlier day`() throws {
        var fixture = try DrugFixture()
        try fixture.give(1, on: begun)
        let seen = try (0...40).map { try fixture.due(on: day($0)) }
        try fixture.give(2, on: day(41))
        #expect(try (0...40).map { try fixture.due(on: day($0)) } == seen)
    }

    @Test func `outside of the days the order allows a dose is kept and marked`() throws {
        for (offset, rules) in [
            (Int64(24), ["dose.early"]), (25, []), (28, []), (35, []), (36, ["dose.late"]),
        ] {
            var fixture = try DrugFixture {
                $0.earlyDays = 3
                $0.lateDays = 7
            }
            try fixture.give(1, on: begun)
            try fixture.give(2, on: day(offset))
            let book = try fixture.book()
            #expect(book.findings.map(\.rule) == rules, "day \(offset)")
            #expect(book.nextCycle == 3)
        }
    }

    @Test func `two records that may be one dose propose no next`() throws {
        var fixture = try DrugFixture()
        let mine = try fixture.give(1, on: begun)
        let theirs = try fixture.give(1, on: begun, site: 2)
        let book = try fixture.book()
        #expect(book.given.suspectedDuplicates == [[mine, theirs].sorted()])
        #expect(book.given.delivered == 1...2)
        #expect(book.nextCycle == nil)
        #expect(try fixture.due(on: day(28)) == nil)
        #expect(book.findings.map(\.rule) == ["dose.maybe-duplicate"])
    }

    @Test func `held and stopped drugs are not due, and what is given all the same is marked`() throws {
        for state in [Vocabulary.OrderState.held, .stopped] {
            var fixture = try DrugFixture()
            try fixture.give(1, on: begun)
            try fixture.decide(state, since: day(10))
            #expect(try fixture.due(on: day(28)) == nil)
            #expect(try fixture.book().findings.isEmpty)
            try fixture.give(2, on: day(28))
            #expect(try fixture.book().findings.map(\.rule) == ["dose.while-\(state.rawValue)"])
            try fixture.decide(.resumed, since: day(40))
            #expect(try fixture.due(on: day(56))?.standing == .due)
        }
    }

    @Test func `a reduced dose leaves those given before it right`() throws {
        var fixture = try DrugFixture()
        try fixture.give(1, on: begun)
        var body = OrderBody()
        body.drug = try #require(try fixture.book().ordered)
        body.drug.setDose(try DrugDose(parsing: "1200 mg"))
        try fixture.amend(body)
        #expect(try fixture.book().findings.isEmpty)
        try fixture.give(2, on: day(28), amount: "1200 mg")
        #expect(try fixture.book().findings.isEmpty)
        let wrong = try fixture.give(3, on: day(56), amount: "1300 mg")
        #expect(try fixture.book().findings.map(\.rule) == ["dose.amount-differs"])
        #expect(try fixture.book().findings.map(\.record) == [wrong])
    }

    @Test func `what was not given stays due; cycles end; a number given elsewhere counts`() throws {
        var fixture = try DrugFixture { $0.cycles = 6 }
        try fixture.give(4, on: begun)
        #expect(try fixture.book().nextCycle == 5)
        try fixture.give(nil, on: day(28), outcome: .notGiven)
        #expect(try fixture.due(on: day(29))?.standing == .overdue(1))
        try fixture.give(6, on: day(30))
        #expect(try fixture.book().nextCycle == nil)
        #expect(try fixture.due(on: day(70)) == nil)
        try fixture.give(7, on: day(60))
        #expect(try fixture.book().findings.map(\.rule) == ["dose.beyond-order"])
    }

    @Test func `with entries missing nobody knows how many were given`() throws {
        var fixture = try DrugFixture()
        try fixture.give(1, on: begun)
        let missing = MissingEntries(feed: Samples.feed(2), positions: 1...3)
        let book = try fixture.book(missing: [missing])
        #expect(book.given.delivered == 1...Int.max)
        #expect(book.nextCycle == nil)
        #expect(book.findings.map(\.rule) == ["drug.entries-missing"])
    }

    @Test func `a day lists what is due, what is held and what comes soon`() throws {
        var fixture = try DrugFixture { $0.lateDays = 2 }
        try fixture.give(1, on: begun)
        func lines(_ offset: Int64, ahead: Int64 = 3) throws -> [TodayLine] {
            let snapshot = CaseSnapshot(
                caseRecord: RecordID(entry: Samples.reference(99)),
                records: try fixture.states(),
                otherSites: []
            )
            return Today.lines(for: [snapshot], on: try day(offset), aheadDays: ahead, exists: { _ in true })
        }
        #expect(try lines(24).isEmpty)
        #expect(try lines(24, ahead: 4).map(\.kind) == [.upcomingDose])
        #expect(try lines(25).map(\.days) == [3])
        #expect(try lines(28).map(\.kind) == [.dueDose])
        #expect(try lines(30).map(\.kind) == [.dueDose])
        #expect(try lines(31).map(\.kind) == [.overdueDose])
        #expect(try lines(31).map(\.isProvisional) == [false])
        #expect(try Today.mayBecomeDue(fixture.states()))
        try fixture.decide(.held, since: day(26))
        #expect(try lines(31).map(\.kind) == [.held])
        #expect(try lines(31).map(\.subject) == ["durvalumab, since 2026-05-16"])
        try fixture.decide(.stopped, since: day(27))
        #expect(try lines(31).isEmpty)
        #expect(try !Today.mayBecomeDue(fixture.states()))
    }
}
