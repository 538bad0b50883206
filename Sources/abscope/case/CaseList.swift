import ArgumentParser

/// `abscope case list`.
struct CaseList: StoreCommand {
    static let configuration = CommandConfiguration("list", .caseList)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.limit)) var limit: String?
    @Flag(name: .customLong("retracted"), help: .option(.includeRetracted)) var includesRetracted = false

    func perform(in session: Session) throws -> ExitStatus {
        let limit = try CaseListing.limit(limit)
        let clinic = try session.clinic()
        try CaseListing.show(
            nil,
            limit: limit,
            includesRetracted: includesRetracted,
            orElse: .noCases,
            in: session,
            clinic
        )
        return .success
    }
}
