import ArgumentParser

/// `abscope fraction`.
struct FractionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "fraction",
        .fraction,
        subcommands: [FractionGive.self, FractionMiss.self, FractionList.self, FractionRetract.self]
    )
}
