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
        let log = try session.log()
        guard let roster = try Roster(in: log) else {
            throw Failure(.configuration, .noRegistry, remedy: .noRegistryRemedy)
        }
        let names = try RecordNames(log)
        let heads = try log.frontier().rows
        var table = Table([
            .init(.site), .init(.role), .init(.address), .init(.entries, right: true), .init(.standing),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for member in roster.members {
            let entries = heads.filter { $0.feed.site == member.site }.reduce(0) { $0 + $1.head.position }
            var marks: [String] = []
            if member.site == log.site { marks.append(say(Term.thisSite)) }
            if member.site == roster.administrator { marks.append(say(Term.administrator)) }
            if member.isRevoked { marks.append(say(Term.revoked)) }
            table.add([
                names.site(member.site), member.role, member.addresses.joined(separator: " "), String(entries),
                marks.joined(separator: ", "), String(describing: member.site),
            ])
            rows.append(
                .object([
                    ("site", .string(String(describing: member.site))), ("alias", .string(names.site(member.site))),
                    ("role", .string(member.role)), ("addresses", .array(member.addresses.map(JSON.string))),
                    ("reads", .array(member.reads.map { .string(names.site($0)) })),
                    ("revoked", .bool(member.isRevoked)), ("this_site", .bool(member.site == log.site)),
                    ("administrator", .bool(member.site == roster.administrator)), ("entries_here", JSON(entries)),
                ])
            )
        }
        session.console.line("\(roster.name)  \(roster.registry)".safeForTerminal)
        session.console.table(table, orElse: .noSites)
        session.console.json([
            ("registry", .string(String(describing: roster.registry))), ("name", .string(roster.name)),
            ("sites", .array(rows)),
        ])
        return .success
    }
}
