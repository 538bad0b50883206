package import LogFormat

/// What goes into a bundle, in order: the roster first, then the lowest lane first, so that of a stick that was pulled or is
/// too small the most important is there.
package struct BundlePlan: Hashable, Sendable {
    /// A stretch of a feed.
    package struct Part: Hashable, Sendable {
        package var feed: FeedID
        /// What all recipients are known to hold already; 0 for nothing.
        package var after: UInt64
        /// The digest there that was said; nil for the beginning.
        package var digest: ShortDigest?
        /// Where it ends: durable, attested and within the cut-off.
        package var end: FeedHead

        package var entries: UInt64 { end.position - after }
    }

    package private(set) var parts: [Part] = []
    /// What is held here of the feeds that all recipients read: their own are always among them.
    package private(set) var vector = HaveVector()
    /// Feeds that some recipients read and others do not; they are in no bundle for all of them.
    package private(set) var leftOut: [FeedID] = []

    /// - Parameters:
    ///   - recipients: Members in good standing.
    ///   - held: Every feed of the store.
    ///   - roster: As it stands.
    ///   - known: What the recipients said they hold; one that said nothing gets everything.
    ///   - sites: Whose feeds alone, the recipients' too; nil for all but what a recipient wrote itself.
    package init(
        for recipients: [SiteID],
        held: [HeldFeed],
        roster: Roster,
        known: [SiteID: HaveVector],
        of sites: Set<SiteID>? = nil
    ) {
        for local in held.sorted(by: { $0.feed < $1.feed }) {
            let feed = local.feed
            guard let end = Self.end(local, roster) else { continue }
            let readers = recipients.filter { roster.reads($0, feed) }
            guard readers.count == recipients.count else {
                if !readers.isEmpty { leftOut.append(feed) }
                continue
            }
            vector[feed] = HaveRow(position: end.position, digest: ShortDigest(end.digest), bytes: local.storedBytes)
            if let sites {
                guard sites.contains(feed.site) else { continue }
            } else if recipients.allSatisfy({ $0 == feed.site }) {
                continue
            }
            let rows = recipients.filter { sites != nil || $0 != feed.site }.map { known[$0]?[feed] }
            let least = rows.contains { $0 == nil } ? nil : rows.compactMap(\.self).min { $0.position < $1.position }
            guard least?.position ?? 0 < end.position else { continue }
            parts.append(Part(feed: feed, after: least?.position ?? 0, digest: least?.digest, end: end))
        }
        func rank(_ feed: FeedID) -> UInt8 {
            feed.lane == .roster && roster.isAuthority(feed.site) ? 0 : feed.lane.rawValue + 1
        }
        parts.sort { (rank($0.feed), $0.feed) < (rank($1.feed), $1.feed) }
    }

    /// Where a feed ends for others; nil when nothing of it is given.
    private static func end(_ local: HeldFeed, _ roster: Roster) -> FeedHead? {
        guard local.attested.position > 0 else { return nil }
        switch roster.bound(of: local.feed) {
        case .open: return local.attested
        case .nothing: return nil
        case .until(let cutOff):
            guard local.attested.position >= cutOff.position else { return local.attested }
            // What is attested and contradicts the cut-off is an incident and is given to nobody.
            return local.attested.position > cutOff.position || local.attested == cutOff ? cutOff : nil
        }
    }
}
