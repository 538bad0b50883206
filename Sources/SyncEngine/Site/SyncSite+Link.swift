import LogFormat
import LogStore
import SyncProtocol
import Synchronization

// What goes over this site's own link although no window is open.
extension SyncSite {
    /// How far the urgent feeds of a site are held, by epoch.
    static func urgentEnds(of site: SiteID, in held: HeldFeeds) -> [EpochID: UInt64] {
        held.feeds.entries(of: site).reduce(into: [:]) { ends, row in
            if row.feed.lane == .urgent { ends[row.feed.epoch] = row.value.attested.position }
        }
    }

    /// Urgent entries of this site that no member is known to have do not wait for a window either. To be called when the
    /// daemon begins, and when the link closes by its rules. Where nothing is known they count as not delivered: that
    /// costs one leave.
    package func considerUndelivered() {
        let roster = roster.current
        let members = siteNotes.withLock { known in
            known.notes.sites.filter { roster[$0.key]?.isRevoked == false }.map(\.value.memory.vector)
        }
        let isDelivered = urgentEnds.withLock { $0 }.allSatisfy { epoch, end in
            let feed = FeedID(site: log.site, epoch: epoch, lane: .urgent)
            return end == 0 || members.contains { $0[feed]?.position ?? 0 >= end }
        }
        if !isDelivered { link.giveLeave(isForUrgent: true) }
    }

    /// An urgent entry of this site does not wait for a window: the link opens for it.
    func considerUrgent(_ held: HeldFeeds) {
        let ends = Self.urgentEnds(of: log.site, in: held)
        let isNew = urgentEnds.withLock { known in
            defer { known = ends }
            return ends.contains { $0.value > known[$0.key] ?? 0 }
        }
        if isNew { link.giveLeave(isForUrgent: true) }
    }

    /// Once a peer has all urgent entries of this site, the link need not be open for them.
    func considerUrgentDelivery(_ status: SyncStatus) {
        let hasAll = urgentEnds.withLock { $0 }.allSatisfy { status.position(ofOwn: $0.key, .urgent) >= $0.value }
        if hasAll { link.urgentHasGone() }
    }
}
