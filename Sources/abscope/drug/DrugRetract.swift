import ArgumentParser

/// `abscope drug retract`: an order, or a dose.
struct DrugRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .drugRetract)
    static let noun = "drug"

    @OptionGroup var options: RetractOptions
}
