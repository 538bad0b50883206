import ArgumentParser

/// `abscope operator`.
struct OperatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "operator",
        .operator,
        subcommands: [OperatorAdd.self, OperatorList.self, OperatorRetract.self]
    )
}
