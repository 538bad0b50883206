import TestSupport
import Testing

@testable import abscope

@Suite("The audit, as a program")
struct AuditCommandTests {
    @Test("every change with what it was and is, who, why and how late; what was taken back is in it too")
    func audit() async throws {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        try await clinic.must(["operator", "add", "--operator", "Li"], input: "name: Wu\n")
        let number = try await clinic.addCase("name: Wang\n", "--operator", "Li", "--stage", "II")
        let other = try await clinic.addCase("name: Chen\n", "--operator", "Wu")
        try await clinic.must(
            ["case", "amend", number, "--stage", "IIIA", "--reason", "board", "--operator", "Wu"]
        )
        try await clinic.must(
            [
                "result", "add", number, "--analyte", "ECOG", "--value", "1", "--collected", "2026-01-05", "--by",
                "Dr Chen",
                "--operator", "Li",
            ]
        )
        try await clinic.must(["case", "retract", other, "--reason", "entered twice", "--operator", "Wu"])
        let all = try await clinic.must("audit")
        #expect(all.contains("II → IIIA") && all.contains("board"), "\(all)")
        #expect(all.contains("Li / Dr Chen") && all.contains("entered twice") && all.contains(other), "\(all)")
        #expect(all.contains(/ECOG.*[0-9]+ days/), "late: \(all)")
        #expect(!all.contains(/II → IIIA.*[0-9]+ days/))
        let one = try await clinic.must("audit", "--case", number)
        #expect(!one.contains(other) && one.contains("ECOG"))
        let hers = try await clinic.must("audit", "--by", "wu")
        #expect(hers.contains("IIIA") && !hers.contains("ECOG"))
        let his = try await clinic.must("audit", "--by", "dr chen")
        #expect(his.contains("ECOG") && !his.contains("IIIA"))
        #expect(try await clinic.must("audit", "--since", "9999-01-01").contains("No "))
        #expect(try await clinic.run("audit", "--since", "2026").status == 65)
        let json = try await clinic.must("audit", "--case", number, "--json")
        #expect(json.contains("\"former\":{\"stage\":[") && json.contains("\"late_days\":"))
    }
}
