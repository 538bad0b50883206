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
        try session.confirm(
            expected: String(chosen.count),
            given: yes,
            explaining: .discardExplained(chosen.count),
            asking: .countToDiscard,
            missing: .discardNotConfirmed(chosen.count),
            differing: .discardNotConfirmed(chosen.count)
        )
        for file in chosen { try log.discard(file) }
        session.console.line(.discarded(chosen.count))
        session.console.json([("discarded", .array(chosen.map { .string($0.name) }))])
        return .success
    }
}
