import ArgumentParser

/// `abscope operator retract`.
struct OperatorRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .operatorRetract)
    static let noun = "operator"

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?
}
