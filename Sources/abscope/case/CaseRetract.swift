import ArgumentParser
import CaseModel

/// `abscope case retract`.
struct CaseRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .caseRetract)
    static let noun = "case"

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?

    /// Any record of a case too, for some kinds have no command of their own.
    func takesBack(_ state: RecordState) -> Bool { state.kind != .operator }
}
