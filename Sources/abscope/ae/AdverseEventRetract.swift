import ArgumentParser

/// `abscope ae retract`.
struct AdverseEventRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .adverseEventRetract)
    static let noun = "ae"

    @OptionGroup var options: RetractOptions
}
