import ArgumentParser
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope sync now`.
struct SyncNow: StoreCommand {
    static let configuration = CommandConfiguration("now", .syncNow)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.syncSite)) var site: String?

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let names = try RecordNames(log)
        let peer = try site.map { typed in
            let members = try Roster(in: log)?.members ?? []
            guard let member = members.first(where: { names.fits(typed, $0.site) }) else {
                throw Failure(.dataError, .siteUnknown(typed, members.map { names.site($0.site) }))
            }
            return member.site
        }
        guard let reply = try ControlClient.ask(ControlRequest(.syncNow(peer: peer)), at: session.controlSocket) else {
            throw Failure(.unavailable, .daemonDown, remedy: .daemonDownRemedy)
        }
        try reply.check()
        session.console.line(.syncAsked)
        session.console.json([("asked", .bool(true))])
        return .success
    }
}
