import ArgumentParser

/// `abscope log quarantine`.
struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "quarantine",
        .quarantine,
        subcommands: [QuarantineList.self, QuarantineExport.self, QuarantineDiscard.self]
    )
}
