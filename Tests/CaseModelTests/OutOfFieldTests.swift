import CaseModel
import Schema
import Testing

/// treatment-facts.md, the abscopal rule.
@Suite("Responses out of the field")
struct OutOfFieldTests {
    private let monday = Samples.day(2026, 3, 2)

    private func day(_ offset: Int64) throws -> CivilDay { try #require(monday.advanced(byDays: offset)) }

    /// Lesion 1 is the target of a course that began on day 0; then and later, what was seen of it and the others.
    private func response(
        exposed: [Vocabulary.LesionExposure?],
        then: [String],
        now: [String],
        change: (inout LesionFixture, RecordID) throws -> Void = { _, _ in }
    ) throws -> OutOfFieldResponse? {
        var course = try CourseFixture(fractions: 2, first: monday)
        try course.give(1, on: monday)
        try course.give(2, on: day(1))
        var fixture = LesionFixture()
        for _ in then { try fixture.add() }
        for (index, exposure) in exposed.enumerated() {
            if let exposure { try fixture.expose(index + 1, by: course.course, exposure) }
        }
        try fixture.assess(on: PartialDate(day(-10)), then)
        try change(&fixture, course.course)
        while fixture.lesions.count < now.count { try fixture.add() }
        try fixture.assess(on: PartialDate(day(60)), now)
        return try fixture.book(with: course.changes).outOfField.first
    }

    @Test(
        "both definitions, by what shrank of what no course reached",
        arguments: [
            (["30:target", "20:target", "20:target"], ["10", "14", "20"], Verdict.pass, Verdict.fail, 1),
            (["30:target", "20:target", "20:target"], ["10", "14", "14"], .pass, .pass, 2),
            (["30:target", "20:target", "20:target"], ["10", "14.1", "14.1"], .fail, .fail, 0),
            (["30:target", "20:target", "20:target"], ["10", "absent", "28"], .pass, .pass, 1),
            (["30:target", "20:target", "20:target"], ["10", "20", "20"], .fail, .fail, 0),
            (["30:target", "20:target", "20:target"], ["10", "14", "not-evaluated"], .pass, .unknown, 1),
            (["30:target", "20:target", "20:target"], ["10", "20", ""], .unknown, .unknown, 0),
            (["30:target", "20:target", "9:non-target"], ["10", "20", "absent"], .fail, .fail, 0),
        ] as [([String], [String], Verdict, Verdict, Int)]
    )
    func definitions(then: [String], now: [String], any: Verdict, sum: Verdict, regressed: Int) throws {
        let response = try #require(
            try response(exposed: [.target, .outside, .outside], then: then, now: now)
        )
        let visit = try #require(response.visits.first)
        #expect(visit.anyLesion == any && visit.sum == sum && visit.regressed.count == regressed)
        #expect(
            visit.lesions.count == (then[2].hasPrefix("9") ? 1 : 2),
            "the target is not counted, nor what is too small"
        )
    }

    @Test("what was reached at all is not out of the field; of what nobody said the verdict is unknown")
    func exposures() throws {
        let (then, now) = (["30:target", "20:target"], ["30", "10"])
        for exposure in [Vocabulary.LesionExposure.target, .inField, .lowDose] {
            let visit = try #require(try response(exposed: [.target, exposure], then: then, now: now)?.visits.first)
            #expect(visit.lesions.isEmpty && visit.anyLesion == .unknown && visit.why == .noLesion)
        }
        for exposure in [Vocabulary.LesionExposure.unknown, nil] {
            let visit = try #require(try response(exposed: [.target, exposure], then: then, now: now)?.visits.first)
            #expect(visit.anyLesion == .unknown && visit.sum == .unknown && visit.why == .unknownExposure)
        }
        // What did not shrink decides nothing, wherever it lay.
        let stable = try #require(try response(exposed: [.target, nil], then: then, now: ["30", "20"])?.visits.first)
        #expect(stable.anyLesion == .fail && stable.sum == .unknown)
    }

    @Test("a new lesion out of the field excludes it; one that the course reached does not")
    func newLesion() throws {
        let (then, now) = (["30:target", "20:target"], ["10", "10", "8"])
        let excluded = try #require(
            try response(exposed: [.target, .outside], then: then, now: now)?.visits.first
        )
        #expect(excluded.anyLesion == .fail && excluded.why == .newLesion && excluded.regressed.count == 1)
        let inside = try #require(
            try response(exposed: [.target, .outside], then: then, now: now) { fixture, course in
                try fixture.add()
                try fixture.expose(3, by: course, .inField)
            }?.visits.first
        )
        #expect(inside.anyLesion == .pass)
    }

    @Test("a course that was taken back keeps its fractions, and what they reached")
    func retractedCourse() throws {
        var course = try CourseFixture(fractions: 1, first: monday)
        try course.give(1, on: monday)
        var fixture = LesionFixture()
        try fixture.add()
        try fixture.expose(1, by: course.course, .target)
        var states = try fixture.states(with: course.changes)
        let index = try #require(states.firstIndex { $0.id == course.course })
        states[index].standing = .retracted
        #expect(LesionBook(states).exposures.standing(of: fixture.lesions[0], on: monday) == .exposed(.target))
    }

    @Test("without an assessment before the course nothing can be said; a conflict leaves it unknown")
    func baseline() throws {
        var course = try CourseFixture(fractions: 1, first: monday)
        try course.give(1, on: monday)
        var fixture = LesionFixture()
        try fixture.add()
        try fixture.expose(1, by: course.course, .outside)
        try fixture.assess(on: PartialDate(day(1)), ["30:target"])
        let late = try #require(try fixture.book(with: course.changes).outOfField.first)
        #expect(late.baseline == nil && late.visits.map(\.why) == [.noBaseline])
        // On the day of the first fraction it is before it.
        try fixture.assess(on: PartialDate(day(0)), by: "other", ["30:target"])
        try fixture.assess(on: PartialDate(day(60)), by: "other", ["10"])
        let other = try #require(try fixture.book(with: course.changes).outOfField.first { $0.assessor == "other" })
        #expect(other.baseline != nil && other.first?.regressed == fixture.lesions)
    }

    @Test("every drug from 90 days before the baseline on is named, with whether it was begun after it")
    func drugs() throws {
        var course = try CourseFixture(fractions: 1, first: monday)
        try course.give(1, on: monday)
        for (dose, expected) in [(Int64(-101), false), (-100, true), (-1, true), (30, true), (61, false)] {
            var drug = try DrugFixture(site: 5)
            try drug.give(1, on: day(dose), site: 5)
            var fixture = LesionFixture()
            try fixture.add()
            try fixture.expose(1, by: course.course, .outside)
            try fixture.assess(on: PartialDate(day(-10)), ["30:target"])
            try fixture.assess(on: PartialDate(day(60)), ["10"])
            let response = try #require(try fixture.book(with: course.changes + drug.changes).outOfField.first)
            #expect(response.drugs.isEmpty == !expected, "\(dose)")
            #expect(response.drugs.allSatisfy { $0.isNew == (dose > -10) })
        }
    }
}
