import ArgumentParser

/// `abscope view`.
struct ViewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "view",
        .view,
        subcommands: [ViewRebuild.self]
    )
}
