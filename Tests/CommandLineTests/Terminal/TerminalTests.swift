import TestSupport
import Testing

@testable import abscope

/// The built program at a real terminal, and beside one.
@Suite("The program at a terminal")
struct TerminalTests {
    private let clinic: ProgramClinic

    init() async throws {
        clinic = try await ProgramClinic()
    }

    @Test("what is missing is asked for, one question after the other, and the terminal stays as it was")
    func questions() async throws {
        let terminal = try Terminal()
        let before = try terminal.settings
        let program = try clinic.start(["operator", "add"], at: .init(terminal))
        try await answer("Name", with: "王丽", on: terminal)
        try await answer("Role", with: "nurse", on: terminal)
        #expect(try await program.end() == 0)
        #expect(try terminal.text.contains("Recorded: GY."))
        #expect(try terminal.settings == before)
        #expect(try await clinic.run("operator", "list").output.contains("王丽"))
    }

    @Test(
        "a question is asked only where it can be answered: an input that is no terminal is read, a missing value named"
    )
    func noQuestionInPipe() async throws {
        for streams: Set<RunningProgram.Stream> in [[.output, .errors], [.input, .output]] {
            let terminal = try Terminal()
            let program = try clinic.start(["operator", "add"], at: .init(terminal, streams))
            try terminal.type("\u{4}")
            #expect(try await program.end() == ExitStatus.usage.rawValue, "\(streams)")
        }
        let piped = try await clinic.run("operator", "add")
        #expect(piped.status == ExitStatus.usage.rawValue)
        #expect(piped.errors.contains("name"))
        #expect(!piped.errors.contains("Name"), "no question: \(piped.errors)")
        #expect(piped.output.isEmpty)
    }

    @Test("a second backup key takes the place of the first only after a question")
    func backupKey() async throws {
        let first = try await clinic.must("backup", "--new-key")
        #expect(first.contains("Backup key: "))
        for (answer, isReplaced) in [("n", false), ("y", true)] {
            let terminal = try Terminal()
            let program = try clinic.start(["backup", "--new-key"], at: .init(terminal))
            try await self.answer("Replace the backup key?", with: answer, on: terminal)
            #expect(try await program.end() == 0)
            #expect(try terminal.text.contains("Backup key: ") == isReplaced)
            #expect(try terminal.text.contains("was not replaced") == !isReplaced)
        }
    }

    @Test("a request is drawn as a QR code where qrencode is; else one line says so and the rest is as without")
    func codes() async throws {
        let folder = clinic.folder.path + "/bin"
        let request = ["site", "request", "--qr"]
        func drawn(_ path: String) async throws -> String {
            let terminal = try Terminal()
            let program = try clinic.start(request, at: .init(terminal), environment: ["PATH": path])
            #expect(try await program.end() == 0)
            let text = try terminal.text
            #expect(text.contains("-----END ABSCOPE REQUEST-----"))
            return text
        }
        #expect(try await drawn(folder).contains("qrencode is not installed"))
        // In its place a program that says what it was given.
        try await clinic.makeProgram("qrencode", "#!/bin/sh\necho \"$1 of $(/usr/bin/wc -l) lines\"\n", in: folder)
        let text = try await drawn(folder)
        let lines = try await clinic.must("site", "request").split(separator: "\n").drop { !$0.hasPrefix("-----B") }
        #expect(text.contains("--type=UTF8 of \(lines.count) lines"), "\(text)")
        try await clinic.makeProgram("qrencode", "#!/bin/sh\nexit 3\n", in: folder)
        #expect(try await drawn(folder).contains("qrencode failed (3)"))
        #expect(try await clinic.run("site", "request", "--qr").errors.contains("terminal"))
    }

    @Test("input that ends instead of an answer is said, with status 66")
    func inputEnds() async throws {
        let terminal = try Terminal()
        let program = try clinic.start(["operator", "add"], at: .init(terminal))
        try await until("it asks") { try terminal.text.contains("Name") }
        try terminal.type("\u{4}")
        #expect(try await program.end() == ExitStatus.noInput.rawValue)
        #expect(try terminal.text.contains("abscope: "))
        #expect(try await clinic.run("operator", "list", "--json").output.contains("\"operators\":[]"))
    }

