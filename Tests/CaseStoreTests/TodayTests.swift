import CaseModel
import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@Suite("Today from the read model")
struct TodayTests {
    /// What `today` says when every case is looked at.
    private func fromAllCases(_ store: CaseStore, on day: CivilDay) throws -> [TodayLine] {
        let snapshots = try store.caseRecords().map { record in
            CaseSnapshot(
                caseRecord: record,
                records: try store.states(of: record),
                otherSites: try store.siteAges(of: record)
            )
        }
        var here: Set<RecordID> = []
        for state in snapshots.flatMap(\.records) {
            for field in state.fields {
                if case .link(let target) = field.settled, try store.exists(target) { here.insert(target) }
            }
        }
        return Today.lines(for: snapshots, on: day, exists: here.contains)
    }

    @Test("Looking at open cases only says what looking at all of them says, day after day")
    func openCases() throws {
        let clinic = try Clinic()
        let quiet = try clinic.addCase(named: "quiet")
        let treated = try clinic.addCase(named: "treated")
        let course = try clinic.addCourse(treated)
        func check(_ day: Int, _ kinds: [TodayLine.Kind], _ comment: Comment) throws {
            let lines = try clinic.store.today(on: Clinic.day(day))
            #expect(lines == (try fromAllCases(clinic.store, on: Clinic.day(day))), comment)
            #expect(lines.map(\.kind) == kinds, comment)
        }
        try check(1, [], "before the first day")
        try check(2, [.dueFraction], "the first day")
        try clinic.record(try Clinic.fraction(1, of: course, in: treated, on: Clinic.day(2)))
        try check(2, [], "given")
        try check(3, [.dueFraction], "the next day")
        try check(5, [.overdueFraction], "two days missed")
        try clinic.record(try Clinic.fraction(1, of: course, in: treated, on: Clinic.day(3)))
        try check(3, [.finding], "the same fraction twice")
        var stop = OrderBody()
        stop.state.value = Vocabulary.coded(Vocabulary.OrderState.stopped)
        try clinic.record(.amend(try #require(try clinic.store.state(of: course)), stop, reason: "progress"))
        try check(4, [.finding], "stopped, and the pair is still listed")
        let pair = try clinic.store.states(of: treated).filter { $0.kind == .given }
        try clinic.record(.retract(pair[1], reason: "entered twice"))
        try check(4, [], "closed")
        var event = EventBody()
        event.type = Vocabulary.coded(Vocabulary.EventType.adverseEvent)
        event.adverseEvent.term = Coded(words: "pneumonitis")
        event.serious.answer = .yes
        let serious = try clinic.record(.create(.event, event, in: .existing(quiet)))
        try check(4, [.seriousEvent], "a serious event in a quiet case")
        try clinic.store.rebuild()
        try check(4, [.seriousEvent], "built anew")
        var outcome = EventBody()
        outcome.outcome = Vocabulary.coded(Vocabulary.EventOutcome.resolved)
        try clinic.record(.amend(try #require(try clinic.store.state(of: serious)), outcome, reason: "resolved"))
        try check(4, [], "resolved")
    }

    @Test("A course that was given to its end is looked at no more, and again when a fraction is taken back")
    func complete() throws {
        let clinic = try Clinic()
        let treated = try clinic.addCase(named: "x")
        let course = try clinic.addCourse(treated)
        // Nothing below is entered before it was given.
        clinic.clock.advance(milliseconds: 60 * 86_400_000)
        var day = Clinic.day(2)
        var last: RecordID?
        for number in UInt32(1)...30 {
            last = try clinic.record(try Clinic.fraction(number, of: course, in: treated, on: day))
            repeat { day = try #require(day.advanced(byDays: 1)) } while day.isWeekend
        }
        #expect(try clinic.store.today(on: day).isEmpty)
        #expect(try fromAllCases(clinic.store, on: day).isEmpty)
        let final = try #require(last)
        let state = try #require(try clinic.store.state(of: final))
        try clinic.record(.retract(state, reason: "not given after all"))
        #expect(try clinic.store.today(on: day).map(\.kind) == [.overdueFraction])
        #expect(try clinic.store.today(on: day) == fromAllCases(clinic.store, on: day))
    }

    @Test("A case that names a person who has not arrived is listed until the person has")
    func waitingLink() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let caseRecord = try clinic.addCase(named: "x")
        let person = RecordID(entry: caseRecord.entry)
        // The hub treats the same person, and its case arrives where the person has not.
        var body = CaseBody()
        body.stage.reportedGroup = "IV"
        let there = try hub.record(.create(.case, body, links: [LinkField.casePerson: .existing(person)]))
        let third = try Clinic(alias: "TH")
        try hub.carryRecords(to: third)
        let lines = try third.store.today(on: Clinic.day(2))
        #expect(lines.map(\.caseRecord) == [there])
        #expect(lines.map(\.finding?.rule) == ["record.link-waits"])
        try clinic.carryRecords(to: third)
        #expect(try third.store.today(on: Clinic.day(2)).isEmpty)
    }

    @Test("What is due is to be confirmed with a treating site that has been silent for long")
    func stale() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        let caseRecord = try clinic.addCase(named: "x")
        try clinic.addCourse(caseRecord)
        try clinic.carryRecords(to: hub)
        var body = CaseBody()
        body.note = Text("seen")
        try hub.record(.amend(try #require(try hub.store.state(of: caseRecord)), body, reason: "visit"))
        try hub.carryRecords(to: clinic)
        #expect(try clinic.store.today(on: Clinic.day(2)).map(\.confirmWith) == [[]])
        clinic.clock.advance(milliseconds: 86_401_000)
        #expect(try clinic.store.today(on: Clinic.day(2)).map(\.confirmWith) == [[hub.log.site]])
        #expect(try clinic.store.today(on: Clinic.day(2), heard: [hub.log.site: 60]).map(\.confirmWith) == [[]])
        #expect(try clinic.store.today(on: Clinic.day(2), staleAfterSeconds: 172_800).map(\.confirmWith) == [[]])
    }
}
