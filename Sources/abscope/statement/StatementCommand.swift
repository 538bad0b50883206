import ArgumentParser

/// `abscope statement`.
struct StatementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "statement",
        .statement,
        subcommands: [StatementAdd.self, StatementList.self, StatementRetract.self]
    )
}
