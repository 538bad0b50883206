import ArgumentParser

/// `abscope result`.
struct ResultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "result",
        .result,
        subcommands: [ResultAdd.self, ResultList.self, ResultRetract.self]
    )
}