    @Test("Ctrl-C in a question records nothing, says so, ends with 130 and leaves the terminal as it was")
    func interruptedQuestion() async throws {
        let terminal = try Terminal()
        let before = try terminal.settings
        let program = try clinic.start(["operator", "add"], at: .init(terminal))
        try await until("it asks") { try terminal.text.contains("Name") }
        try terminal.type("Wang")
        try terminal.interrupt()
        #expect(try await program.end() == ExitStatus.interrupted.rawValue)
        #expect(try terminal.text.contains("abscope: Stopped by Ctrl-C."))
        #expect(try terminal.text.hasSuffix("\r\n"), "the shell's prompt begins a line")
        #expect(try terminal.settings == before)
        #expect(try await clinic.run("log", "verify").status == 0)
        #expect(try await clinic.run("operator", "list", "--json").output.contains("\"operators\":[]"))
    }

    @Test("a program that was started with Ctrl-C ignored goes on ignoring it")
    func ignoredInterrupt() async throws {
        let terminal = try Terminal()
        let shell = try clinic.start(
            "/bin/sh",
            ["-c", "trap '' INT; \"$0\" operator add", try BuiltProgram.abscope.path()],
            at: .init(terminal)
        )
        try await until("it asks") { try terminal.text.contains("Name") }
        try terminal.interrupt()
        try terminal.type("Wang Li\n")
        try await answer("Role", with: "nurse", on: terminal)
        #expect(try await shell.end() == 0)
    }

    @Test("emphasis only on a terminal, and not with NO_COLOR or on one that has none")
    func colour() async throws {
        try await clinic.must("operator", "add", input: "name: Wang Li\n")
        let plain = try await clinic.run("log", "stats")
        #expect(!plain.output.contains("\u{1B}"))
        for (variables, isEmphasised) in [
            ([:], true), (["NO_COLOR": "1"], false), (["NO_COLOR": ""], true), (["TERM": "dumb"], false),
        ] {
            let terminal = try Terminal()
            let program = try clinic.start(["log", "stats"], at: .init(terminal), environment: variables)
            #expect(try await program.end() == 0)
            let text = try terminal.text
            #expect(text.contains("\u{1B}[1m") == isEmphasised, "\(variables): \(text)")
            #expect(text.contains("records"))
        }
        // A terminal that only gets the errors makes no results bold.
        let terminal = try Terminal()
        let redirected = try await clinic.start(["log", "stats"], at: .init(terminal, [.input, .errors])).run()
        #expect(redirected.output == plain.output)
    }

    @Test("a reader that goes away ends the program quietly", arguments: ["case list", "log stats --json", "--help"])
    func brokenPipe(command: String) async throws {
        // The program starts when its reader is gone for certain.
        let script = """
            cd "$1" && mkfifo gate
            { read -r go <gate; "$0" \(command); echo $? >&2; } | { exec 0<&-; echo >gate; }
            """
        let shell = try await clinic.start(
            "/bin/sh",
            ["-c", script, try BuiltProgram.abscope.path(), clinic.folder.path]
        ).run()
        #expect(shell.errors == "\(ExitStatus.brokenPipe.rawValue)\n", "nothing but the status: \(shell.errors)")
    }

    @Test("full-width characters line up with the half-width ones on a terminal")
    func fullWidth() async throws {
        try await clinic.must("operator", "add", input: "name: 王丽\nrole: nurse\n")
        for name in ["ＷＡＮＧ Li", "Li"] {
            try await clinic.must("operator", "add", "--operator", "王丽", input: "name: \(name)\nrole: nurse\n")
        }
        let terminal = try Terminal()
        let program = try clinic.start(["operator", "list"], at: .init(terminal))
        #expect(try await program.end() == 0)
        let rows = try terminal.text.split(separator: "\r\n").filter { $0.contains("nurse") }
        #expect(rows.count == 3)
        let heads = rows.map { String($0.split(separator: "nurse", omittingEmptySubsequences: false)[0]) }
        #expect(Set(heads.map(TextWidth.columns)).count == 1, "\(rows)")
        #expect(Set(heads.map(\.count)).count == 3, "the names differ in letters: \(rows)")
    }

    private func answer(_ question: String, with text: String, on terminal: Terminal) async throws {
        try await until("it asks for \(question)") { try terminal.text.contains(question) }
        try terminal.type(text + "\n")
    }
}
