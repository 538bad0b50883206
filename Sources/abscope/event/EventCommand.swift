import ArgumentParser

/// `abscope event`.
struct EventCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "event",
        .event,
        subcommands: [EventAdd.self, EventList.self, EventRetract.self]
    )
}
