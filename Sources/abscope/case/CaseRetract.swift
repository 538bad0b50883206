import ArgumentParser
import CaseModel

/// `abscope case retract`.
struct CaseRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .caseRetract)
    static let noun = "case"

    @OptionGroup var options: RetractOptions

    /// Any record of a case too, for some kinds have no command of their own.
    func takesBack(_ state: RecordState) -> Bool { state.kind != .operator }
}
