import CaseModel
import Schema
import Testing

@Suite("Reports over many cases")
struct ReportTests {
    private func day(_ number: Int64) throws -> CivilDay {
        try #require(Samples.day(2026, 1, 1).advanced(byDays: number))
    }

    private func value(_ report: Report, _ group: String?, _ column: Report.Column) -> Report.Value? {
        report.rows.first { $0.group == group }?.values.first { $0.column == column }?.value
    }

    private func reported(_ fixture: CaseFixture, with others: [RecordChange] = []) throws -> ReportedCase {
        ReportedCase(fixture.caseRecord, try fixture.states(with: others), person: nil)
    }

    /// A case that was diagnosed on day 0.
    private func diagnosed(_ change: @escaping (inout CaseBody) -> Void = { _ in }) throws -> CaseFixture {
        let first = try day(0)
        return try CaseFixture { body in
            body.diagnosis.date = PartialDate(first).schema
            change(&body)
        }
    }

    @Test("groups by what is settled; what nobody stated and what is in conflict are groups of their own")
    func counts() throws {
        var count = CaseCount(by: .histology)
        for words in ["adenocarcinoma", "adenocarcinoma", "squamous"] {
            count.add(try reported(try CaseFixture { $0.diagnosis.histology = Coded(words: words) }))
        }
        count.add(try reported(try CaseFixture()))
        var disputed = try CaseFixture { $0.diagnosis.histology = Coded(words: "a") }
        let state = try Samples.state(disputed.changes, of: disputed.caseRecord)
        for (site, words) in [(UInt8(3), "b"), (4, "c")] {
            var body = CaseBody()
            body.diagnosis.histology = Coded(words: words)
            disputed.changes += try Samples.written(
                [.amend(state, body, reason: "x")],
                at: Samples.reference(1, in: Samples.feed(site))
            )
        }
        count.add(try reported(disputed))
        let report = count.report
        #expect(report.rows.map(\.group) == ["adenocarcinoma", "not settled", "not stated", "squamous"])
        #expect(value(report, "adenocarcinoma", .cases) == .share(2, of: 5))
        #expect(value(report, "not settled", .cases) == .share(1, of: 5))
        #expect(CaseCount(by: nil).report.rows.isEmpty)
    }

    @Test("who is alive counts until the last contact, never until today; who can not be counted is said")
    func survival() throws {
        var count = SurvivalCount(by: nil, from: .diagnosis)
        var dead = try diagnosed()
        try dead.event("death", grade: 5) { event in
            event.clearAdverseEvent()
            event.type = Vocabulary.coded(Vocabulary.EventType.death)
            event.period.start = (try? PartialDate(day(100)))?.schema ?? ClinicalDate()
        }
        count.add(try reported(dead))
        var alive = try diagnosed()
        for (type, number) in [(Vocabulary.EventType.contact, Int64(50)), (.contact, 200), (.progression, 300)] {
            try alive.event("x", grade: 1) { event in
                event.clearAdverseEvent()
                event.type = Vocabulary.coded(type)
                event.period.start = (try? PartialDate(day(number)))?.schema ?? ClinicalDate()
            }
        }
        count.add(try reported(alive))
        count.add(try reported(try diagnosed()))
        count.add(try reported(try CaseFixture()))
        var early = try diagnosed()
        try early.event("x", grade: 1) { event in
            event.clearAdverseEvent()
            event.type = Vocabulary.coded(Vocabulary.EventType.contact)
            event.period.start = (try? PartialDate(day(-1)))?.schema ?? ClinicalDate()
        }
        count.add(try reported(early))
        let report = count.report
        #expect(value(report, nil, .cases) == .count(2) && value(report, nil, .events) == .count(1))
        #expect(value(report, nil, .medianDays) == .days(DecimalNumber(100)))
        #expect(report.leftOut == [.noContact: 1, .noStart: 1, .datesContradict: 1])
        #expect(count.curves[0].curve.survival(atDays: DecimalNumber(150))?.atRisk == 1, "censored on day 200")
    }

    @Test("a patient counts once, among those who were treated")
    func toxicity() throws {
        var course = try CourseFixture(fractions: 2, first: try day(0))
        try course.give(1, on: try day(0))
        var (any, least) = (ToxicityCount(by: nil, grade: 3), ToxicityCount(by: nil, grade: 2))
        for events in [[("Pneumonitis", UInt32(3)), ("pneumonitis", 4), ("colitis", 3)], [("pneumonitis", 2)], []] {
            var fixture = try CaseFixture()
            for (term, grade) in events { try fixture.event(term, grade: grade) }
            any.add(try reported(fixture, with: course.changes))
            least.add(try reported(fixture, with: course.changes))
        }
        var untreated = try CaseFixture()
        try untreated.event("pneumonitis", grade: 4)
        any.add(try reported(untreated))
        #expect(value(any.report, nil, .affected) == .share(1, of: 3))
        #expect(value(any.report, "pneumonitis", .affected) == .share(1, of: 3))
        #expect(value(any.report, "colitis", .affected) == .share(1, of: 3))
        #expect(any.report.leftOut == [.notTreated: 1])
        #expect(value(least.report, nil, .affected) == .share(2, of: 3))
    }

    @Test("responses by case: both definitions out of the field, and who can not be counted")
    func responses() throws {
        var count = ResponseCount(by: nil, assessor: nil)
        func add(_ sizes: [String], assessors: [String] = ["reader"]) throws {
            let fixture = try CaseFixture()
            var course = try CourseFixture(fractions: 1, first: try day(0))
            try course.give(1, on: try day(0))
            var lesions = LesionFixture()
            try lesions.add()
            try lesions.add()
            try lesions.expose(1, by: course.course, .target)
            try lesions.expose(2, by: course.course, .outside)
            for assessor in assessors {
                try lesions.assess(on: PartialDate(day(-5)), by: assessor, ["30:target", "20:target"])
                if !sizes.isEmpty { try lesions.assess(on: PartialDate(day(60)), by: assessor, sizes) }
            }
            count.add(try reported(fixture, with: lesions.changes + course.changes))
        }
        try add(["20", "10"])
        try add(["absent", "absent"])
        try add(["30", "20"])
        try add(["40", "20"])
        try add([])
        try add(["20", "10"], assessors: ["one", "two"])
        let report = count.report
        #expect(value(report, nil, .cases) == .count(4))
        #expect(
            [.complete, .partial, .stable, .progressive].map { value(report, nil, $0) }
                == Array(repeating: .count(1), count: 4)
        )
        #expect(value(report, nil, .objective) == .share(2, of: 4) && value(report, nil, .control) == .share(3, of: 4))
        #expect(value(report, nil, .outOfFieldAny) == .share(2, of: 4))
        #expect(value(report, nil, .outOfFieldSum) == .share(2, of: 4))
        #expect(report.leftOut == [.noAssessment: 1, .severalAssessors: 1])
    }

    @Test("a protocol over all cases: its results, and each rule")
    func screening() throws {
        let trial = try #require(
            ShippedSettings.all.lazy.compactMap { TrialProtocol($0) }.first { $0.name == "oligometastatic" }
        )
        var count = ScreeningCount(trial, isConfirmed: false, on: try day(100))
        var failing = try CaseFixture()
        try failing.measure("ECOG", "4")
        count.add(try reported(failing))
        count.add(try reported(try CaseFixture()))
        let report = count.report
        #expect(value(report, "not eligible", .cases) == .share(1, of: 2))
        #expect(value(report, "undecided", .cases) == .share(1, of: 2))
        #expect(value(report, "O06", .failed) == .count(1) && value(report, "O06", .unknown) == .count(1))
    }
}
