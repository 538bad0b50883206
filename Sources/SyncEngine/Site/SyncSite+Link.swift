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
        if !isUrgentDelivered { link.giveLeave(isForUrgent: true) }
    }

    /// Whether of each urgent feed of this site some member is known to have all: by what it said on a connection, which is
    /// of the feeds that moved, or by what is noted of it, which is of all and may be half a minute old.
    ///
    /// - Complexity: O(members) for each urgent feed.
    private var isUrgentDelivered: Bool {
        let ends = urgentEnds.withLock { $0 }.filter { $0.value > 0 }
        guard !ends.isEmpty else { return true }
        let roster = roster.current
        func counts(_ site: SiteID) -> Bool { site != log.site && roster[site]?.isRevoked == false }
        let vectors = siteNotes.withLock { $0.notes.sites.filter { counts($0.key) }.map(\.value.memory.vector) }
        let statuses = book.all.filter { counts($0.site) }.map(\.entry.status)
        return ends.allSatisfy { epoch, end in
            let feed = FeedID(site: log.site, epoch: epoch, lane: .urgent)
            return statuses.contains { $0.position(ofOwn: epoch, .urgent) >= end }
                || vectors.contains { $0[feed]?.position ?? 0 >= end }
        }
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

    /// Once others have all urgent entries of this site, the link need not be open for them. To be called where one has said
    /// what it holds.
    func considerUrgentDelivery() {
        if link.isOpenForUrgent, isUrgentDelivered { link.urgentHasGone() }
    }
}
