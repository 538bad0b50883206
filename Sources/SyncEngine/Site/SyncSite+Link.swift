import LogFormat
import LogStore
import SyncProtocol
import Synchronization

// What goes over this site's own link although no window is open.
extension SyncSite {
    static func urgentEntries(of site: SiteID, in held: HeldFeeds) -> UInt64 {
        held.feeds.entries(of: site).reduce(0) { sum, row in
            row.feed.lane == .urgent ? sum + row.value.attested.position : sum
        }
    }

    /// Urgent entries of this site that no other one is known to have, from before the daemon began, do not wait for a
    /// window either. Where nothing is known they count as not delivered: that costs one leave.
    func considerUndelivered() {
        let count = urgentEntries.withLock { $0 }
        let delivered = siteNotes.withLock { known in
            known.notes.sites.values.map { note in
                note.memory.vector.feeds(of: log.site).reduce(UInt64(0)) { sum, feed in
                    feed.lane == .urgent ? sum + (note.memory.vector[feed]?.position ?? 0) : sum
                }
            }.max() ?? 0
        }
        if delivered < count, case .waiting = link.standing { link.giveLeave(isForUrgent: true) }
    }

    /// An urgent entry of this site does not wait for a window: the link opens for it.
    func considerUrgent(_ held: HeldFeeds) {
        let count = Self.urgentEntries(of: log.site, in: held)
        let isNew = urgentEntries.withLock { known in
            defer { known = count }
            return known < count
        }
        if isNew, case .waiting = link.standing { link.giveLeave(isForUrgent: true) }
    }
}
