package import LogFormat

/// What is left to move between this site and another, from what the other last said it holds: known without dialling.
package struct SyncPlan: Hashable, Sendable {
    /// What is held here and was not there.
    package private(set) var toSend = SyncRemainder()
    /// What was there and is not here.
    package private(set) var toReceive = SyncRemainder()

    /// - Parameters:
    ///   - site: The other.
    ///   - localSite: This one.
    ///   - held: Every feed of the store.
    ///   - roster: As it stands.
    ///   - known: What the other said it holds; nil when it never did, and then everything has to go there and what comes
    ///     is not known.
    package init(with site: SiteID, from localSite: SiteID, held: [HeldFeed], roster: Roster, known: HaveVector?) {
        let there = BundlePlan(
            for: [site],
            held: held,
            roster: roster,
            known: known.map { [site: $0] } ?? [:],
            head: { _, _ in nil }
        )
        for part in there.parts {
            let row = known?[part.feed]
            toSend.add(
                entries: part.entries,
                bytes: SyncRemainder.missing(
                    bytes: there.vector[part.feed]?.bytes ?? 0,
                    to: part.end.position,
                    less: row?.bytes ?? 0,
                    at: part.after
                )
            )
        }
        let here = Dictionary(held.map { ($0.feed, $0) }) { first, _ in first }
        for (feed, row) in known ?? HaveVector() where feed.site != localSite && roster.reads(localSite, feed) {
            let end: UInt64
            switch roster.bound(of: feed) {
            case .nothing: continue
            case .open: end = row.position
            case .until(let head): end = min(row.position, head.position)
            }
            let local = here[feed]
            let reached = local?.attested.position ?? 0
            guard end > reached else { continue }
            toReceive.add(
                entries: end - reached,
                bytes: SyncRemainder.missing(bytes: row.bytes, to: end, less: local?.storedBytes ?? 0, at: reached)
            )
        }
    }
}
