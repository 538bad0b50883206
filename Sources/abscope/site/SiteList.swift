import ArgumentParser
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope site list`.
struct SiteList: StoreCommand {
    static let configuration = CommandConfiguration("list", .siteList)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        let (log, roster, names) = (desk.log, desk.roster, desk.names)
        let frontier = try log.frontier()
        let membership = try log.membership()
        var notes: [SiteMessage] = []
        var table = Table([
            .init(.site), .init(.role), .init(.address), .init(.entries, right: true), .init(.standing),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for member in roster.members {
            let heads = frontier.rows(of: member.site)
            let entries = heads.reduce(0) { $0 + $1.head.position }
            var marks: [String] = []
            if member.site == log.site { marks.append(say(Term.thisSite)) }
            if member.site == roster.administrator { marks.append(say(Term.administrator)) }
            if member.isRevoked { marks.append(say(Term.revoked)) }
            let beyond = member.beyondCutOff(heads)
            if beyond > 0 { notes.append(.beyondCutOff(names.site(member.site), beyond)) }
            if member.isRevoked, member.site == log.site { notes.append(.ownRevoked) }
            // Those of the invitation come before those of the roster, and stand nowhere else.
            let invited = member.site == membership?.dialSite ? membership?.dialAddresses ?? [] : []
            let dialled = member.site == log.site ? [] : invited + member.addresses.filter { !invited.contains($0) }
            let shown = member.site == log.site ? member.addresses : dialled
            table.add([
                names.site(member.site), member.role, shown.joined(separator: " "), String(entries),
                marks.joined(separator: ", "), String(describing: member.site),
            ])
            rows.append(
                .object([
                    ("site", .string(String(describing: member.site))), ("alias", .string(names.site(member.site))),
                    ("role", .string(member.role)), ("addresses", .array(member.addresses.map(JSON.string))),
                    ("dialled", .array(dialled.map(JSON.string))),
                    ("reads", .array(member.reads.map { .string(names.site($0)) })),
                    ("revoked", .bool(member.isRevoked)), ("this_site", .bool(member.site == log.site)),
                    ("administrator", .bool(member.site == roster.administrator)), ("entries_here", JSON(entries)),
                    ("entries_beyond_cut_off", JSON(beyond)),
                    ("reason", member.isRevoked ? .string(member.revocationReason) : .null),
                    ("continues", JSON(member.continues.map(names.site))),
                ])
            )
        }
        session.console.line("\(roster.name)  \(roster.registry)".safeForTerminal)
        session.console.table(table, orElse: .noSites)
        for note in notes { session.console.line(.site(note)) }
        session.console.json([
            ("registry", .string(String(describing: roster.registry))), ("name", .string(roster.name)),
            ("sites", .array(rows)),
        ])
        return .success
    }
}

extension RosterMember {
    /// How many entries of a revoked site are shown beyond where it is cut off: what arrived before the revocation did.
    fileprivate func beyondCutOff(_ heads: some Sequence<Frontier.Row>) -> UInt64 {
        guard let cutOffs else { return 0 }
        return heads.reduce(0) { sum, row in
            let end = cutOffs[row.feed]?.position ?? 0
            return sum + row.head.position - min(end, row.head.position)
        }
    }
}
