import ArgumentParser

/// `abscope statement retract`.
struct StatementRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .statementRetract)
    static let noun = "statement"

    @OptionGroup var options: RetractOptions
}
