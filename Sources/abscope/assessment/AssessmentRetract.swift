import ArgumentParser

/// `abscope assessment retract`.
struct AssessmentRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .assessmentRetract)
    static let noun = "assessment"

    @OptionGroup var options: RetractOptions
}
