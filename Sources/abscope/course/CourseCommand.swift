import ArgumentParser

/// `abscope course`.
struct CourseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "course",
        .course,
        subcommands: [
            CourseAdd.self, CourseShow.self, CourseHold.self, CourseResume.self, CourseStop.self, CourseComplete.self,
            CourseRetract.self,
        ]
    )
}
