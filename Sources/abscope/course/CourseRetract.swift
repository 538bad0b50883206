import ArgumentParser

/// `abscope course retract`.
struct CourseRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .courseRetract)
    static let noun = "course"

    @OptionGroup var options: RetractOptions
}
