package import LogFormat

/// What goes into a bundle, in order: the roster first, then the lowest lane first, so that of a stick that was pulled or is
/// too small the most important is there.
package struct BundlePlan: Hashable, Sendable {
    /// A stretch of a feed.
    package struct Part: Hashable, Sendable {
        package var feed: FeedID
        /// What all recipients that do not hold another history are known to hold already; 0 for nothing.
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
    ///   - head: What the store holds at a position, within what is attested of a feed; nil where that can not be told, and
    ///     then what was said of it is taken to be so. Asked where a cut-off lies before the end of a feed, and where several
    ///     recipients said that they hold some of it.
    /// - Throws: What `head` throws.
    package init<Failure: Error>(
        for recipients: [SiteID],
        held: [HeldFeed],
        roster: Roster,
        known: [SiteID: HaveVector],
        of sites: Set<SiteID>? = nil,
        head: (FeedID, UInt64) throws(Failure) -> FeedHead?
    ) throws(Failure) {
        for local in held.sorted(by: { $0.feed < $1.feed }) {
            let feed = local.feed
            guard let end = try Self.end(local, roster, head) else { continue }
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
            let isSaidByAll = rows.allSatisfy { $0 != nil }
            let least = try isSaidByAll ? Self.least(rows.compactMap(\.self), of: feed, until: end, head) : nil
            guard least?.position ?? 0 < end.position else { continue }
            parts.append(Part(feed: feed, after: least?.position ?? 0, digest: least?.digest, end: end))
        }
        func rank(_ feed: FeedID) -> UInt8 {
            feed.lane == .roster && roster.isAuthority(feed.site) ? 0 : feed.lane.rawValue + 1
        }
        parts.sort { (rank($0.feed), $0.feed) < (rank($1.feed), $1.feed) }
    }

    /// Of what recipients said they hold of a feed the least. One that holds another history takes nothing of this one,
    /// and is left out where others are there.
    private static func least<Failure: Error>(
        _ rows: [HaveRow],
        of feed: FeedID,
        until end: FeedHead,
        _ head: (FeedID, UInt64) throws(Failure) -> FeedHead?
    ) throws(Failure) -> HaveRow? {
        var fitting: [HaveRow] = []
        for row in rows where rows.count > 1 {
            if row.position <= end.position, let here = try head(feed, row.position),
                ShortDigest(here.digest) != row.digest
            {
                continue
            }
            fitting.append(row)
        }
        return (fitting.isEmpty ? rows : fitting).min { $0.position < $1.position }
    }

    /// Where a feed ends for others; nil when nothing of it is given.
    private static func end<Failure: Error>(
        _ local: HeldFeed,
        _ roster: Roster,
        _ head: (FeedID, UInt64) throws(Failure) -> FeedHead?
    ) throws(Failure) -> FeedHead? {
        guard local.attested.position > 0 else { return nil }
        switch roster.bound(of: local.feed) {
        case .open: return local.attested
        case .nothing: return nil
        case .until(let cutOff):
            guard local.attested.position >= cutOff.position else { return local.attested }
            // What is attested and contradicts the cut-off is an incident and is given to nobody.
            guard local.attested.position > cutOff.position else { return local.attested == cutOff ? cutOff : nil }
            let here = try head(local.feed, cutOff.position)
            return here ?? cutOff == cutOff ? cutOff : nil
        }
    }
}
