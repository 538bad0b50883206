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
        let members = try Roster(in: log)?.members ?? []
        let peer = try site.map { try names.site($0, among: members.map(\.site)) }
        if let peer {
            guard peer != log.site else { throw Failure(.dataError, .syncWithItself) }
            guard !names.revoked.contains(peer) else {
                throw Failure(.noPermission, .bundle(.revoked(names.site(peer))))
            }
        }
        guard let reply = try ControlClient.ask(ControlRequest(.syncNow(peer: peer)), at: session.controlSocket) else {
            throw Failure(.unavailable, .daemonDown, remedy: .daemonDownRemedy)
        }
        let isDialled = reply.outcome != .unreachable
        if isDialled { try reply.check() }
        session.console.line(isDialled ? .syncAsked : .daemonSays(reply.message))
        session.console.json([("asked", .bool(true)), ("dialled", .bool(isDialled))])
        return isDialled ? .success : .findings
    }
}
