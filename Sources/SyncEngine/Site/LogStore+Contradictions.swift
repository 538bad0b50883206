import LogFormat
package import LogStore
import StoreIO
package import SyncProtocol

// What is done where two sites hold different histories.
extension LogStore {
    /// Does what a contradiction with another site's holdings asks for: a new epoch where it shows that this store was set
    /// back; else an incident that people see. Durable when this returns.
    ///
    /// - Parameters:
    ///   - incident: As a session found it here; what only the peer says counts for nothing.
    ///   - peer: With whom, for people.
    ///   - draft: For the first entry of a new epoch.
    /// - Returns: What came of it.
    /// - Throws: `StorageError`.
    package func settle(
        _ incident: SyncIncident,
        with peer: String,
        _ draft: RosterDraft
    ) throws -> SetBack {
        guard !incident.isReportedByPeer else { return .nothing }
        switch incident.kind {
        case .ownEpochAhead:
            let outcome = try goOn(
                after: ForeignHead(
                    feed: incident.feed,
                    position: incident.position,
                    digestPrefix: incident.digest?.bytes,
                    site: peer
                )
            )
            if case .newEpoch = outcome { try announceEpoch(draft) }
            return outcome
        case .diverged, .cutOffDiffers:
            try note([incident], with: peer)
            return .nothing
        }
    }

    /// Notes contradictions, so that people see them; see ``noteContradictions(_:by:summary:)``. Durable when this returns.
    ///
    /// - Parameters:
    ///   - incidents: Of other feeds than those this site is writing.
    ///   - peer: Who says so, for people; nil when nobody is known to. What contradicts a cut-off is the roster's word.
    /// - Throws: `StorageError`.
    func note(_ incidents: [SyncIncident], with peer: String?) throws(StorageError) {
        try note(of: incidents.filter { $0.kind == .cutOffDiffers }, by: "The roster")
        try note(of: incidents.filter { $0.kind != .cutOffDiffers }, by: peer)
    }

    private func note(of incidents: [SyncIncident], by peer: String?) throws(StorageError) {
        guard !incidents.isEmpty else { return }
        let found = incidents.map { incident in
            let place = "feed \(incident.feed) at position \(incident.position)"
            let text =
                switch (incident.kind, peer) {
                case (.cutOffDiffers, _):
                    "The roster cuts \(place) off with another entry than this site holds: what is here beyond is given to"
                        + " nobody."
                case (_, let peer?):
                    "This site and \(peer) hold different entries of \(place) or before: its site was copied or restored."
                        + " Each keeps what it has."
                case (_, nil):
                    "A bundle brought other entries of \(place) or before than this site holds: its site was copied or"
                        + " restored, or somebody made them up. What is here stays."
                }
            return Contradiction(feed: incident.feed, position: incident.position, text: text)
        }
        try noteContradictions(
            found,
            by: peer,
            summary: (peer ?? "A bundle")
                + " contradicts this site in more feeds, which are not listed. If nobody else does, look at where that comes"
                + " from."
        )
    }

    /// Says in lane 0 that the site goes on in an epoch that is not its first, once, so that other sites know of it before
    /// anything else is recorded. Nothing happens in the first epoch, and before the site joined a registry.
    ///
    /// - Parameter draft: When and by which program.
    /// - Throws: `StorageError`.
    /// - Complexity: Reads this epoch's lane 0, which is small.
    package func announceEpoch(_ draft: RosterDraft) throws {
        do {
            try announceEpochOnce(draft)
        } catch let error as StorageError where error.code == .moved {
            // This append, or another process, has just opened another one.
            try announceEpochOnce(draft)
        }
    }

    private func announceEpochOnce(_ draft: RosterDraft) throws {
        let record = record
        guard registry != nil, writeRefusal == nil, let parent = record.parents.last else { return }
        let feed = FeedID(site: site, epoch: record.epoch, lane: .roster)
        let said = try entries(of: feed, after: 0, limitBytes: 1 << 20)
        guard !said.contains(where: { EpochStatement(entry: $0.bytes) != nil }) else { return }
        let statement = EpochStatement(parent: parent.epoch, ends: parent.heads)
        _ = try append([statement.entry(draft)], to: .roster, epoch: record.epoch)
    }
}
