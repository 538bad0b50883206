import ArgumentParser

/// `abscope import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "import",
        .import,
        subcommands: [ImportCSV.self]
    )
}
