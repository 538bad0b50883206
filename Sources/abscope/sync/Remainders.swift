import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// What is left to move between this site and others, from what they said last that they hold: known without dialling.
struct Remainders {
    /// Most sites that are not connected of which `sync status` finds out what is left.
    static let unaskedMaximum = 100

    private let site: SiteID
    private let held: [HeldFeed]
    private let roster: Roster
    private let known: [SiteID: HaveVector]

    /// - Throws: `StorageError`.
    init(_ log: LogStore, _ roster: Roster, in session: Session) throws {
        site = log.site
        self.roster = roster
        held = try log.feeds().filter { $0.branch == 0 }.map { summary in
            HeldFeed(
                feed: summary.feed,
                stored: summary.stored,
                attested: summary.attested,
                storedBytes: try Self.storedBytes(of: summary.feed, in: log)
            )
        }
        known = try session.siteNotes().vectors
    }

    /// 0 where that can not be read: the number of bytes is about right at best, and entries are counted without it.
    private static func storedBytes(of feed: FeedID, in log: LogStore) throws -> UInt64 {
        do {
            return try log.statistics(of: feed)?.statistics.storedBytes ?? 0
        } catch {
            guard error.code == .corrupted else { throw error }
            return 0
        }
    }

    /// Whether a site ever said what it holds.
    func isKnown(_ other: SiteID) -> Bool { known[other] != nil }

    func plan(with other: SiteID) -> SyncPlan {
        SyncPlan(with: other, from: site, held: held, roster: roster, known: known[other])
    }

    /// Sites that are not connected, with what is left of them now and not when they were last; the others as they are.
    ///
    /// - Throws: `StorageError`.
    static func brought(
        upToDate peers: [ControlReply.Peer],
        _ log: LogStore,
        _ roster: Roster,
        in session: Session
    ) throws -> [ControlReply.Peer] {
        let known = try session.siteNotes().vectors
        let offline = peers.filter { !$0.isConnected && known[$0.site] != nil && roster[$0.site]?.isRevoked == false }
        guard (1...unaskedMaximum).contains(offline.count) else { return peers }
        let (sites, remainders) = (Set(offline.map(\.site)), try Remainders(log, roster, in: session))
        return peers.map { peer in
            guard sites.contains(peer.site) else { return peer }
            let plan = remainders.plan(with: peer.site)
            var brought = peer
            brought.status.toSend = plan.toSend
            brought.status.toReceive = plan.toReceive
            return brought
        }
    }
}
