import ArgumentParser

/// `abscope operator retract`.
struct OperatorRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .operatorRetract)
    static let noun = "operator"

    @OptionGroup var options: RetractOptions
}
