import TestSupport
import Testing

@testable import abscope

@Suite("Holding, resuming and stopping a course, as a program")
struct CourseDecisionTests {
    private func clinic() async throws -> (ProgramClinic, number: String) {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        let number = try await clinic.addCase("name: Wang\n")
        try await clinic.must(
            "course",
            "add",
            number,
            "--name",
            "thorax",
            "--site",
            "lung",
            "--laterality",
            "right",
            "--fractions",
            "30",
            "--dose-per-fraction",
            "2.00 Gy",
            "--first",
            "2026-03-02"
        )
        return (clinic, number)
    }

    @Test("while it is held nothing is due; the hold travels first; what is given all the same is recorded and listed")
    func hold() async throws {
        let (clinic, number) = try await clinic()
        #expect(try await clinic.run("today", "--on", "2026-03-02").output.contains("fraction 1 of 30"))
        let held = try await clinic.must(
            "course",
            "hold",
            number,
            "--since",
            "2026-03-01",
            "--reason",
            "pneumonitis, grade 2",
            "--by",
            "oncologist",
            "--json"
        )
        #expect(held.contains("\"entry\"") && held.contains("\"reference\":\"GY.1."), "\(held)")
        #expect(!(try await clinic.run("today", "--on", "2026-03-02").output.contains("fraction 1 of 30")))
        let shown = try await clinic.must("case", "show", number)
        #expect(shown.contains("held") && shown.contains("pneumonitis, grade 2"), "\(shown)")
        try await clinic.must("fraction", "give", number, "--date", "2026-03-02", "--yes")
        let today = try await clinic.run("today", "--on", "2026-03-02")
        #expect(today.status == 1 && today.output.contains("held"), "\(today.output)")
        let resumed = try await clinic.must(
            "course",
            "resume",
            number,
            "--since",
            "2026-03-03",
            "--reason",
            "grade 1 again"
        )
        #expect(
            resumed.contains("thorax: resumed, since 2026-03-03, grade 1 again") && resumed.contains("course hold"),
            "\(resumed)"
        )
        #expect(try await clinic.run("today", "--on", "2026-03-03").output.contains("fraction 2 of 30"))
    }

    @Test("what it is already is refused; what was ended by mistake goes on again")
    func again() async throws {
        let (clinic, number) = try await clinic()
        let early = try await clinic.run("course", "resume", number, "--reason", "x")
        #expect(early.status == 65 && early.errors.contains("It is not held"), "\(early.errors)")
        try await clinic.must("course", "stop", number, "--reason", "typed wrong")
        let twice = try await clinic.run("course", "stop", number, "--course", "thorax", "--reason", "x")
        #expect(twice.status == 65 && twice.errors.contains("stopped already"), "\(twice.errors)")
        let none = try await clinic.run("course", "hold", number, "--reason", "x")
        #expect(none.status == 66 && none.errors.contains("no open course"), "\(none.errors)")
        try await clinic.must("course", "resume", number, "--course", "thorax", "--reason", "stopped by mistake")
        #expect(try await clinic.run("today", "--on", "2026-03-02").output.contains("fraction 1 of 30"))
        let silent = try await clinic.run("course", "hold", number)
        #expect(silent.status == 64 && silent.errors.contains("reason"), "\(silent.errors)")
        let future = try await clinic.run("course", "hold", number, "--since", "2999-01-01", "--reason", "x")
        #expect(future.status == 65, "\(future.errors)")
        let dry = try await clinic.must("course", "complete", number, "--reason", "as planned", "--dry-run")
        #expect(dry.contains("thorax: completed"), "\(dry)")
        #expect(try await clinic.run("today", "--on", "2026-03-02").output.contains("fraction 1 of 30"))
    }
}
