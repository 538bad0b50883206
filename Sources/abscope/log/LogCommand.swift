import ArgumentParser

/// `abscope log`.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "log",
        .log,
        subcommands: [LogStats.self, LogVerify.self, LogShow.self, LogSeal.self]
    )
}
