import ArgumentParser
import LogFormat
import LogStore
import SyncProtocol

/// `abscope site revoke`.
struct SiteRevoke: StoreCommand {
    static let configuration = CommandConfiguration("revoke", .siteRevoke)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false
    @Argument(help: .option(.memberSite)) var site: String
    @Option(name: .long, help: .option(.revokeReason)) var reason: String?
    @Option(name: .long, help: .option(.confirmSite)) var yes: String?
    @Flag(name: .long, help: .option(.onlyWithHoldings)) var holdings = false
    @Option(name: .long, help: .option(.outputFile), completion: .file()) var output: String?

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        try desk.checkAdministrator()
        let member = try desk.member(site)
        let alias = desk.names.site(member.site)
        let known = member.cutOffs
        // A cut-off is raised and never lowered.
        let rows = try desk.rows(of: member.site).filter { $0.head.position > known?[$0.feed]?.position ?? 0 }
        if known != nil, rows.isEmpty {
            session.console.line(.site(.revokedAlready(alias)))
            session.console.json(members(member, rows, desk, isDone: false))
            return .success
        }
        let reason =
            known != nil && self.reason == nil
            ? member.revocationReason
            : try Form(
                [Form.Field("reason", self.reason, asks: .revokeReason, isRequired: true)],
                reading: .nothing,
                from: session.input
            ).value("reason")
        let entries = try desk.draft.revocations(of: member.site, cutOffs: rows, reason: reason, in: desk.roster)
        try desk.explain(member, rows, session)
        let held = try desk.holdings(of: member.site, in: session)
        for note in desk.notes(on: held, of: member.site) { session.console.line(.site(note)) }
        guard !holdings || held.allSatisfy({ $0.ahead == nil }) else {
            try session.console.flush()
            throw Failure(.temporary, .site(.revokeWouldLose))
        }
        guard !dryRun else {
            session.console.line(.site(.wouldRevoke(alias)))
            session.console.json([("dry_run", .bool(true))] + members(member, rows, desk, isDone: false))
            return .success
        }
        try session.confirm(
            expected: alias,
            given: yes,
            explaining: .site(.revokeExplained(alias)),
            asking: .aliasOfSite,
            missing: .site(.revokeNotConfirmed(alias)),
            differing: .site(.revokeNotConfirmed(alias))
        )
        let written = try append(entries, of: member, alias, desk, session)
        session.console.line(.site(known == nil ? .revoked(alias) : .raised(alias)))
        if let first = written.first { session.console.line(.recorded(reference: desk.names.reference(first))) }
        if let output { session.console.line(.site(.noticeWritten(output))) }
        session.console.line(.site(.salvageHint(alias)))
        session.console.json(
            members(member, rows, desk, isDone: true) + [
                ("reason", .string(reason)), ("references", .array(written.map { .string(desk.names.reference($0)) })),
            ]
        )
        return .success
    }

    private func append(
        _ entries: [[UInt8]],
        of member: RosterMember,
        _ alias: String,
        _ desk: RosterDesk,
        _ session: Session
    ) throws -> [EntryReference] {
        guard let output else { return try desk.append(entries) }
        guard let text = RevocationNotice(registry: desk.roster.registry, site: member.site, entries: entries).text
        else {
            session.console.note(.site(.noticeTooLong))
            return try desk.append(entries)
        }
        // Before the revocation, which can not be taken back.
        try WholeFile.create(output, text, in: session.surroundings)
        do {
            return try desk.append(entries)
        } catch {
            WholeFile.remove(output)
            throw error
        }
    }

    private func members(
        _ member: RosterMember,
        _ rows: [Frontier.Row],
        _ desk: RosterDesk,
        isDone: Bool
    ) -> [(String, JSON)] {
        [
            ("revoked", .bool(isDone)), ("site", .string(String(describing: member.site))),
            ("alias", .string(desk.names.site(member.site))), ("cut_offs", desk.json(rows)),
        ]
    }
}
