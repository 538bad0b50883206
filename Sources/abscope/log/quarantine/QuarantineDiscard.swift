import ArgumentParser
import LogStore

/// `abscope log quarantine discard`.
struct QuarantineDiscard: StoreCommand {
    static let configuration = CommandConfiguration("discard", .quarantineDiscard)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.quarantineFiles)) var files: [String] = []
    @Option(name: .long, help: .option(.discardCount)) var yes: String?
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let chosen = try log.quarantined(named: files)
        for file in chosen { session.console.line(file.name.safeForTerminal) }
        guard !chosen.isEmpty, !dryRun else {
            if chosen.isEmpty { session.console.line(.quarantineEmpty) }
            session.console.json([("discarded", .array([])), ("dry_run", .bool(dryRun))])
            return .success
        }
        let count = String(chosen.count)
        if yes == nil, session.input.isInteractive {
            try session.console.flush()
            session.console.note(.discardExplained(chosen.count))
            guard try session.input.ask(.askDiscard) == count else {
                throw Failure(.usage, .discardNotConfirmed(chosen.count))
            }
        } else {
            guard yes?.trimmed == count else { throw Failure(.usage, .discardNotConfirmed(chosen.count)) }
        }
        for file in chosen { try log.discard(file) }
        session.console.line(.discarded(chosen.count))
        session.console.json([("discarded", .array(chosen.map { .string($0.name) }))])
        return .success
    }
}
