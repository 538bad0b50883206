import ArgumentParser
import LogFormat
import SyncProtocol

/// `abscope site change`.
struct SiteChange: StoreCommand {
    static let configuration = CommandConfiguration("change", .siteChange)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false
    @Argument(help: .option(.memberSite)) var site: String
    @Option(name: .long, help: .option(.reads)) var reads: [String] = []
    @Flag(name: .customLong("reads-all"), help: .option(.readsAll)) var readsAll = false
    @Option(name: .long, help: .option(.address)) var address: [String] = []
    @Option(name: .long, help: .option(.siteRole)) var role: String?

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        try desk.checkAdministrator()
        guard !readsAll || reads.isEmpty else { throw Failure(.usage, .site(.readsContradict)) }
        guard readsAll || !reads.isEmpty || !address.isEmpty || role != nil else {
            throw Failure(.usage, .site(.nothingToChange))
        }
        let member = try desk.member(site)
        let alias = desk.names.site(member.site)
        guard !member.isRevoked else { throw Failure(.noPermission, .site(.changeOfRevoked(alias))) }
        let read = try reads.map { try desk.member($0).site }
        let entry = try desk.draft.admission(
            member.keys,
            alias: member.admittedAlias,
            role: role ?? member.role,
            addresses: address.isEmpty ? member.addresses : address,
            reads: readsAll ? [] : read.isEmpty ? member.reads : read,
            continues: member.continues,
            in: desk.roster
        )
        let members: [(String, JSON)] = [
            ("site", .string(String(describing: member.site))), ("alias", .string(alias)),
        ]
        guard !dryRun else {
            session.console.line(.site(.wouldChange(alias)))
            session.console.json([("changed", .bool(false)), ("dry_run", .bool(true))] + members)
            return .success
        }
        let written = try desk.append([entry])
        session.console.line(.site(.changed(alias)))
        for reference in written { session.console.line(.recorded(reference: desk.names.reference(reference))) }
        session.console.json([("changed", .bool(true))] + members)
        return .success
    }
}
