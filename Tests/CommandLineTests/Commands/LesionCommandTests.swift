import TestSupport
import Testing

@testable import abscope

@Suite("Lesions and their assessments, as a program")
struct LesionCommandTests {
    private let clinic: ProgramClinic
    private let number: String

    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        number = try await clinic.addCase("name: Wang\n")
    }

    @Test("a response, out of the field of a course too, from what was typed")
    func response() async throws {
        try await clinic.must("lesion", "add", number, "--site", "lung", "--laterality", "left")
        try await clinic.must("lesion", "add", number, "--site", "liver")
        let course = ["--site", "lung", "--laterality", "left", "--fractions", "2", "--dose-per-fraction", "8 Gy"]
        try await clinic.must(["course", "add", number, "--name", "thorax", "--first", "2026-03-02"] + course)
        try await clinic.must(
            ["assessment", "add", number, "1=30", "2=21", "--on", "2026-02-20", "--by", "reader", "--method", "CT"]
        )
        for day in ["2026-03-02", "2026-03-03"] {
            try await clinic.must("fraction", "give", number, "--date", day, "--yes")
        }
        let later = try await clinic.must(
            "assessment",
            "add",
            number,
            "1=15",
            "2=1.2cm",
            "--on",
            "2026-06-01",
            "--by",
            "Reader"
        )
        #expect(later.contains("RECIST 1.1: PR, sum 27.0 mm, smallest before 51.0 mm"), "\(later)")
        let unknown = try await clinic.must("assessment", "show", number)
        #expect(unknown.contains("unknown") && unknown.contains("abscope lesion expose"), "\(unknown)")
        try await clinic.must("lesion", "expose", number, "1", "--course", "thorax", "--as", "target")
        try await clinic.must("lesion", "expose", number, "2", "--course", "thorax", "--as", "none")
        try await clinic.must(["drug", "add", number, "--drug", "durvalumab", "--dose", "1500 mg"])
        try await clinic.must(["drug", "give", number, "--date", "2026-04-01", "--yes"])
        let shown = try await clinic.must("assessment", "show", number)
        #expect(shown.contains("any lesion yes (1 of 1 shrank by 30 %: 2), sum yes"), "\(shown)")
        #expect(shown.contains("Meanwhile: durvalumab, 2026-04-01, begun after that baseline."), "\(shown)")
        #expect(shown.contains("it shows none"), "\(shown)")
        let timeline = try await clinic.must("case", "timeline", number)
        #expect(timeline.contains("Reader: PR"), "\(timeline)")
        let whole = try await clinic.must("case", "show", number)
        #expect(whole.contains("1=30mm:target 2=21mm:target"), "\(whole)")

        // Otherwise than before only with a reason.
        #expect(
            try await clinic.run("lesion", "expose", number, "2", "--course", "thorax", "--as", "in-field").status == 64
        )
        try await clinic.must(
            [
                "lesion", "expose", number, "2", "--course", "thorax", "--as", "low-dose", "--dose", "1.2 Gy",
                "--reason", "plan",
            ]
        )
        let listed = try await clinic.must("lesion", "list", number)
        #expect(listed.contains("thorax: low-dose 1.2 Gy"), "\(listed)")
        #expect(try await clinic.must("assessment", "show", number).contains("no measurable lesion lies outside"))
    }

    @Test("an assessment is corrected with a reason, and taken back; what was measured in it counts no more")
    func corrected() async throws {
        try await clinic.must("lesion", "add", number, "--site", "liver")
        try await clinic.must("assessment", "add", number, "1=30", "--on", "2026-02-20", "--by", "reader")
        let added = try await clinic.must(
            ["assessment", "add", number, "1=40", "--on", "2026-06-01", "--by", "reader", "--json", "--reported", "PR"]
        )
        let reference = ProgramClinic.member("reference", of: added)
        let differs = try await clinic.run("assessment", "show", number)
        #expect(
            differs.status == 1 && differs.output.contains("is not what the measurements come to: PD"),
            "\(differs.output)"
        )
        #expect(try await clinic.run("today").output.contains("what the measurements come to"))
        #expect(try await clinic.run("assessment", "correct", reference, "1=20").status == 64, "without a reason")
        try await clinic.must("assessment", "correct", reference, "1=20", "--reason", "typo")
        #expect(try await clinic.must("assessment", "show", number).contains("Best response: PR, 2026-06-01"))
        let history = try await clinic.must("case", "history", number)
        #expect(history.contains("40 mm") && history.contains("typo"), "\(history)")
        let wrong = try await clinic.run("event", "retract", reference, "--reason", "x")
        #expect(wrong.status == 65 && wrong.errors.contains("abscope assessment retract"), "\(wrong.errors)")
        try await clinic.must("assessment", "retract", reference, "--reason", "another patient's")
        #expect(try await !clinic.must("assessment", "show", number).contains("2026-06-01"))
    }

    @Test(
        "what is no measurement is refused with what to write, and nothing is recorded",
        arguments: [
            (["1"], 65), (["1=big"], 65), (["1=-3"], 65), (["1=3kg"], 65), (["9=3"], 66), (["1=3:boss"], 65),
            (["1=3", "1=4"], 64), ([], 64),
        ] as [([String], Int32)]
    )
    func refused(seen: [String], status: Int32) async throws {
        try await clinic.must("lesion", "add", number, "--site", "liver")
        let run = try await clinic.run(["assessment", "add", number, "--by", "reader"] + seen)
        #expect(run.status == status, "\(run.errors)")
        #expect(try await clinic.must("assessment", "list", number).contains("No assessments"))
    }

    @Test("a lesion keeps its number; without one an assessment says what to do first")
    func numbers() async throws {
        let none = try await clinic.run("assessment", "add", number, "1=3", "--by", "reader")
        #expect(none.status == 66 && none.errors.contains("abscope lesion add"), "\(none.errors)")
        try await clinic.must("lesion", "add", number, "--site", "liver", "--number", "4")
        let taken = try await clinic.run("lesion", "add", number, "--site", "lung", "--number", "4")
        #expect(taken.status == 65 && taken.errors.contains("liver"), "\(taken.errors)")
        #expect(try await clinic.must("lesion", "add", number, "--site", "rib").contains("Lesion 5: rib"))
        let bone = ["--appearance", "lytic", "--weight-bearing", "yes"]
        try await clinic.must(["lesion", "amend", number, "5", "--reason", "CT"] + bone)
        let listed = try await clinic.must("lesion", "list", number)
        #expect(listed.contains("risk of fracture, consider: osteolysis"), "\(listed)")
        #expect(
            try await clinic.run("lesion", "amend", number, "5", "--appearance", "green", "--reason", "CT").status == 65
        )
        #expect(try await clinic.run("lesion", "amend", number, "5", "--reason", "CT").status == 64)
        #expect(try await clinic.run("lesion", "amend", number, "7", "--fracture", "no", "--reason", "CT").status == 66)
        let whole = ["lesion", "expose", number, "5", "--as", "target", "--dose", "3 Gy"]
        #expect(try await clinic.run(whole).status == 66, "there is no course")
    }
}
