import ArgumentParser

/// `abscope export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "export",
        .export,
        subcommands: [ExportCSV.self]
    )
}
