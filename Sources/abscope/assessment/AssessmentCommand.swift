import ArgumentParser

/// `abscope assessment`.
struct AssessmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "assessment",
        .assessment,
        subcommands: [
            AssessmentAdd.self, AssessmentShow.self, AssessmentList.self, AssessmentCorrect.self,
            AssessmentRetract.self,
        ]
    )
}
