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
            try noteContradiction(
                of: incident.feed,
                at: incident.position,
                incident.kind == .diverged
                    ? "This site and \(peer) hold different entries of feed \(incident.feed) at position"
                        + " \(incident.position) or before: its site was copied or restored. Each keeps what it has."
                    : "The roster cuts feed \(incident.feed) off with another entry at position \(incident.position) than this"
                        + " site holds: what is here beyond is given to nobody."
            )
            return .nothing
        }
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
