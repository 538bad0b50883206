import ArgumentParser

/// `abscope person`.
struct PersonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "person",
        .person,
        subcommands: [PersonShow.self, PersonErase.self]
    )
}
