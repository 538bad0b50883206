package import LogFormat
package import LogStore
import StoreIO
package import SyncProtocol
import Synchronization

/// The roster as the log says it now, shared by all sessions.
package final class RosterState: Sendable {
    private let log: LogStore
    private let membership: RegistryMembership
    private let folded: Mutex<Folded>
    /// What is known of signatures. Held while lane 0 is read and whoever has to know is told, so that nobody hears of an older
    /// roster after a newer one.
    private let telling: Mutex<SignatureVerdicts>

    /// A roster, and what it was folded from.
    private struct Folded {
        var roster: Roster
        var extent: RosterExtent
        /// The ends of the feeds of lane 0.
        var heads: [Frontier.Row]
        /// As ``RosterMaterial/awaited``.
        var awaited: [FeedID: UInt64]

        init(
            _ log: LogStore,
            _ membership: RegistryMembership,
            _ heads: [Frontier.Row],
            knowing verdicts: inout SignatureVerdicts
        ) throws {
            let material = try RosterMaterial(log)
            roster = try Roster(
                founding: membership.foundingEntry,
                entries: material.entries,
                knowing: &verdicts
            )
            (extent, awaited) = (material.extent, material.awaited)
            self.heads = heads
        }

        /// Whether a history is complete now that was not when the roster was folded.
        func hasArrived(_ feeds: [FeedSummary]) -> Bool {
            !awaited.isEmpty
                && feeds.contains { feed in awaited[feed.feed].map { feed.attested.position >= $0 } ?? false }
        }
    }

    /// - Throws: As ``SyncProtocol/Roster/init(in:)``.
    package init(_ log: LogStore, _ membership: RegistryMembership) throws {
        self.log = log
        self.membership = membership
        var verdicts = SignatureVerdicts()
        folded = Mutex(try Folded(log, membership, Self.heads(of: try Self.feeds(of: log)), knowing: &verdicts))
        telling = Mutex(verdicts)
    }

    package var current: Roster { folded.withLock { $0.roster } }

    /// The roster, and what it was folded from.
    var currentWithExtent: (roster: Roster, extent: RosterExtent) { folded.withLock { ($0.roster, $0.extent) } }

    /// Folds lane 0 again where it has grown since, or the rest of a history that is carried has come.
    ///
    /// - Parameter tell: Called with the roster that is new; not called when there is none. Must not block for long.
    /// - Throws: As ``init(_:_:)``.
    func reload(_ tell: (Roster, RosterExtent) -> Void) throws {
        try telling.withLock { verdicts in
            // Looked at before the entries are read: what comes between is folded again the next time.
            let feeds = try Self.feeds(of: log)
            let heads = Self.heads(of: feeds)
            guard folded.withLock({ $0.heads != heads || $0.hasArrived(feeds) }) else { return }
            let next = try Folded(log, membership, heads, knowing: &verdicts)
            folded.withLock { $0 = next }
            tell(next.roster, next.extent)
        }
    }

    private static func feeds(of log: LogStore) throws(StorageError) -> [FeedSummary] {
        try log.feedsAsPublished().filter { $0.branch == 0 && [.roster, .attachments].contains($0.feed.lane) }
    }

    private static func heads(of feeds: [FeedSummary]) -> [Frontier.Row] {
        feeds.filter { $0.feed.lane == .roster }
            .map { Frontier.Row(feed: $0.feed, head: $0.attested) }
            .sorted { $0.feed < $1.feed }
    }

    /// Where a site can be dialled, host:port each: as the roster says, or the invitation before the roster came.
    package func addresses(of site: SiteID) -> [String] {
        let listed = current[site]?.addresses ?? []
        let invited = site == membership.dialSite ? membership.dialAddresses : []
        return invited + listed
    }
}
