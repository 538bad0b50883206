import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import SyncProtocol

/// `abscope init`.
struct Initialize: StoreCommand {
    static let configuration = CommandConfiguration("init", .initialize)

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("site"), help: .option(.siteAlias)) var siteAlias: String?
    @Option(name: .customLong("found"), help: .option(.foundRegistry)) var registryName: String?
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        let form = try Form(
            [Form.Field("site", siteAlias, asks: .siteAlias, isRequired: true)],
            reading: .nothing,
            from: session.input
        )
        let alias = try alias(form.value("site"))
        // Before anything is made: in a store that is there nobody can found a registry any more.
        if let registryName { try RosterDraft.check(registryName: registryName) }
        guard !dryRun else {
            session.console.line(.wouldCreateStore(session.storePath))
            session.console.json([
                ("created", .bool(false)), ("dry_run", .bool(true)), ("store", .string(session.storePath)),
                ("alias", .string(alias)),
            ])
            return .success
        }
        let log = try LogStore.create(at: session.storePath, alias: alias, in: session.surroundings)
        session.console.line(.storeCreated(session.storePath))
        session.console.line(.siteIs(alias: alias, site: String(describing: log.site)))
        session.console.line(.formatMayChange)
        var members: [(String, JSON)] = [
            ("created", .bool(true)), ("store", .string(session.storePath)), ("alias", .string(alias)),
            ("site", .string(String(describing: log.site))), ("format", .integer(0)),
        ]
        let founding = try registryName.map { try Founding($0, of: log, in: session) }
        if let founding {
            founding.tell(on: session.console)
            members += founding.members
        }
        session.console.line(.nextSteps(store: common.store))
        session.console.json(members)
        guard let founding else { return .success }
        do {
            // The recovery key is nowhere else: what only it can save is not founded before it has been said.
            try session.console.flush()
            try founding.record(in: log)
        } catch {
            session.console.note(.notFounded(session.storePath))
            throw error
        }
        return .success
    }

    private func alias(_ typed: String) throws -> String {
        let alias = TypedText.folded(typed).uppercased()
        guard SiteAlias.isValid(alias) else { throw Failure(.dataError, .aliasForm(typed), at: "site") }
        return alias
    }
}
