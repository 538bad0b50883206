import ArgumentParser

/// `abscope incident`.
struct IncidentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "incident",
        .incident,
        subcommands: [IncidentList.self, IncidentShow.self, IncidentClose.self]
    )
}
