import ArgumentParser

/// `abscope conflicts`.
struct ConflictsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "conflicts",
        .conflicts,
        subcommands: [ConflictsList.self, ConflictsShow.self, ConflictsResolve.self]
    )
}
