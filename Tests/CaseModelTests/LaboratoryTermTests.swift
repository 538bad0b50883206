import CaseModel
import TestSupport
import Testing

@Suite("Grades of laboratory values")
struct LaboratoryTermTests {
    private static let file = "ctcae/ncictcaev5.json"
    private static let reason: Comment = "the criteria of shared/data are not on this machine"

    private func grades(
        _ term: String,
        _ value: String,
        uln: String? = nil,
        lln: String? = nil,
        baseline: LaboratoryFinding.Baseline = .unknown
    ) throws -> [Int] {
        try #require(LaboratoryTerm.named(term)).grades(
            of: LaboratoryFinding(
                DecimalNumber(parsing: value),
                upperNormal: uln.map { try DecimalNumber(parsing: $0) },
                lowerNormal: lln.map { try DecimalNumber(parsing: $0) },
                baseline: baseline
            )
        )
    }

    @Test(
        "alanine aminotransferase, with an upper limit of 40, as in the clinical references",
        arguments: [
            ("40", nil, 0), ("120", nil, 1), ("120.4", nil, 2), ("200", nil, 2), ("200.4", nil, 3), ("800", nil, 3),
            ("800.4", nil, 4), ("110", "80", 0), ("119.9", "80", 0), ("120", "80", 1), ("130", "80", 1),
            ("200", "300", 0),
        ] as [(String, String?, Int)]
    )
    func alanine(value: String, high: String?, grade: Int) throws {
        let baseline = try high.map { LaboratoryFinding.Baseline.value(try DecimalNumber(parsing: $0)) } ?? .normal
        let term = "Alanine aminotransferase increased"
        #expect(try grades(term, value, uln: "40", baseline: baseline) == [grade])
    }

    @Test("what is not known leaves the grades it may be")
    func candidates() throws {
        #expect(try grades("Anemia", "95") == [2])
        #expect(try grades("Anemia", "110") == [0, 1])
        #expect(try grades("Alanine aminotransferase increased", "130") == [0, 1, 2, 3, 4])
        #expect(try grades("Alanine aminotransferase increased", "130", baseline: .normal) == [0, 1, 2, 3, 4])
        #expect(try grades("Alanine aminotransferase increased", "120.4", uln: "40") == [0, 1, 2])
        #expect(try grades("Alanine aminotransferase increased", "39", uln: "40") == [0])
        #expect(try grades("Creatinine increased", "130", uln: "110") == [1, 2, 3])
        #expect(try grades("Creatinine increased", "700", uln: "110") == [4])
        let before = LaboratoryFinding.Baseline.value(DecimalNumber(60))
        #expect(try grades("Creatinine increased", "130", uln: "110", baseline: before) == [2])
        #expect(try grades("Fibrinogen decreased", "1.4", lln: "2", baseline: .value(DecimalNumber(3))) == [3])
        #expect(try grades("Fibrinogen decreased", "2.1", lln: "2", baseline: .value(DecimalNumber(9))) == [0])
    }

    @Test("potassium and sodium have the least grade where only what the patient has tells two apart")
    func least() throws {
        #expect(try grades("Hypokalemia", "3.2", lln: "3.5") == [1])
        #expect(try grades("Hyponatremia", "127", lln: "135") == [2])
        #expect(try grades("Hyponatremia", "124.9", lln: "135") == [3])
        #expect(LaboratoryTerm.named("hypokalemia")?.hasClinicalAlternatives == true)
        #expect(LaboratoryTerm.named("Platelet count decreased")?.hasClinicalAlternatives == false)
        #expect(LaboratoryTerm.named("Pneumonitis") == nil)
    }

    /// The same criteria as admiral evaluates them, at, just below and just above each of their limits.
    @Test("every term has the grades of the reference", .enabled(reason) { SharedData.has(file) })
    func reference() throws {
        let rows = try #require(try JSONValue(parsing: SharedData.bytes(Self.file)).array)
        var (compared, terms) = (0, 0)
        for row in rows {
            let criteria = try ReferenceCriteria(row)
            let term = try #require(LaboratoryTerm.named(criteria.name), "\(criteria.name)")
            terms += 1
            for finding in criteria.findings {
                let expected = criteria.grade(of: finding)
                guard let expected, !Self.differs(criteria.name, finding, expected) else { continue }
                let decimals = try finding.laboratoryFinding()
                #expect(try term.grades(of: decimals) == [expected], "\(criteria.name) \(finding)")
                compared += 1
            }
        }
        #expect(terms == LaboratoryTerm.names.count && terms == 40 && compared > 1500, "\(compared)")
    }

    /// Where the reference settles what the criteria leave to what the patient has, or reads a limit otherwise.
    private static func differs(_ name: String, _ finding: ReferenceFinding, _ grade: Int) -> Bool {
        switch name {
        // Grades 1 and 3, 1 and 2, and 2 and 3, have the same numbers.
        case "Hyperuricemia": grade == 3
        case "Hypokalemia": grade == 2
        case "Hyponatremia": grade == 3 && finding.value >= 125
        // The criteria say 2.0 to 2.5 times: the limit itself is inside.
        case "GGT increased": finding.value == 2 * finding.baseline
        // The multiples of what was before hold for who takes an anticoagulant.
        case "INR increased": true
        default: false
        }
    }
}
