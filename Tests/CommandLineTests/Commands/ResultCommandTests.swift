import TestSupport
import Testing

@testable import abscope

@Suite("Results and statements, as a program")
struct ResultCommandTests {
    private func clinic() async throws -> (ProgramClinic, number: String) {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        return (clinic, try await clinic.addCase("name: Wang\n", "--sex", "female"))
    }

    @Test("a result is kept as typed, and what was not tested is another thing than negative")
    func results() async throws {
        let (clinic, number) = try await clinic()
        let added = try await clinic.must(
            "result",
            "add",
            number,
            "--analyte",
            "PD-L1",
            "--value",
            "<10%",
            "--method",
            "22C3",
            "--collected",
            "2026-03"
        )
        #expect(added.contains("PD-L1: <10 %") && added.contains("abscope result retract"), "\(added)")
        try await clinic.must("result", "add", number, "--analyte", "EGFR", "--value", "not tested")
        try await clinic.must(
            "result",
            "add",
            number,
            "--analyte",
            "ALK",
            "--value",
            "negative",
            "--collected",
            "2026-02-01"
        )
        try await clinic.must(
            "result",
            "add",
            number,
            "--analyte",
            "creatinine",
            "--value",
            "88.4 umol/L",
            "--low",
            "45",
            "--high",
            "84"
        )
        let list = try await clinic.must("result", "list", number)
        let rows = list.split(separator: "\n").map(String.init)
        #expect(rows.count == 5, "\(list)")
        // By the day: without one first, then February, then March.
        #expect(rows[3].contains("ALK") && rows[3].contains("negative") && rows[4].contains("PD-L1"), "\(list)")
        #expect(list.contains("(not done)") && list.contains("45") && list.contains("88.4 umol/L"), "\(list)")
        let json = try await clinic.must("result", "list", number, "--analyte", "egfr", "--json")
        #expect(json.contains("not_done") || json.contains("not done"), "\(json)")
        #expect(!json.contains("PD-L1"))
        let shown = try await clinic.must("case", "show", number)
        #expect(shown.contains("EGFR") && shown.contains("(not done)"), "\(shown)")
    }

    @Test("what is no result is refused with a sentence, and nothing is recorded")
    func refused() async throws {
        let (clinic, number) = try await clinic()
        for (options, sentence) in [
            (["--analyte", "creatinine", "--value", "88.4 umoll"], "is not a unit"),
            (
                ["--analyte", "creatinine", "--value", "88.4 umol/L", "--low", "84", "--high", "45"],
                "below where it begins"
            ),
            (["--analyte", "creatinine", "--value", "88.4 umol/L", "--collected", "3/4/2026"], "is not a date"),
            (["--analyte", "creatinine"], "value"),
        ] {
            let run = try await clinic.run(["result", "add", number] + options)
            #expect(run.status == 65 || run.status == 64, "\(run.errors)")
            #expect(run.errors.contains(sentence), "\(run.errors)")
        }
        #expect(try await clinic.must("result", "list").contains("No results"))
    }

    @Test("a positive pregnancy test and an allergy go out first, each in a sentence of its own")
    func urgent() async throws {
        let (clinic, number) = try await clinic()
        let test = try await clinic.must(
            "result",
            "add",
            number,
            "--analyte",
            "pregnancy test",
            "--value",
            "positive",
            "--json"
        )
        #expect(test.contains("\"reference\":\"GY.1."), "\(test)")
        let allergy = try await clinic.must(
            "statement",
            "add",
            number,
            "--question",
            "allergy",
            "--answer",
            "yes",
            "--topic",
            "penicillin",
            "--by",
            "nurse",
            "--json"
        )
        #expect(allergy.contains("\"reference\":\"GY.1."), "\(allergy)")
        let none = try await clinic.must(
            "statement",
            "add",
            number,
            "--question",
            "prior therapy",
            "--answer",
            "no",
            "--on",
            "2026-03-01",
            "--json"
        )
        #expect(none.contains("\"reference\":\"GY.2."), "\(none)")
        let list = try await clinic.must("statement", "list", number)
        #expect(list.contains("penicillin") && list.contains("nurse") && list.contains("2026-03-01"), "\(list)")
        let wrong = try await clinic.run("statement", "add", number, "--question", "allergy", "--answer", "perhaps")
        #expect(wrong.status == 65 && wrong.errors.contains("yes, no or unknown"), "\(wrong.errors)")
    }

    @Test("each is taken back by its own command, and by no other")
    func retracted() async throws {
        let (clinic, number) = try await clinic()
        let added = try await clinic.must("result", "add", number, "--analyte", "ECOG", "--value", "1", "--json")
        let reference = ProgramClinic.member("reference", of: added)
        let wrong = try await clinic.run("statement", "retract", reference, "--reason", "typed wrong")
        #expect(wrong.status == 65 && wrong.errors.contains("abscope result retract"), "\(wrong.errors)")
        try await clinic.must("result", "retract", reference, "--reason", "typed wrong")
        #expect(try await clinic.must("result", "list", number).contains("No results"))
    }
}
