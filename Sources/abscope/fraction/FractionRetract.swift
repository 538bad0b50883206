import ArgumentParser

/// `abscope fraction retract`.
struct FractionRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .fractionRetract)
    static let noun = "fraction"

    @OptionGroup var options: RetractOptions
}
