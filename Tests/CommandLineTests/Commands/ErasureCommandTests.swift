import StoreIO
import TestSupport
import Testing

@testable import abscope

@Suite("abscope person erase")
struct ErasureCommandTests {
    @Test("Asked for, confirmed, told, and never taken back")
    func erase() async throws {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: 王丽\n")
        let number = try await clinic.addCase("name: 陈大文\n", "--stage", "IIIA")
        let other = try await clinic.addCase("name: 李明\n")
        let asked = ["person", "erase", number, "--reason", "asked for by the person"]
        func isThere() async throws -> Bool {
            try await clinic.run("case", "find", input: "陈大\n").output.contains(number)
        }

        // Nothing in a pipe without the number, nor with another one, nor to try it.
        let attempts: [([String], Int32)] = [
            ([], 64), (["--yes", other], 64), (["--yes", ""], 64), (["--dry-run"], 0),
        ]
        for (options, status) in attempts {
            let run = try await clinic.run(asked + options)
            #expect(run.status == status, "\(options): \(run.output)\(run.errors)")
            #expect(try await isThere(), "\(options)")
        }
        #expect(try await clinic.run("person", "erase", number, "--yes", number).status == 64, "why is missing")
        #expect(try await clinic.run("person", "show", number).output.contains("Nobody asked"))

        let json = try await clinic.run(asked + ["--yes", number, "--json"])
        #expect(json.status == 0, "\(json.errors)")
        #expect(json.output.contains("\"recorded\":true") && json.output.contains("\"keys\":1"), "\(json.output)")
        #expect(try await !isThere())
        for command in [["case", "show"], ["person", "show"]] {
            let shown = try await clinic.run(command + [number])
            #expect(shown.output.contains("Erased on ") && shown.output.contains("by 王丽 at GY"), "\(shown.output)")
            #expect(shown.output.contains("asked for by the person") && !shown.output.contains("陈"))
        }
        #expect(try await clinic.must("case", "show", number).contains("(erased here)"))
        #expect(try await clinic.must("case", "show", number, "--json").contains("\"operator\":\"王丽\""))
        #expect(try await clinic.must("case", "history", number).contains("erasure"))
        #expect(try await clinic.run("case", "find", input: "李明\n").output.contains(other))

        let reference = ProgramClinic.member("reference", of: json.output)
        let back = try await clinic.run("case", "retract", reference, "--reason", "by mistake")
        #expect(back.status == 65 && back.errors.contains("can not be taken back"), "\(back.errors)")
        let amended = ["case", "amend", number, "--from-stdin", "--reason", "found"]
        let again = try await clinic.run(amended, input: "name: 陈大文\n")
        #expect(again.status != 0 && again.errors.contains("erased"), "\(again.errors)")
        #expect(try await clinic.run("log", "verify").status == 0)
    }

    @Test("On a terminal the number of the case is asked for, and another number erases nobody")
    func terminal() async throws {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: 王丽\n")
        let number = try await clinic.addCase("name: 陈大文\n")
        for (answer, status) in [("GY-1", ExitStatus.usage), (number, .success)] {
            let terminal = try Terminal()
            let program = try clinic.start(["person", "erase", number, "--reason", "asked for"], at: .init(terminal))
            try await until("it is asked for") { try terminal.text.contains("Type the number of the case:") }
            #expect(try terminal.text.contains("That is final"))
            try terminal.type(answer + "\n")
            #expect(try await program.end() == status.rawValue)
        }
        #expect(try await !clinic.run("case", "find", input: "陈大\n").output.contains(number))
    }
}
