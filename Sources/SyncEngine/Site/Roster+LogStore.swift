package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

extension Roster {
    /// The roster as far as its entries are in a log; nil before the site belongs to a registry.
    ///
    /// - Throws: `StorageError`; `SyncError` when what founds the registry founds nothing.
    /// - Complexity: Reads lane 0, and what is carried of it where it has forked; two signature checks for each admission.
    package init?(in log: LogStore) throws {
        guard let membership = try log.membership() else { return nil }
        try self.init(in: log, of: membership)
    }

    /// As ``init(in:)``, for a site whose registry is known.
    init(in log: LogStore, of membership: RegistryMembership) throws {
        try self.init(founding: membership.foundingEntry, entries: try RosterMaterial(log).entries)
    }

    /// As ``init(in:)``, for who folds again and again.
    ///
    /// - Throws: As ``init(in:)``.
    init?(in log: LogStore, knowing verdicts: inout SignatureVerdicts) throws {
        guard let membership = try log.membership() else { return nil }
        let entries = try RosterMaterial(log).entries
        try self.init(founding: membership.foundingEntry, entries: entries, knowing: &verdicts)
    }
}

extension LogStore {
    /// Where the feeds of lane 0 of a site end, earlier epochs too: of forked ones each history, held as the feed or carried.
    ///
    /// - Throws: `StorageError`.
    /// - Complexity: Reads lane 0, and what is carried of it.
    package func rosterEnds(of site: SiteID) throws(StorageError) -> [Frontier.Row] {
        let entries = try RosterMaterial(self).entries.filter { $0.feed.site == site }
        let continued = Set(entries.compactMap(\.link?.before))
        let ends = Set(
            entries.compactMap { entry -> Frontier.Row? in
                guard let link = entry.link, !continued.contains(link.after) else { return nil }
                return Frontier.Row(feed: entry.feed, head: FeedHead(position: entry.position, digest: link.after))
            }
        )
        let forked = Set(ends.map(\.feed))
        let whole = try frontier().rows.filter { row in
            row.feed.site == site && row.feed.lane == .roster && row.head.position > 0 && !forked.contains(row.feed)
        }
        return (whole + ends).sorted { left, right in
            (left.feed, left.head.position) == (right.feed, right.head.position)
                ? left.head.digest.bytes.lexicographicallyPrecedes(right.head.digest.bytes)
                : (left.feed, left.head.position) < (right.feed, right.head.position)
        }
    }
}
