import ArgumentParser

/// One run of the program, from the arguments to the exit status.
enum Program {
    /// Parses, runs, prints what there is to print, and says how it went. Never traps on input.
    static func run() -> ExitStatus {
        var arguments: [String] = []
        do {
            arguments = try Surrounding.arguments()
            arguments = try CommandTree.arranged(arguments)
            var command = try Abscope.parseAsRoot(arguments)
            try command.run()
            return .success
        } catch let ending as Ending {
            return ending.status
        } catch {
            return report(error, isJSON: arguments.prefix { $0 != "--" }.contains("--json"))
        }
    }

    private static func report(_ error: any Error, isJSON: Bool) -> ExitStatus {
        if Abscope.exitCode(for: error) == .success {
            // Help, the version, or a completion script was asked for.
            let console = Console(isJSON: false)
            console.raw(Abscope.fullMessage(for: error) + "\n")
            do { try console.flush() } catch { return Failure(describing: error).status }
            return .success
        }
        let failure = parserFailure(error) ?? Failure(describing: error)
        guard failure.status != .brokenPipe else { return .brokenPipe }
        Console.writeError(Console.line(of: failure, isJSON: isJSON))
        return failure.status
    }

    /// What the argument parser refused, in its own words; nil when the error is not the parser's.
    private static func parserFailure(_ error: any Error) -> Failure? {
        guard !(error is Failure), Abscope.exitCode(for: error) == .validationFailure else { return nil }
        let usage = Abscope.fullMessage(for: error).split(separator: "\n").last { $0.contains("Usage:") }
        let sentence = Abscope.message(for: error)
        var failure = Failure(.usage, sentence, remedy: usage == nil ? say(.seeHelp) : "")
        failure.usage = usage?.trimmed ?? ""
        return failure
    }
}

/// Ends a command that did its work with a status other than 0.
struct Ending: Error {
    var status: ExitStatus
}
