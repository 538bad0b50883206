package import LogFormat
package import StoreIO

// A store that was set back together with its marker, as a virtual machine is: nothing on this machine shows it. Other sites
// hold what it wrote, and say so at the first contact.
extension LogStore {
    /// What another site says it holds of a feed.
    package struct ForeignHead: Hashable, Sendable {
        package var feed: FeedID
        package var position: UInt64
        /// The beginning of the digest there, where it was said.
        package var digestPrefix: [UInt8]?
        /// Who says so, for people.
        package var site: String

        package init(feed: FeedID, position: UInt64, digestPrefix: [UInt8]?, site: String) {
            (self.feed, self.position, self.digestPrefix, self.site) = (feed, position, digestPrefix, site)
        }
    }

    /// What came of it.
    package enum SetBack: Hashable, Sendable {
        /// It contradicts nothing here, or not any more.
        case nothing
        /// The site goes on in this epoch.
        case newEpoch(EpochID)
        /// Other sites have said so too often of late: a site that makes it up must not make this one open epochs for ever.
        case notBelieved
    }

    /// So many epochs are opened on others' word in a day, by this machine's clock.
    static let epochsOnWordPerDay = 4
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Goes on in a new epoch where another site holds more of the present one than this store, or something else: then
    /// the store was set back to an earlier state, or copied with its marker, and no position may be used twice.
    ///
    /// Nothing here is changed or given up. What the other site holds comes back as entries of the epoch that is over,
    /// proven like those of any other site. An incident says what happened. Durable when this returns.
    ///
    /// - Parameter head: What was said.
    /// - Returns: What came of it.
    /// - Throws: ``writeRefusal``; `.corrupted`, `.noSpace`, `.readOnly`, `.inputOutput`, `.locked`.
    package func goOn(after head: ForeignHead) throws(StorageError) -> SetBack {
        try whileAppending { (section) throws(StorageError) -> SetBack in
            // Only in here: another process may have opened an epoch a moment ago.
            guard head.feed.site == site, head.feed.epoch == epoch, head.position > 0,
                let reason = try contradiction(head, section)
            else { return .nothing }
            let now = surroundings.clock.millisecondsSinceEpoch()
            let late = try allIncidents().count {
                $0.kind == Incident.setBackKind && $0.milliseconds > now - Self.dayMilliseconds
            }
            guard late < Self.epochsOnWordPerDay else { return .notBelieved }
            try openEpoch(section, reason: reason.text, damage: nil, setBack: (head.feed, reason.positions))
            return .newEpoch(epoch)
        }
    }

    /// Why the site can not go on in its epoch; nil when it can.
    private func contradiction(
        _ head: ForeignHead,
        _ section: AppendSection
    ) throws(StorageError) -> (text: String, positions: ClosedRange<UInt64>)? {
        let slot = try section.slot(head.feed)
        let end = slot?.stored.position ?? 0
        let place = "lane \(head.feed.lane.rawValue)"
        if head.position > end {
            return (
                "\(head.site) holds entries of this site up to position \(head.position) of \(place), and this store has"
                    + " \(end): it was set back to an earlier state, or copied. What is missing comes back with the next"
                    + " sync.",
                end + 1...head.position
            )
        }
        guard let slot, let prefix = head.digestPrefix,
            try !reader(slot, through: slot.stored).head(at: head.position).digest.bytes.starts(with: prefix)
        else { return nil }
        return (
            "\(head.site) holds another entry of this site at position \(head.position) of \(place) than this store: it was"
                + " set back to an earlier state, or copied, and recorded on. Both are kept.",
            head.position...head.position
        )
    }

    /// That another site holds another history of a feed.
    package struct Contradiction: Hashable, Sendable {
        package var feed: FeedID
        /// Where it shows, from 1.
        package var position: UInt64
        /// What happened, in one sentence. Never clinical.
        package var text: String

        package init(feed: FeedID, position: UInt64, text: String) {
            (self.feed, self.position, self.text) = (feed, position, text)
        }
    }

    /// So many contradictions of one site are open at once; nothing proves them, and a site can make up any number.
    static let contradictionsPerPeer = 16

    /// Notes that another site holds other histories, so that people see it: once for each feed while an incident about it
    /// is open, and not again about a place that somebody has closed. What is beyond ``contradictionsPerPeer`` is said in
    /// one incident, at most once a day. Durable when this returns.
    ///
    /// - Parameters:
    ///   - found: What contradicts.
    ///   - peer: Who says so, for people; nil when nobody is known to.
    ///   - summary: Says that there are more, in one sentence.
    /// - Throws: ``writeRefusal``; `.noSpace`, `.readOnly`, `.inputOutput`, `.locked`.
    /// - Complexity: All incidents are read once, and once more while nobody else may append where there is news.
    package func noteContradictions(
        _ found: [Contradiction],
        by peer: String?,
        summary: String
    ) throws(StorageError) {
        let now = surroundings.clock.millisecondsSinceEpoch()
        // A site may say the same in every session: nobody waits for that.
        let noted = try allIncidents()
        guard !ContradictionNews(found, by: peer, at: now, known: noted).isEmpty else { return }
        try whileAppending { (section) throws(StorageError) in
            let news = ContradictionNews(found, by: peer, at: now, known: try allIncidents())
            var incidents = news.each.map { found in
                Incident(
                    milliseconds: now,
                    kind: Incident.forkKind,
                    feed: found.feed.description,
                    positions: found.position...found.position,
                    peer: peer,
                    text: found.text,
                    nonce: section.nonce()
                )
            }
            if news.hasMore {
                incidents.append(
                    Incident(
                        milliseconds: now,
                        kind: Incident.forkKind,
                        feed: nil,
                        peer: peer,
                        text: summary,
                        nonce: section.nonce()
                    )
                )
            }
            for incident in incidents { try incident.save(at: paths, in: surroundings.fileSystem) }
        }
    }

    /// What of some contradictions is to be noted.
    private struct ContradictionNews {
        /// Each in an incident of its own.
        var each: [Contradiction] = []
        /// The others, in one.
        var hasMore = false

        var isEmpty: Bool { each.isEmpty && !hasMore }

        init(_ found: [Contradiction], by peer: String?, at now: Int64, known: [Incident]) {
            let forks = known.filter { $0.kind == Incident.forkKind }
            var said: [String: [Incident]] = [:]
            for fork in forks { if let feed = fork.feed { said[feed, default: []].append(fork) } }
            let ofPeer = forks.filter { $0.peer == peer }
            var room = LogStore.contradictionsPerPeer - ofPeer.count { $0.isOpen && $0.feed != nil }
            for one in found where one.position > 0 {
                let isSaid = said[one.feed.description]?.contains {
                    $0.isOpen || $0.positions?.lowerBound == one.position
                }
                guard isSaid != true else { continue }
                if room > 0 { each.append(one) } else { hasMore = true }
                room -= 1
            }
            let isSummed = ofPeer.contains {
                $0.feed == nil && ($0.isOpen || $0.milliseconds > now - LogStore.dayMilliseconds)
            }
            if isSummed { hasMore = false }
        }
    }
}
