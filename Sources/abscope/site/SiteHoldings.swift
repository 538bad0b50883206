import ArgumentParser
import LogFormat
import LogStore
import SyncProtocol

/// `abscope site holdings`.
struct SiteHoldings: StoreCommand {
    static let configuration = CommandConfiguration("holdings", .siteHoldings)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.memberSite)) var site: String

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        let member = try desk.member(site)
        let holdings = try desk.holdings(of: member.site, in: session)
        var table = Table([.init(.feed), .init(.site), .init(.entries, right: true), .init(.age)])
        for feed in holdings {
            let name = desk.names.feed(feed.feed)
            table.add([name, say(Term.thisSite), String(feed.here), ""])
            for holder in feed.holders {
                table.add([
                    name, desk.names.site(holder.site), String(holder.position),
                    Quantities.duration(seconds: Int64(clamping: holder.secondsAgo)),
                ])
            }
        }
        session.console.table(table, orElse: .site(.revokeNothingHeld))
        let notes = desk.notes(on: holdings, of: member.site)
        for note in notes { session.console.line(.site(note)) }
        session.console.json([
            ("site", .string(String(describing: member.site))), ("alias", .string(desk.names.site(member.site))),
            ("all_here", .bool(holdings.allSatisfy { $0.ahead == nil })), ("feeds", desk.json(holdings)),
        ])
        return notes.isEmpty ? .success : .findings
    }
}
