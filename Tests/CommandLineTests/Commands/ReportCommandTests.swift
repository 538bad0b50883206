import CaseModel
import TestSupport
import Testing

@testable import abscope

@Suite("Reports, as a program")
struct ReportCommandTests {
    /// treatment-facts.md, worked examples 6 and 7: percentages come from counts, never from rounded parts.
    @Test(
        "shares with numerator, denominator and percent",
        arguments: [
            (9, 68, "9/68 (13.2 %)"), (1, 68, "1/68 (1.5 %)"), (8, 68, "8/68 (11.8 %)"), (14, 52, "14/52 (26.9 %)"),
            (7, 52, "7/52 (13.5 %)"), (13, 51, "13/51 (25.5 %)"), (4, 28, "4/28 (14.3 %)"), (6, 73, "6/73 (8.2 %)"),
            (0, 0, "0/0"),
        ]
    )
    func shares(number: Int, all: Int, text: String) {
        #expect(Report.Value.share(number, of: all).text == text)
    }

    @Test("each report says what it rests on and who was left out, and takes no field it does not know")
    func reports() async throws {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        let number = try await clinic.addCase(
            "name: Wang\n",
            "--histology",
            "adenocarcinoma",
            "--diagnosis-date",
            "2026-01-05"
        )
        _ = try await clinic.addCase("name: Chen\n", "--histology", "squamous")
        let counts = try await clinic.must("report", "counts", "--by", "histology")
        #expect(
            counts.contains("1/2 (50.0 %)") && counts.contains("squamous") && counts.contains("Rests on "),
            "\(counts)"
        )
        try await clinic.must("event", "add", number, "--type", "contact", "--on", "2026-03-05")
        let survival = try await clinic.must("report", "survival")
        #expect(
            survival.contains("1 is left out") && survival.contains("1 without the day they are counted from"),
            "\(survival)"
        )
        let json = try await clinic.must("report", "survival", "--json")
        #expect(json.contains("\"left_out\":{\"no_start\":1}") && json.contains("\"median_days\":null"), "\(json)")
        let toxicity = try await clinic.must("report", "toxicity")
        #expect(toxicity.contains("2 to whom nothing was given"), "\(toxicity)")
        let screening = try await clinic.must("report", "screening", "consolidation", "--on", "2026-03-20")
        #expect(
            screening.contains("NOT CONFIRMED") && screening.contains("C01") && screening.contains("undecided"),
            "\(screening)"
        )
        #expect(try await clinic.must("report", "response").contains("2 without an assessment"))
        #expect(!counts.contains("Wang") && !survival.contains("Wang"))
        #expect(try await clinic.run("report", "counts", "--by", "name").status == 65)
        #expect(try await clinic.run("report", "toxicity", "--grade", "7").status == 65)
        #expect(try await clinic.run("report", "survival", "--from", "birth").status == 65)
        // A case that was taken back is none.
        try await clinic.must("case", "retract", number, "--reason", "entered twice")
        #expect(try await clinic.must("report", "counts").contains("1/1 (100.0 %)"))
    }
}
