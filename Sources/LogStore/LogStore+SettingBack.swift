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

    /// Notes that another site holds another history of a feed, so that people see it: once for each feed while an incident
    /// about it is open, and not again about a place that somebody has closed. Durable when this returns.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - position: Where it shows.
    ///   - text: What happened, in one sentence. Never clinical.
    /// - Throws: ``writeRefusal``; `.noSpace`, `.readOnly`, `.inputOutput`, `.locked`.
    package func noteContradiction(
        of feed: FeedID,
        at position: UInt64,
        _ text: String
    ) throws(StorageError) {
        guard position > 0 else { return }
        try whileAppending { (section) throws(StorageError) in
            let known = try allIncidents().filter { $0.kind == Incident.forkKind && $0.feed == feed.description }
            guard !known.contains(where: { $0.isOpen || $0.positions?.lowerBound == position }) else { return }
            try Incident(
                milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                kind: Incident.forkKind,
                feed: feed.description,
                positions: position...position,
                text: text,
                nonce: section.nonce()
            ).save(at: paths, in: surroundings.fileSystem)
        }
    }
}
