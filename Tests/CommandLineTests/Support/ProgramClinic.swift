import TestSupport

@testable import abscope

/// A store in a folder of its own, and the built program that works on it, at a terminal or without one.
struct ProgramClinic {
    let folder: TemporaryDirectory
    var store: String { folder.path + "/store" }
    private var environment: [String: String] { ["ABSCOPE_STORE": store] }

    /// A store without an operator.
    init() async throws {
        folder = try TemporaryDirectory()
        try await must("init", "--site", "GY")
    }

    /// Starts `abscope`.
    func start(
        _ arguments: [String],
        at attachment: RunningProgram.Attachment? = nil,
        environment variables: [String: String] = [:]
    ) throws -> RunningProgram {
        try start(try BuiltProgram.abscope.path(), arguments, at: attachment, environment: variables)
    }

    /// Starts any program with the surroundings of this clinic's `abscope`.
    func start(
        _ program: String,
        _ arguments: [String],
        at attachment: RunningProgram.Attachment? = nil,
        environment variables: [String: String] = [:]
    ) throws -> RunningProgram {
        try RunningProgram(
            program,
            bytes: arguments.map { Array($0.utf8) },
            in: folder,
            environment: environment.merging(variables) { $1 },
            at: attachment
        )
    }

    /// Adds a case from lines of standard input and further options, and gives back its number.
    func addCase(_ input: String, _ options: String...) async throws -> String {
        let number = Self.member("case", of: try await must(["case", "add", "--json"] + options, input: input))
        guard number.hasPrefix("GY-") else { throw Hindrance("not the number of a case: \(number)") }
        return number
    }

    /// Runs `abscope` without a terminal.
    func run(
        _ arguments: [String],
        input: String = "",
        environment variables: [String: String] = [:]
    ) async throws -> ProgramRun {
        try await ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            input: input,
            in: folder,
            environment: environment.merging(variables) { $1 }
        )
    }

    /// Runs `abscope` without a terminal.
    func run(_ arguments: String..., input: String = "") async throws -> ProgramRun {
        try await run(arguments, input: input)
    }

    /// The same, and it has to succeed.
    @discardableResult
    func must(_ arguments: String..., input: String = "") async throws -> String {
        try await must(arguments, input: input)
    }

    @discardableResult
    func must(_ arguments: [String], input: String = "") async throws -> String {
        let run = try await run(arguments, input: input)
        guard run.status == 0 else {
            throw Hindrance("abscope \(arguments.joined(separator: " ")) ended with \(run.status): \(run.errors)")
        }
        return run.output
    }

    /// The first member of this name in printed JSON; empty when there is none.
    static func member(_ name: String, of json: String) -> String {
        let parts = json.split(separator: "\"\(name)\":\"", maxSplits: 1)
        return parts.count > 1 ? String(parts[1].prefix { $0 != "\"" }) : ""
    }

    /// Puts a script where programs are looked for.
    func makeProgram(_ name: String, _ script: String, in folder: String) async throws {
        let status = try await start("/bin/mkdir", ["-p", folder]).end()
        guard status == 0 else { throw Hindrance("no folder \(folder)") }
        try SmallFile.write(Array(script.utf8), to: folder + "/" + name)
        guard try await start("/bin/chmod", ["755", folder + "/" + name]).end() == 0 else {
            throw Hindrance("\(name) can not be made a program")
        }
    }
}
