import CaseModel
import Schema
import Testing

/// treatment-facts.md, source 001: `rt_io_interval` and `sequencing`.
@Suite struct TreatmentSequenceTests {
    let monday = Samples.day(2026, 3, 2)

    func day(_ offset: Int64) throws -> CivilDay { try #require(monday.advanced(byDays: offset)) }

    /// A course of three fractions on days 0 to 2, `fractions` of which were given.
    func sequence(doses: [Int64], fractions: Int64 = 3, isOpen: Bool = false) throws -> TreatmentSequence? {
        var course = try CourseFixture(fractions: 3, first: monday)
        for number in 0..<fractions { try course.give(UInt32(number + 1), on: day(number)) }
        var drug = try DrugFixture()
        for (index, dose) in doses.enumerated() { try drug.give(UInt32(index + 1), on: day(dose)) }
        return TreatmentSequence(try drug.book(), to: try course.book(), isOpen: isOpen)
    }

    @Test func `a dose from the first to the last fraction is concurrent, without days of grace`() throws {
        for (dose, expected) in [
            (Int64(-1), TreatmentSequence.before(days: 1)), (0, .concurrent), (1, .concurrent), (2, .concurrent),
            (3, .after(days: 1)), (44, .after(days: 42)),
        ] { #expect(try sequence(doses: [dose]) == expected, "day \(dose)") }
    }

    @Test func `the first dose after, or the last one before, counts; during goes before both`() throws {
        #expect(try sequence(doses: [10, 31]) == .after(days: 8))
        #expect(try sequence(doses: [-42, -21]) == .before(days: 21))
        #expect(try sequence(doses: [-21, 30]) == .before(days: 21))
        #expect(try sequence(doses: [-21, 1, 30]) == .concurrent)
        #expect(try sequence(doses: []) == nil)
        #expect(try sequence(doses: [3], fractions: 0) == nil)
    }

    @Test func `while the course is open its last fraction is not known`() throws {
        #expect(try sequence(doses: [10], fractions: 2, isOpen: true) == .unknown)
        #expect(try sequence(doses: [10], fractions: 2, isOpen: false) == .after(days: 9))
        #expect(try sequence(doses: [10], fractions: 3, isOpen: true) == .after(days: 8), "as many as prescribed")
        #expect(try sequence(doses: [1], fractions: 2, isOpen: true) == .concurrent)
    }
}
