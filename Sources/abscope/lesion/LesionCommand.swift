import ArgumentParser

/// `abscope lesion`.
struct LesionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "lesion",
        .lesion,
        subcommands: [LesionAdd.self, LesionAmend.self, LesionExpose.self, LesionList.self, LesionRetract.self]
    )
}
