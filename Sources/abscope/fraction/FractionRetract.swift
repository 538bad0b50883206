import ArgumentParser

/// `abscope fraction retract`.
struct FractionRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .fractionRetract)
    static let noun = "fraction"

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?
}
