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
    ) throws -> ProgramRun {
        try RunningProgram(
            try BuiltProgram.abscope.path(),
            bytes: arguments,
            input: Array(input.utf8),
            in: folder,
            environment: environment
        ).wait()
    }

    /// Runs `abscope` and waits for it.
    package static func run(
        _ arguments: String...,
        input: String = "",
        in folder: TemporaryDirectory,
        environment: [String: String] = [:]
    ) throws -> ProgramRun {
        try run(bytes: arguments.map { Array($0.utf8) }, input: input, in: folder, environment: environment)
    }
}
