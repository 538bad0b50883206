import Glibc
import StoreIO
import TestSupport
import Testing

@testable import abscope

/// Ctrl-C while a large file is imported, and what a terminal shows of it meanwhile.
@Suite("An interrupted import", .serialized)
struct InterruptedImportTests {
    private static let lines = 20_000
    private let clinic: ProgramClinic
    private var arguments: [String] {
        ["import", "csv", clinic.folder.path + "/trial.csv", "--mapping", clinic.folder.path + "/trial.json"]
    }

    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Wang Li\n")
        let mapping = """
            {"format": "abscope import mapping 0", "name": "trial", "key": "ID", "absent": [""], "ignored": {}, "records": [
              {"name": "case", "kind": "case", "fields": [
                {"path": "stage.reported_group", "column": "HISTOLOGY", "as": "string"}]}]}
            """
        try SmallFile.write(Array(mapping.utf8), to: clinic.folder.path + "/trial.json")
        let words = String(repeating: "adenocarcinoma ", count: 50)
        var text = "ID,HISTOLOGY\n"
        for line in 1...Self.lines { text += "R\(line),\(words)\(line)\n" }
        try SmallFile.write(Array(text.utf8), to: clinic.folder.path + "/trial.csv")
    }

    @Test("before the first commit it ends at once and nothing was imported", arguments: [true, false])
    func beforeCommit(isJSON: Bool) async throws {
        let terminal = try Terminal()
        // The reader of the mapping waits at the pipe until somebody writes: the import can not be further.
        let waiting = clinic.folder.path + "/waiting.json"
        let made = try await clinic.start("/usr/bin/mkfifo", [waiting]).run()
        try #require(made.status == 0)
        let program = try clinic.start(
            ["import", "csv", clinic.folder.path + "/trial.csv", "--mapping", waiting] + (isJSON ? ["--json"] : []),
            at: .init(terminal)
        )
        var writer: Int32 = -1
        defer { if writer >= 0 { close(writer) } }
        try await until("it waits for the mapping") {
            writer = unsafe open(waiting, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            return writer >= 0
        }
        try terminal.interrupt()
        #expect(try await program.end() == ExitStatus.interrupted.rawValue)
        let text = try terminal.text
        #expect(text.contains("Nothing was imported."), "\(text)")
        #expect(text.contains("\"kind\":\"interrupted\"") == isJSON)
        #expect(try await clinic.must("case", "list", "--json").contains("\"cases\":[]"))
    }

    @Test("progress is shown on a terminal's standard error only, and with --json not even there")
    func progress() async throws {
        let piped = try await clinic.run(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        #expect(piped.status == 0, "\(piped.errors)")
        #expect(!piped.errors.contains("Importing") && !piped.errors.contains("\r"), "\(piped.errors)")
        #expect(piped.output.contains("Imported \(Self.lines)"))
        let terminal = try Terminal()
        let rebuilding = try clinic.start(["view", "rebuild"], at: .init(terminal, [.input, .errors]))
        // Progress is shown after a second, and a fast machine has done it in less: it stands still in the middle.
        let disk = LinuxFileSystem()
        try await until("it builds") {
            try disk.listDirectory(clinic.store + "/view").count { $0.hasSuffix(".sqlite") } > 1
        }
        rebuilding.signal(SIGSTOP)
        try await Task.sleep(nanoseconds: 1_100_000_000)
        rebuilding.signal(SIGCONT)
        let rebuilt = try await rebuilding.run()
        #expect(rebuilt.status == 0)
        #expect(!rebuilt.output.contains("\r"), "results are not mixed with progress")
        let text = try terminal.text
        #expect(text.contains("\r\u{1B}[KBringing the view up to date: "), "\(text)")
        #expect(text.hasSuffix("\r\u{1B}[K"), "nothing stays of it")
        let quiet = try Terminal()
        let silent = try await clinic.start(["view", "rebuild", "--json"], at: .init(quiet, [.errors])).run()
        #expect(silent.status == 0)
        #expect(try quiet.text.isEmpty)
    }
}
