import LogFormat
package import LogStore
import StoreIO
package import SyncProtocol

extension Roster {
    /// The roster as far as its entries are in a log; nil before the site belongs to a registry.
    ///
    /// - Throws: `StorageError`; `SyncError` when what founds the registry founds nothing.
    /// - Complexity: Reads lane 0; two signature checks for each admission.
    package init?(in log: LogStore) throws {
        guard let membership = try log.membership() else { return nil }
        try self.init(in: log, of: membership)
    }

    /// As ``init(in:)``, for a site whose registry is known.
    init(in log: LogStore, of membership: RegistryMembership) throws {
        try self.init(founding: membership.foundingEntry, entries: try log.readRosterEntries())
    }
}

extension LogStore {
    /// What a roster is folded from.
    func readRosterEntries() throws(StorageError) -> [RosterEntry] {
        try rosterEntries().map {
            RosterEntry(feed: $0.reference.feed, position: $0.reference.position, bytes: $0.bytes)
        }
    }
}
