import ArgumentParser

/// `abscope attachment`.
struct AttachmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "attachment",
        .attachment,
        subcommands: [AttachmentList.self, AttachmentExport.self]
    )
}
