import ArgumentParser

/// `abscope ae`.
struct AdverseEventCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "ae",
        .adverseEvent,
        subcommands: [
            AdverseEventAdd.self, AdverseEventAmend.self, AdverseEventRelate.self, AdverseEventList.self,
            AdverseEventRetract.self,
        ]
    )
}
