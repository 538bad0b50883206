package import LogFormat
package import LogStore
package import SyncProtocol
import Synchronization

/// The roster as the log says it now, shared by all sessions.
package final class RosterState: Sendable {
    private let log: LogStore
    private let membership: RegistryMembership
    private let roster: Mutex<Roster>

    /// - Throws: As ``SyncProtocol/Roster/init(in:)``.
    package init(_ log: LogStore, _ membership: RegistryMembership) throws {
        self.log = log
        self.membership = membership
        roster = Mutex(try Roster(in: log, of: membership))
    }

    package var current: Roster { roster.withLock { $0 } }

    /// Folds lane 0 again.
    func reload() throws -> Roster {
        let next = try Roster(in: log, of: membership)
        roster.withLock { $0 = next }
        return next
    }

    /// Where a site can be dialled, host:port each: as the roster says, or the invitation before the roster came.
    package func addresses(of site: SiteID) -> [String] {
        let listed = current[site]?.addresses ?? []
        let invited = site == membership.dialSite ? membership.dialAddresses : []
        return invited + listed
    }
}
