import Glibc

/// One run of a program that has ended.
package struct ProgramRun: Sendable {
    /// The exit status, or the signal that ended it with a minus sign.
    package var status: Int32
    package var output: String
    package var errors: String

    package init(status: Int32, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors = errors
    }

    /// Tests are all at work at once: as many of their programs as there are processors run, and the others wait here and
    /// not on the threads that every test needs.
    private static let turns = Turnstile(places: max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// Runs `abscope` and waits for it.
    ///
    /// * arguments: After the program's name, as bytes: not every argument is valid UTF-8.
    /// * input: Of standard input.
    /// * environment: Besides PATH, HOME and the store's state folder, which lie in `folder`.
    package static func run(
        bytes arguments: [[UInt8]],
        input: String = "",
        in folder: TemporaryDirectory,
        environment: [String: String] = [:]
    ) async throws -> ProgramRun {
        await turns.enter()
        defer { turns.leave() }
        return try await RunningProgram(
            try BuiltProgram.abscope.path(),
            bytes: arguments,
            input: Array(input.utf8),
            in: folder,
            environment: environment
        ).run()
    }

    /// Runs `abscope` and waits for it.
    package static func run(
        _ arguments: String...,
        input: String = "",
        in folder: TemporaryDirectory,
        environment: [String: String] = [:]
    ) async throws -> ProgramRun {
        try await run(bytes: arguments.map { Array($0.utf8) }, input: input, in: folder, environment: environment)
    }
}
