import TestSupport
import Testing

@testable import abscope

@Suite("Drugs, as a program")
struct DrugCommandTests {
    private func clinic() async throws -> (ProgramClinic, number: String) {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        let number = try await clinic.addCase("name: Wang\n")
        try await clinic.order(
            number,
            "durvalumab",
            "--dose",
            "1500 mg",
            "--every",
            "4w",
            "--from",
            "last",
            "--early",
            "3"
        )
        return (clinic, number)
    }

    @Test("what is ordered is given, becomes due by days, is held, reduced and stopped")
    func day() async throws {
        let (clinic, number) = try await clinic()
        let given = try await clinic.must("drug", "give", number, "--date", "2026-04-20")
        #expect(given.contains("abscope drug retract GY."), "\(given)")
        let shown = try await clinic.must("drug", "show", number)
        #expect(shown.contains("1500 mg, every 28 days (-3/+0) from the last dose"), "\(shown)")
        #expect(shown.contains("2026-05-18"), "\(shown)")
        #expect(try await clinic.must("today", "--on", "2026-05-15").contains("upcoming"))
        let due = try await clinic.must("today", "--on", "2026-05-18")
        #expect(due.contains("due") && due.contains("durvalumab, cycle 2"), "\(due)")
        let overdue = try await clinic.run("today", "--on", "2026-05-20")
        #expect(overdue.status == 1 && overdue.output.contains("by 2 days"), "\(overdue.output)")

        try await clinic.must(
            "drug",
            "hold",
            number,
            "--since",
            "2026-05-17",
            "--reason",
            "pneumonitis, grade 2",
            "--by",
            "oncologist"
        )
        let held = try await clinic.must("today", "--on", "2026-05-18")
        #expect(held.contains("durvalumab, since 2026-05-17: pneumonitis, grade 2"), "\(held)")
        let warned = try await clinic.run("drug", "give", number, "--date", "2026-05-18")
        #expect(warned.status == 0 && warned.errors.contains("ATTENTION"), "\(warned.errors)")
        let listed = try await clinic.run("drug", "list", number)
        #expect(listed.status == 1 && listed.output.contains("Given after the drug was held"), "\(listed.output)")

        try await clinic.must("drug", "resume", number, "--reason", "grade 1 again")
        try await clinic.must("drug", "reduce", number, "--dose", "1200 mg", "--reason", "weight")
        let more = try await clinic.run("drug", "reduce", number, "--dose", "1300 mg", "--reason", "weight")
        #expect(more.status == 65 && more.errors.contains("not less"), "\(more.errors)")
        try await clinic.must("drug", "stop", number, "--reason", "pneumonitis, grade 3", "--by", "oncologist")
        let again = try await clinic.run("drug", "stop", number, "--drug", "durvalumab", "--reason", "twice")
        #expect(again.status == 65, "\(again.errors)")
    }

    @Test("what is calculated each time has to be said, and a second dose on a day is asked about")
    func carboplatin() async throws {
        let (clinic, number) = try await clinic()
        try await clinic.order(number, "carboplatin", "--dose", "AUC 5", "--every", "21", "--from", "first")
        let which = try await clinic.run("drug", "give", number, "--date", "2026-04-20")
        #expect(which.status == 64 && which.errors.contains("--drug"), "\(which.errors)")
        let amount = try await clinic.run("drug", "give", number, "--drug", "carbo", "--date", "2026-04-20")
        #expect(amount.status == 64 && amount.errors.contains("dose"), "\(amount.errors)")
        let basis = try await clinic.run("drug", "give", number, "--drug", "carbo", "--dose", "AUC 5")
        #expect(basis.status == 65 && basis.errors.contains("calculated"), "\(basis.errors)")
        try await clinic.must("drug", "give", number, "--drug", "carbo", "--dose", "560 mg", "--date", "2026-04-20")
        let twice = try await clinic.run(
            "drug",
            "give",
            number,
            "--drug",
            "carbo",
            "--dose",
            "560 mg",
            "--date",
            "2026-04-20"
        )
        #expect(twice.status == 65 && twice.errors.contains("--cycle"), "\(twice.errors)")
        let json = try await clinic.must("drug", "list", number, "--json")
        #expect(json.contains("\"amount\":\"560 mg\"") && json.contains("\"cycle\":1"), "\(json)")
    }

    @Test("an order that says too little is refused in words")
    func refused() async throws {
        let (clinic, number) = try await clinic()
        for (arguments, status, words) in [
            (["--dose", "5 mg", "--every", "21"], Int32(64), "--from"),
            (["--dose", "1500"], 65, "unit"),
            (["--dose", "5 mg", "--every", "21", "--from", "middle"], 65, "first"),
            (["--dose", "5 mg", "--every", "0", "--from", "first"], 65, "1"),
            (["--dose", "5 mg", "--every", "3m", "--from", "first"], 65, "3w"),
            (["--dose", "5 mg", "--every", "53w", "--from", "first"], 65, "365"),
            (["--dose", "5 mg", "--every", "21", "--from", "first", "--early", "21"], 65, "interval"),
        ] {
            let refused = try await clinic.run(["drug", "add", number, "--drug", "x"] + arguments)
            #expect(refused.status == status && refused.errors.contains(words), "\(arguments): \(refused.errors)")
        }
        #expect(try await !clinic.must("drug", "show", number).contains("x "))
    }

    @Test("how doses follow a course is said with its days")
    func sequence() async throws {
        let (clinic, number) = try await clinic()
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
            "1",
            "--dose-per-fraction",
            "8 Gy"
        )
        try await clinic.must("fraction", "give", number, "--date", "2026-03-31")
        try await clinic.must("drug", "give", number, "--date", "2026-04-20")
        let shown = try await clinic.must("drug", "show", number)
        #expect(shown.contains("the first dose 20 days after the last fraction of thorax"), "\(shown)")
        #expect(try await clinic.must("drug", "show", number, "--json").contains("\"sequence\":\"after_radiotherapy\""))
    }
}

extension ProgramClinic {
    fileprivate func order(_ number: String, _ drug: String, _ options: String...) async throws {
        _ = try await must(["drug", "add", number, "--drug", drug] + options)
    }
}
