import TestSupport

@testable import abscope

/// A store whose program is started at a terminal, or beside one.
struct TerminalClinic {
    let folder: TemporaryDirectory
    private var environment: [String: String] { ["ABSCOPE_STORE": folder.path + "/store"] }

    /// A store without an operator.
    init() throws {
        folder = try TemporaryDirectory()
        try must("init", "--site", "GY")
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

    /// Runs `abscope` without a terminal.
    func run(_ arguments: String..., input: String = "") throws -> ProgramRun {
        try ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            input: input,
            in: folder,
            environment: environment
        )
    }

    /// The same, and it has to succeed.
    @discardableResult
    func must(_ arguments: String..., input: String = "") throws -> String {
        let run = try ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            input: input,
            in: folder,
            environment: environment
        )
        guard run.status == 0 else {
            throw Hindrance("abscope \(arguments.joined(separator: " ")) ended with \(run.status): \(run.errors)")
        }
        return run.output
    }
}
