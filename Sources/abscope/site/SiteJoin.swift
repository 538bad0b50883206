import ArgumentParser
import LogFormat
import LogStore
import SyncProtocol

/// `abscope site join`.
struct SiteJoin: StoreCommand {
    static let configuration = CommandConfiguration("join", .siteJoin)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false
    @Argument(help: .option(.invitationFile), completion: .file()) var invitation: String
    @Option(name: .long, help: .option(.addressOfInviter)) var address: [String] = []

    func perform(in session: Session) throws -> ExitStatus {
        try RosterDraft.check(addresses: address)
        let log = try session.log()
        let bytes = try WholeFile.read(invitation, limitBytes: 1 << 17)
        let invitation = try Invitation(
            text: try StandardInput.text(of: bytes, from: invitation),
            for: log.site
        )
        let roster = try Roster(founding: invitation.foundingEntry)
        let members: [(String, JSON)] = [
            ("registry", .string(String(describing: invitation.registry))), ("name", .string(roster.name)),
        ]
        let addresses = address + invitation.addresses.filter { !address.contains($0) }
        if addresses.isEmpty { session.console.note(.site(.nowhereToDial)) }
        guard !dryRun else {
            session.console.line(.wouldJoin(roster.name))
            session.console.json([("joined", .bool(false)), ("dry_run", .bool(true))] + members)
            return .success
        }
        try log.join(
            RegistryMembership(
                foundingEntry: invitation.foundingEntry,
                dialSite: invitation.dialKey.siteID,
                dialAddresses: addresses
            )
        )
        session.console.line(.joined(roster.name))
        session.console.json([("joined", .bool(true))] + members)
        return .success
    }
}
