package import LogFormat
package import SyncProtocol

/// What is left to move between this site and others, from what they said last that they hold: known without dialling.
package struct Remainders: Sendable {
    /// Most feeds that are looked at for all sites together: 100 sites and 10,000 feeds take some tenths of a second.
    package static let looksMaximum = 1_000_000

    private let site: SiteID
    private let held: [HeldFeed]
    private let roster: Roster
    private let known: [SiteID: HaveVector]

    /// - Parameters:
    ///   - site: This one.
    ///   - held: Every feed of the store.
    ///   - roster: As it stands.
    ///   - known: What others said last that they hold.
    package init(of site: SiteID, held: [HeldFeed], roster: Roster, known: [SiteID: HaveVector]) {
        self.site = site
        self.held = held
        self.roster = roster
        self.known = known
    }

    /// Whether a site ever said what it holds.
    package func isKnown(_ other: SiteID) -> Bool { known[other] != nil }

    /// What is left between this site and another.
    ///
    /// - Complexity: O(feeds).
    package func plan(with other: SiteID) -> SyncPlan {
        SyncPlan(with: other, from: site, held: held, roster: roster, known: known[other])
    }

    /// Members that are not connected, with what is left of them now and not when they last were; the others as they are. All
    /// as they are where that were more than ``looksMaximum``.
    ///
    /// - Complexity: O(feeds x sites that are not connected), and never more than that.
    package func brought(upToDate peers: [ControlReply.Peer]) -> [ControlReply.Peer] {
        func isWanted(_ peer: ControlReply.Peer) -> Bool {
            !peer.isConnected && known[peer.site] != nil && roster[peer.site]?.isRevoked == false
        }
        let count = peers.count(where: isWanted)
        guard count > 0, held.count <= Self.looksMaximum / count else { return peers }
        return peers.map { peer in
            guard isWanted(peer) else { return peer }
            let plan = plan(with: peer.site)
            var brought = peer
            brought.status.toSend = plan.toSend
            brought.status.toReceive = plan.toReceive
            return brought
        }
    }
}
