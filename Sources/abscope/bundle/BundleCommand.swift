import ArgumentParser

/// `abscope bundle`.
struct BundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "bundle",
        .bundle,
        subcommands: [BundleExport.self, BundleInspect.self, BundleImport.self]
    )
}
