package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

/// At which other sites what was recorded here has arrived, durable: by their own word, on a connection or in a bundle, or
/// as another site reports.
///
/// What arrived once stays; what is not known to have arrived may have done so all the same.
package struct Delivery: Sendable {
    /// This one.
    package let site: SiteID
    /// How far the feeds of this site are at each other one, of which anything is known.
    private let reached: [SiteID: [FeedID: UInt64]]

    /// - Parameters:
    ///   - site: This one.
    ///   - peers: The others as the daemon knows or knew them; of one that is no member, or revoked, it keeps no heads.
    ///   - said: How far feeds of this site are at others as they said last themselves, and what was said is here.
    package init(site: SiteID, peers: [ControlReply.Peer], said: [SiteID: [FeedID: UInt64]] = [:]) {
        self.site = site
        var reached = said
        for peer in peers {
            for head in peer.status.ownHeads {
                let feed = FeedID(site: site, epoch: head.epoch, lane: head.lane)
                reached[peer.site, default: [:]][feed] = max(reached[peer.site]?[feed] ?? 0, head.position)
            }
        }
        self.reached = reached
    }

    /// By the daemon's word, and by what each site said last itself, on a connection or in a bundle.
    ///
    /// - Parameters:
    ///   - log: This site's.
    ///   - peers: The others as the daemon knows or knew them.
    ///   - vectors: What members said last that they hold.
    /// - Throws: `StorageError`.
    /// - Complexity: One read of the log for each end that was said of a feed of this site and that the daemon does not know.
    package init(_ log: LogStore, peers: [ControlReply.Peer], vectors: [SiteID: HaveVector]) throws(StorageError) {
        let rows = try log.frontier().rows(of: log.site)
        let heads = Dictionary(peers.map { ($0.site, $0.status) }) { first, _ in first }
        var digests: [FeedID: [UInt64: ShortDigest?]] = [:]
        var said: [SiteID: [FeedID: UInt64]] = [:]
        for (other, vector) in vectors {
            said[other] = [:]
            for row in rows {
                guard let there = vector[row.feed], (1...row.head.position).contains(there.position) else { continue }
                // Where the daemon knows as much nothing has to be read: a hub would read for thousands.
                let known = heads[other]?.position(ofOwn: row.feed.epoch, row.feed.lane) ?? 0
                guard there.position > known else { continue }
                let own: ShortDigest?
                if there.position == row.head.position {
                    own = ShortDigest(row.head.digest)
                } else if let known = digests[row.feed]?[there.position] {
                    own = known
                } else {
                    own = try Self.digest(of: row.feed, at: there.position, in: log)
                    digests[row.feed, default: [:]][there.position] = .some(own)
                }
                // Another history is not ours.
                if own == there.digest { said[other, default: [:]][row.feed] = there.position }
            }
        }
        self.init(site: log.site, peers: peers, said: said)
    }

    /// nil where it can not be read here: then nothing is known of who has it.
    private static func digest(
        of feed: FeedID,
        at position: UInt64,
        in log: LogStore
    ) throws(StorageError) -> ShortDigest? {
        do throws(StorageError) {
            return ShortDigest(try log.head(of: feed, at: position).digest)
        } catch {
            guard error.code == .corrupted else { throw error }
            return nil
        }
    }

    /// Whether anything is known of what a site has of this one's.
    package func isKnown(_ other: SiteID) -> Bool { reached[other] != nil }

    /// What became of a set of entries.
    package struct Outcome {
        /// How many of them were recorded here; of others this says nothing.
        package var recordedHere = 0
        /// How many of these are known to be nowhere else.
        package var onlyHere = 0
        /// Where all that were recorded here are.
        package var sites: [SiteID] = []
    }

    /// - Complexity: O(entries x sites).
    package func outcome(of entries: some Collection<EntryReference>) -> Outcome {
        var outcome = Outcome()
        var complete = Set(reached.keys)
        for entry in entries where entry.feed.site == site {
            outcome.recordedHere += 1
            let holders = reached.filter { $0.value[entry.feed] ?? 0 >= entry.position }
            if holders.isEmpty { outcome.onlyHere += 1 }
            complete.formIntersection(holders.keys)
        }
        if outcome.recordedHere > 0 { outcome.sites = complete.sorted() }
        return outcome
    }

    /// How many entries of a frontier that were recorded here are known to be nowhere else.
    package func onlyHere(_ frontier: Frontier) -> UInt64 {
        missing(of: frontier) { feed in reached.values.map { $0[feed] ?? 0 }.max() ?? 0 }
    }

    /// Of each own feed of a frontier, the first position of which nobody else is known to hold the entry; ascending.
    package func firstOnlyHere(_ frontier: Frontier) -> [(feed: FeedID, position: UInt64)] {
        frontier.rows(of: site).compactMap { row in
            let first = (reached.values.map { $0[row.feed] ?? 0 }.max() ?? 0) + 1
            return first <= row.head.position ? (row.feed, first) : nil
        }
    }

    /// How many entries of a frontier that were recorded here one site is not known to have.
    package func missing(at other: SiteID, of frontier: Frontier) -> UInt64 {
        missing(of: frontier) { reached[other]?[$0] ?? 0 }
    }

    private func missing(of frontier: Frontier, reached: (FeedID) -> UInt64) -> UInt64 {
        frontier.rows(of: site).reduce(0) { sum, row in
            sum + row.head.position - min(row.head.position, reached(row.feed))
        }
    }
}
