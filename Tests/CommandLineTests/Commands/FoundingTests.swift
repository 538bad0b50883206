import TestSupport
import Testing

@testable import abscope

@Suite("Founding a registry")
struct FoundingTests {
    private func run(_ folder: TemporaryDirectory, _ store: String, _ arguments: [String]) async throws -> ProgramRun {
        try await ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            in: folder,
            environment: ["ABSCOPE_STORE": folder.path + "/" + store]
        )
    }

    @Test("where the recovery key can not be printed nothing is founded", arguments: [[], ["--json"]])
    func unprinted(options: [String]) async throws {
        let folder = try TemporaryDirectory()
        let program = try BuiltProgram.abscope.path()
        let line = (["exec", program, "init", "--site", "HUB", "--found", "North"] + options + [">/dev/full"])
            .joined(separator: " ")
        let made = try await RunningProgram(
            "/bin/sh",
            bytes: ["-c", line].map { Array($0.utf8) },
            in: folder,
            environment: ["ABSCOPE_STORE": folder.path + "/store"]
        ).run()
        #expect(made.status == ExitStatus.inputOutput.rawValue, "\(made.errors)")
        #expect(try await run(folder, "store", ["site", "list"]).status == ExitStatus.configuration.rawValue)
        #expect(try await run(folder, "store", ["log", "stats"]).status == 0)
        if options.isEmpty {
            #expect(made.errors.contains("No registry was founded") && made.errors.contains("/store"), "\(made.errors)")
        }
    }

    @Test(
        "a name no registry can have is refused before there is a store, in a dry run too",
        arguments: ["", String(repeating: "n", count: 65)],
        [[], ["--dry-run"]]
    )
    func name(_ name: String, options: [String]) async throws {
        let folder = try TemporaryDirectory()
        let refused = try await run(folder, "store", ["init", "--site", "HUB", "--found", name] + options)
        #expect(refused.status == ExitStatus.dataError.rawValue, "\(refused.errors)")
        #expect(refused.errors.contains("1 to 64 characters"), "\(refused.errors)")
        let longest = String(repeating: "n", count: 64)
        let made = try await run(folder, "store", ["init", "--site", "HUB", "--found", longest])
        #expect(made.status == 0, "the place is free: \(made.errors)")
    }
}
