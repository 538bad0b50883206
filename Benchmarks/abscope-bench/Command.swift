import Foundation

/// Runs a program and waits for it.
enum Command {
    /// What a program did.
    struct Result {
        var output: String
        var status: Int32
        /// Until its output ended: Foundation looks only twenty times a second whether a program has.
        var seconds: Double
    }

    /// Runs a program to its end. Without `acceptsFailure` a status other than 0 is an error.
    @discardableResult
    static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String]? = nil,
        acceptsFailure: Bool = false
    ) throws -> Result {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let began = Stopwatch.now()
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let seconds = Stopwatch.now() - began
        process.waitUntilExit()
        guard acceptsFailure || process.terminationStatus == 0 else {
            throw BenchmarkError(
                "\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)"
            )
        }
        return Result(
            output: String(decoding: bytes, as: UTF8.self),
            status: process.terminationStatus,
            seconds: seconds
        )
    }
}
