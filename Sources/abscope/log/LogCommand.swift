import ArgumentParser

/// `abscope log`.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "log",
        .log,
        subcommands: [
            LogStats.self, LogVerify.self, LogRepair.self, LogShow.self, LogSeal.self, QuarantineCommand.self,
        ]
    )
}
