import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import SyncProtocol

/// `abscope site recover`.
struct SiteRecover: StoreCommand {
    static let configuration = CommandConfiguration("recover", .siteRecover)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        let (log, roster) = (desk.log, desk.roster)
        guard roster.administrator != log.site else { throw Failure(.dataError, .site(.administersAlready)) }
        guard roster[log.site] != nil else { throw Failure(.temporary, .site(.notListed)) }
        session.console.line(.site(.recoveryExplained))
        let ends = try roster.authorities.flatMap { try desk.rows(of: $0) }.filter { $0.feed.lane == .roster }
        let appointment = try RosterDraft.Appointment(of: log.site, cutOffs: ends, desk.draft, in: roster)
        try session.console.flush()
        let form = try Form([Form.Field("key", asks: .recoveryKey, isRequired: true)], from: session.input)
        let key = try RecoveryKey(typed: TypedText.folded(form.value("key")))
        let entries = try appointment.entries { Array(try key.signature(for: $0)) }
        let members: [(String, JSON)] = [
            ("administrator", .string(String(describing: log.site))), ("alias", .string(log.alias)),
        ]
        guard !dryRun else {
            session.console.line(.site(.wouldRecover))
            session.console.json([("recovered", .bool(false)), ("dry_run", .bool(true))] + members)
            return .success
        }
        let written = try desk.append(entries)
        session.console.line(.site(.recovered(roster.name)))
        for reference in written { session.console.line(.recorded(reference: desk.names.reference(reference))) }
        let former = roster.authorities.filter { $0 != log.site && roster[$0]?.isRevoked == false }
        if !former.isEmpty {
            // Whose office was taken is the one that may be lost; those before handed it over.
            let last = former.contains(roster.administrator) ? roster.administrator : former[0]
            session.console.line(.site(.formerStays(former.map(desk.names.site), last: desk.names.site(last))))
        }
        session.console.json([("recovered", .bool(true))] + members)
        return .success
    }
}
