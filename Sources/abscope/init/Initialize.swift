import ArgumentParser
import CaseModel
import Crypto
import LogFormat
import LogStore
import StoreIO
import SyncEngine
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
        if let registryName { members += try found(registryName, in: log, session) }
        session.console.line(.nextSteps)
        session.console.json(members)
        return .success
    }

    private func alias(_ typed: String) throws -> String {
        let alias = TypedText.folded(typed).uppercased()
        guard SiteAlias.isValid(alias) else { throw Failure(.dataError, .aliasForm(typed), at: "site") }
        return alias
    }

    /// Founds a registry whose administrator this site is. The recovery key exists in this process only until it is
    /// printed.
    private func found(_ name: String, in log: LogStore, _ session: Session) throws -> [(String, JSON)] {
        let recovery = Curve25519.Signing.PrivateKey()
        let now = session.now
        let draft = RosterDraft(
            recordedMilliseconds: now.milliseconds,
            zoneOffsetMinutes: now.zoneOffsetMinutes,
            program: Abscope.program
        )
        let founding = try draft.founding(
            name: name,
            administrator: try log.publicKeys(),
            recoveryKey: Array(recovery.publicKey.rawRepresentation),
            nonce: session.surroundings.random.bytes(16)
        )
        let registry = RegistryID(foundedBy: founding)
        let roster = try Roster(founding: founding)
        let admission = try draft.admission(
            try log.publicKeys(),
            alias: log.alias,
            role: "hub",
            in: roster
        )
        _ = try log.append([founding, admission], to: .roster)
        try log.join(RegistryMembership(foundingEntry: founding))
        let key = RecoveryKey(recovery).text
        session.console.line(.registryFounded(name: name, registry: String(describing: registry)))
        session.console.line()
        session.console.line(.recoveryKeyOnce)
        session.console.line(.recoveryKeyLine(key))
        session.console.line()
        return [("registry", .string(String(describing: registry))), ("recovery_key", .string(key))]
    }
}
