import ArgumentParser

/// `abscope ae retract`.
struct AdverseEventRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .adverseEventRetract)
    static let noun = "ae"

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?
}
