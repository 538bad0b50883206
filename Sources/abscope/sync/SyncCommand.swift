import ArgumentParser

/// `abscope sync`.
struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "sync",
        .sync,
        subcommands: [SyncStatusCommand.self, SyncPlanCommand.self, SyncNow.self]
    )
}
