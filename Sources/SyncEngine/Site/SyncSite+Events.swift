import LogFormat
import LogStore
import Logging
import StoreIO
import SyncProtocol
import Synchronization

// What connections tell.
extension SyncSite {
    /// Called where sessions live: takes note, and hands what may block to a queue.
    package func take(_ event: PeerEvent) {
        peers.take(event)
        switch event {
        case .proven(let connection):
            note(connection) { $0.connected() }
            tell("connected", connection)
            // The link was open when the connection came about, and may have closed since.
            if let seconds = link.awaySeconds { connection.send(.finish(.finished, retryAfterSeconds: seconds)) }
        case .introduced(let connection, let epoch):
            note(connection) { entry in
                entry.epoch = epoch
                entry.hasSpoken = true
            }
            viewQueue.submit { [self] in tellReports(to: connection) }
        case .reportsArrived(let connection, let reports):
            book.take(reports, from: connection.peerKey.siteID, at: moment)
        case .status(let connection, let status):
            if status.word.isLive {
                admission.stands(ObjectIdentifier(connection), isInSync: status.word.isSettled)
            }
            take(status, of: connection)
        case .rosterEntriesArrived: viewQueue.submit { [self] in reloadRoster() }
        case .keysWanted(let connection, _, let mark):
            connection.sentKeys.withLock { $0 = mark }
            viewQueue.submit { [self] in offerKeys(to: connection) }
        case .keysArrived(let connection, let packets, let mark):
            viewQueue.submit { [self] in
                defer { connection.keysTaken() }
                do {
                    let count = try take(packets, mark: mark, from: connection)
                    guard count > 0 else { return }
                    logger.info("keys arrived", metadata: metadata(connection, ["count": "\(count)"]))
                    // What they open may have gone on to others before them.
                    for peer in peers.peers where peer.peer.connection !== connection {
                        offerKeys(to: peer.peer.connection)
                    }
                } catch {
                    logger.error("keys can not be kept", metadata: metadata(connection, ["why": "\(error)"]))
                }
            }
        case .incident(let connection, let incident):
            logger.error(
                "the histories of two sites contradict each other",
                metadata: metadata(
                    connection,
                    [
                        "kind": "\(incident.kind)", "feed": "\(incident.feed)", "position": "\(incident.position)",
                        "reported-by-peer": "\(incident.isReportedByPeer)",
                    ]
                )
            )
            viewQueue.submit { [self] in
                settle(incident, with: connection)
                note(connection) { $0.add(incident) }
            }
            forgetSettledIncidentsSoon()
        case .fetched(_, let number, let blocks): desk.take(number, blocks)
        case .remember(let connection, let memory):
            let site = connection.peerKey.siteID
            let milliseconds = surroundings.clock.millisecondsSinceEpoch()
            let former = siteNotes.withLock { known in
                defer { known.take(memory, of: site, at: milliseconds) }
                return known.notes[site]?.memory
            }
            noteArrivals(at: site, former, memory)
            considerUrgentDelivery()
        case .closed(let connection, let reason, _):
            let (now, moment) = (now, moment)
            desk.lost(ObjectIdentifier(connection))
            admission.left(ObjectIdentifier(connection))
            note(connection) { entry in
                // Of two connections of one site one goes, and the site stays connected. Another one may be proven at any
                // moment: asked in here, whichever of the two changes the book last knows of both.
                entry.disconnected(
                    reason,
                    at: moment,
                    heard: connection.heardNanoseconds ?? moment,
                    other: peers.status(of: connection.peerKey.siteID)
                )
            }
            let isResting = areNotesResting
            if isResting { haveArrivals.withLock { $0 = true } }
            let isPending = isWritingNotes.withLock { pending in
                defer { pending = pending || !isResting }
                return pending || isResting
            }
            // Of many sessions that end at once one writes for all.
            if !isPending { viewQueue.submit { [self] in writeNotes() } }
            guard reason.needsAttention else { return tell("disconnected", connection, ["why": "\(reason)"]) }
            // A stranger comes with a new key each time if it likes.
            let site = connection.peerKey.siteID
            let peer = roster.current[site] == nil ? host(connection.address) : "\(site)"
            guard let heldBack = lineGates.withLock({ $0.pass("refused \(peer)", at: now) }) else { return }
            logger.notice(
                "refused",
                metadata: metadata(connection, ["why": "\(reason)", "held-back": "\(heldBack)"])
            )
        case .refused(let address, let refusal):
            guard let heldBack = lineGates.withLock({ $0.pass("refused \(host(address))", at: now) }) else { return }
            logger.notice(
                "refused",
                metadata: ["address": "\(address)", "why": "\(refusal.rawValue)", "held-back": "\(heldBack)"]
            )
        }
    }

    /// Gives people, and where this store was set back its epoch, what a contradiction asks for.
    private func settle(_ incident: SyncIncident, with connection: PeerConnection) {
        if incident.kind != .ownEpochAhead, !incident.isReportedByPeer {
            branchWork { try branches.diverged(incident.feed, at: incident.position, draft) }
        }
        do {
            switch try log.settle(incident, with: alias(connection.peerKey.siteID), draft) {
            case .nothing: return
            case .notBelieved:
                logger.error(
                    "a site says too often that this store was set back, and is not believed",
                    metadata: metadata(connection)
                )
            case .newEpoch(let epoch):
                logger.error(
                    "this store was set back to an earlier state; the site goes on in a new epoch",
                    metadata: metadata(connection, ["epoch": "\(epoch)"])
                )
                // The next sessions fetch what is missing of the one that is over.
                endSessionsOfFormerEpoch()
            }
        } catch {
            logger.error("a contradiction can not be noted", metadata: metadata(connection, ["why": "\(error)"]))
        }
    }

    private func take(_ status: SyncStatus, of connection: PeerConnection) {
        let moment = moment
        let (changed, hasArrived) = note(connection) { entry in
            defer { entry.said(status, at: moment) }
            return (entry.status.word != status.word, entry.status.ownHeads != status.ownHeads)
        }
        if hasArrived { haveArrivals.withLock { $0 = true } }
        if changed { tell("\(status.word.rawValue)", connection) }
        considerUrgentDelivery()
        // Somebody may be there now to ask for what is damaged.
        care.mend()
    }

    private func note<Result: Sendable>(
        _ connection: PeerConnection,
        _ body: (inout PeerBook.Entry) -> Result
    ) -> Result {
        let (site, moment, roster) = (connection.peerKey.siteID, moment, roster.current)
        let result = book.change(site, at: moment, body)
        if roster[site] == nil { book.forgetStrangers(at: moment) { roster[$0] != nil } }
        return result
    }

    /// Says something of a connection; of strangers, whom anybody can make, now and then only.
    private func tell(_ message: Logger.Message, _ connection: PeerConnection, _ more: Logger.Metadata = [:]) {
        if roster.current[connection.peerKey.siteID] == nil {
            let key = "\(message) \(host(connection.address))"
            guard lineGates.withLock({ $0.pass(key, at: now) }) != nil else { return }
        }
        logger.info(message, metadata: metadata(connection, more))
    }

    /// An address without its port, which is another one each time.
    private func host(_ address: String) -> Substring { address[..<(address.lastIndex(of: ":") ?? address.endIndex)] }

    func metadata(_ connection: PeerConnection, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
        ["site": "\(alias(connection.peerKey.siteID))", "address": "\(connection.address)"].merging(more) { $1 }
    }
}
