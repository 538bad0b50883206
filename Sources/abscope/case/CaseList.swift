import ArgumentParser

/// `abscope case list`.
struct CaseList: StoreCommand {
    static let configuration = CommandConfiguration("list", .caseList)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.limit)) var limit: Int?
    @Flag(name: .customLong("retracted"), help: .option(.includeRetracted)) var includesRetracted = false

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        try CaseListing.show(
            try clinic.caseRecords(),
            limit: limit,
            includesRetracted: includesRetracted,
            orElse: .noCases,
            in: session,
            clinic
        )
        return .success
    }
}
