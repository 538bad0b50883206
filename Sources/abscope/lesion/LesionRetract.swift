import ArgumentParser

/// `abscope lesion retract`.
struct LesionRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .lesionRetract)
    static let noun = "lesion"

    @OptionGroup var options: RetractOptions
}
