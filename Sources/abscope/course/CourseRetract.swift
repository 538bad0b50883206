import ArgumentParser

/// `abscope course retract`.
struct CourseRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .courseRetract)
    static let noun = "course"

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?
}
