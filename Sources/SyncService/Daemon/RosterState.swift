import LogFormat
import LogStore
import SyncProtocol
import Synchronization

/// The roster as the log says it now, shared by all sessions.
final class RosterState: Sendable {
    private let log: LogStore
    private let membership: RegistryMembership
    private let roster: Mutex<Roster>

    init(_ log: LogStore, _ membership: RegistryMembership) throws {
        self.log = log
        self.membership = membership
        roster = Mutex(try Self.fold(log, membership))
    }

    var current: Roster { roster.withLock { $0 } }

    /// Folds lane 0 again.
    func reload() throws -> Roster {
        let next = try Self.fold(log, membership)
        roster.withLock { $0 = next }
        return next
    }

    private static func fold(_ log: LogStore, _ membership: RegistryMembership) throws -> Roster {
        try Roster(
            founding: membership.foundingEntry,
            entries: try log.rosterEntries().map {
                RosterEntry(feed: $0.reference.feed, position: $0.reference.position, bytes: $0.bytes)
            }
        )
    }

    /// Where a site can be dialled: as the roster says, or the invitation before the roster came.
    func addresses(of site: SiteID) -> [PeerAddress] {
        let listed = current[site]?.addresses ?? []
        let invited = site == membership.dialSite ? membership.dialAddresses : []
        var seen: Set<PeerAddress> = []
        return (invited + listed).compactMap { PeerAddress($0) }.filter { seen.insert($0).inserted }
    }
}
