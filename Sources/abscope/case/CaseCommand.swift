import ArgumentParser

/// `abscope case`.
struct CaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "case",
        .case,
        subcommands: [
            CaseAdd.self, CaseShow.self, CaseFind.self, CaseList.self, CaseAmend.self, CaseRetract.self,
            CaseHistory.self,
            CaseTimeline.self,
        ]
    )
}
