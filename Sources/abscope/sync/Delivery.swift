import CaseModel
import LogFormat
import SyncProtocol

/// At which other sites what was recorded here has arrived, durable: by their own word, on a connection or in a bundle, or
/// as another site reports.
///
/// What arrived once stays; what is not known to have arrived may have done so all the same.
struct Delivery {
    /// This one.
    let site: SiteID
    /// How far the feeds of this site are at each other one, of which anything is known.
    private let reached: [SiteID: [FeedID: UInt64]]

    /// - Parameters:
    ///   - site: This one.
    ///   - peers: The others as the daemon knows or knew them; of one that is no member, or revoked, it keeps no heads.
    ///   - said: How far feeds of this site are at others as they said last themselves, and what was said is here.
    init(site: SiteID, peers: [ControlReply.Peer], said: [SiteID: [FeedID: UInt64]] = [:]) {
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

    /// Whether anything is known of what a site has of this one's.
    func isKnown(_ other: SiteID) -> Bool { reached[other] != nil }

    /// What became of a set of entries.
    struct Outcome {
        /// How many of them were recorded here; of others this says nothing.
        var recordedHere = 0
        /// How many of these are known to be nowhere else.
        var onlyHere = 0
        /// Where all that were recorded here are.
        var sites: [SiteID] = []
    }

    /// - Complexity: O(entries x sites).
    func outcome(of entries: some Collection<EntryReference>) -> Outcome {
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
    func onlyHere(_ frontier: Frontier) -> UInt64 {
        missing(of: frontier) { feed in reached.values.map { $0[feed] ?? 0 }.max() ?? 0 }
    }

    /// Of each own feed of a frontier, the first position of which nobody else is known to hold the entry; ascending.
    func firstOnlyHere(_ frontier: Frontier) -> [(feed: FeedID, position: UInt64)] {
        frontier.rows(of: site).compactMap { row in
            let first = (reached.values.map { $0[row.feed] ?? 0 }.max() ?? 0) + 1
            return first <= row.head.position ? (row.feed, first) : nil
        }
    }

    /// How many entries of a frontier that were recorded here one site is not known to have.
    func missing(at other: SiteID, of frontier: Frontier) -> UInt64 {
        missing(of: frontier) { reached[other]?[$0] ?? 0 }
    }

    private func missing(of frontier: Frontier, reached: (FeedID) -> UInt64) -> UInt64 {
        frontier.rows(of: site).reduce(0) { sum, row in
            sum + row.head.position - min(row.head.position, reached(row.feed))
        }
    }
}

extension Delivery.Outcome {
    /// In a sentence; nil when nothing of it was recorded here.
    func message(_ names: RecordNames) -> Message? {
        guard recordedHere > 0 else { return nil }
        guard onlyHere < recordedHere else { return .fleet(.onlyHere) }
        guard onlyHere == 0 else { return .fleet(.partlyHere(onlyHere, of: recordedHere)) }
        return .fleet(sites.isEmpty ? .scattered : .arrived(sites.map(names.site)))
    }

    func json(_ names: RecordNames) -> JSON {
        .object([
            ("recorded_here", .integer(Int64(recordedHere))), ("only_here", .integer(Int64(onlyHere))),
            ("all_at", .array(sites.map { .string(names.site($0)) })),
        ])
    }
}
