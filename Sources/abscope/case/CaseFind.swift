import ArgumentParser

/// `abscope case find`.
struct CaseFind: StoreCommand {
    static let configuration = CommandConfiguration("find", .caseFind)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.limit)) var limit: String?

    func perform(in session: Session) throws -> ExitStatus {
        let limit = try CaseListing.limit(limit)
        let query =
            session.input.isInteractive
            ? try session.input.ask(.search)
            : try session.input.text().split(whereSeparator: \.isNewline).first?.trimmed
        guard let query, !query.isEmpty else { throw Failure(.usage, .nothingToFind) }
        let clinic = try session.clinic()
        let found = try clinic.search(query, limit: nil)
        try CaseListing.show(found, limit: limit, includesRetracted: true, orElse: .noMatches, in: session, clinic)
        return .success
    }
}
