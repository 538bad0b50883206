import ArgumentParser
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope site handover`.
struct SiteHandover: StoreCommand {
    static let configuration = CommandConfiguration("handover", .siteHandover)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false
    @Argument(help: .option(.memberSite)) var site: String
    @Option(name: .long, help: .option(.confirmSite)) var yes: String?

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        try desk.checkAdministrator()
        let member = try desk.member(site)
        let alias = desk.names.site(member.site)
        let epoch = desk.log.epoch
        // Of an earlier epoch that forked both histories: this site wrote them.
        let others = try desk.log.rosterEnds(of: desk.log.site).filter { $0.feed.epoch != epoch }
        let entry = try desk.draft.handover(to: member.site, others: others, in: desk.roster)
        let members: [(String, JSON)] = [
            ("administrator", .string(String(describing: member.site))), ("alias", .string(alias)),
        ]
        guard !dryRun else {
            session.console.line(.site(.wouldHandOver(alias)))
            session.console.json([("handed_over", .bool(false)), ("dry_run", .bool(true))] + members)
            return .success
        }
        try session.confirm(
            expected: alias,
            given: yes,
            explaining: .site(.handoverExplained(alias)),
            asking: .aliasOfSite,
            missing: .site(.handoverNotConfirmed(alias)),
            differing: .site(.handoverNotConfirmed(alias))
        )
        let written = try desk.append([entry])
        session.console.line(.site(.handedOver(alias)))
        for reference in written { session.console.line(.recorded(reference: desk.names.reference(reference))) }
        session.console.json([("handed_over", .bool(true))] + members)
        return .success
    }
}
