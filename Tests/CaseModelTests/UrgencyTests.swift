import CaseModel
import LogFormat
import Schema
import Testing

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
