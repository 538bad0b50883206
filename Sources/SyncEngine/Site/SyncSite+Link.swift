import LogFormat
import LogStore
import SyncProtocol
import Synchronization

// What goes over this site's own link although no window is open.
extension SyncSite {
    static func urgentEntries(of site: SiteID, in held: [HeldFeed]) -> UInt64 {
        held.reduce(0) { sum, row in
            row.feed.site == site && row.feed.lane == .urgent ? sum + row.attested.position : sum
        }
    }

    /// An urgent entry of this site does not wait for a window: the link opens for it.
    func considerUrgent(_ held: [HeldFeed]) {
        let count = Self.urgentEntries(of: log.site, in: held)
        let isNew = urgentEntries.withLock { known in
            defer { known = count }
            return known < count
        }
        if isNew, case .waiting = link.standing { link.giveLeave(isForUrgent: true) }
    }
}
