import ArgumentParser

/// `abscope result retract`.
struct ResultRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .resultRetract)
    static let noun = "result"

    @OptionGroup var options: RetractOptions
}
