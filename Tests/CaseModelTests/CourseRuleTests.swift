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
