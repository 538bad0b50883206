import LogFormat
import LogStore
import Logging
package import StoreIO
package import SyncProtocol
import Synchronization

// What changes in the store, and who is told.
extension SyncSite {
    /// Some process of this machine changed the log: tells every session, and the read model. May block on the disk.
    ///
    /// - Throws: `StorageError` when the log can not be read.
    package func logChanged() throws(StorageError) {
        considerUrgent(try tellSessions())
        endSessionsOfFormerEpoch()
        follow()
    }

    /// Tells every session how the log stands now, whatever was noticed of changes: who asks whether all is in sync means
    /// what was recorded before the question. May block on the disk.
    ///
    /// - Returns: How it stands.
    /// - Throws: `StorageError`.
    @discardableResult
    package func tellSessions() throws(StorageError) -> HeldFeeds {
        try care.telling.withLock { (_) throws(StorageError) in
            let held = try sessions.current()
            // Whoever wrote in lane 0, this process or another: feeds of a new site can be asked for at once.
            reloadRoster()
            peers.sendToAll(.heldChanged(held))
            return held
        }
    }

    /// This store was restored or copied, and an epoch was opened: by a command, or because another site showed it. What
    /// sessions said in HELLO is no longer so: they would take the two copies for one, and refuse what comes back of the
    /// former epoch. Those of the new one go on.
    func endSessionsOfFormerEpoch() {
        let epoch = log.epoch
        let isNew = toldEpoch.withLock { told in
            defer { told = epoch }
            return told != epoch
        }
        if isNew { peers.sendToAll(.finish(.finished, retryAfterSeconds: nil)) }
    }

    /// Brings the read model up to the log in a moment, and then sends keys that are new.
    package func follow() {
        let now = now
        viewProgress.withLock { $0.changed(at: now) }
        let isBusy = isFollowing.withLock { busy in
            defer { busy = true }
            return busy
        }
        guard !isBusy else { return }
        viewQueue.submit(afterMilliseconds: Self.followingPauseMilliseconds) { [self] in
            isFollowing.withLock { $0 = false }
            let began = self.now
            let round = viewProgress.withLock { $0.begin(at: began) }
            do {
                let missing = try follower()
                viewProgress.withLock { $0.followed(round, missing: missing) }
            } catch {
                logger.error("the read model can not follow", metadata: ["why": "\(error)"])
            }
            for peer in peers.peers { offerKeys(to: peer.peer.connection) }
        }
    }

    /// What is recorded meanwhile shares one round, which costs about as much for one entry as for a hundred, and peers
    /// have it before. No person waits for this: a command brings the read model up itself.
    private static let followingPauseMilliseconds = 50

    /// Sends what a peer lacks of the keys; one whose own key they can not be sealed to keeps nobody else waiting.
    func offerKeys(to connection: PeerConnection) {
        do {
            try sendKeys(to: connection)
        } catch {
            logger.error("keys can not be sealed", metadata: metadata(connection, ["why": "\(error)"]))
        }
    }

    func sendKeys(to connection: PeerConnection) throws {
        let site = connection.peerKey.siteID
        let roster = roster.current
        guard let member = roster[site], !member.isRevoked,
            let known = connection.sentKeys.withLock({ $0 })
        else { return }
        let sealed = try keys.keyPackets(
            for: site,
            agreementKey: member.keys.agreement,
            ofAuthors: roster.authors(givenTo: site),
            after: known
        )
        guard !sealed.packets.isEmpty else { return }
        connection.send(.keyPackets(sealed.packets, mark: sealed.mark))
        connection.sentKeys.withLock { $0 = sealed.mark }
    }

    /// Keeps keys that came.
    ///
    /// - Returns: How many were new.
    /// - Throws: What ``PersonKeyExchange/accept(_:from:upTo:)`` throws. No mark of this connection is believed then: it
    ///   would stand for these keys, too.
    func take(_ packets: [[UInt8]], mark: [UInt8], from connection: PeerConnection) throws -> Int {
        let site = connection.peerKey.siteID
        let believed = connection.hasLostKeys.withLock { $0 } ? [] : mark
        do {
            let count = try keys.accept(packets, from: site, upTo: believed)
            if !believed.isEmpty { keyMarks.withLock { $0[site] = believed } }
            return count
        } catch {
            connection.hasLostKeys.withLock { $0 = true }
            throw error
        }
    }

    /// Carries histories of forked feeds that others lack. To be called on the queue of the read model.
    ///
    /// - Parameter isNow: Also when no fork was known so far.
    package func keepBranches(isNow: Bool = false) { branchWork { try branches.settle(isNow: isNow, draft) } }

    /// Says again what the key on paper said, where too few have. To be called on the queue of the read model.
    func keepRecoveries() {
        do throws(StorageError) {
            try recoveries.settle(draft)
        } catch {
            guard error.code != .moved else { return }
            logger.error("a recovery of the registry can not be said again", metadata: ["why": "\(error)"])
        }
    }

    /// Does what writes about branches; what can not be done now is kept in mind and done when it is looked at again.
    func branchWork(_ work: () throws -> Void) {
        do {
            try work()
        } catch let error as StorageError where error.code == .moved || error.code == .notFound {
            logger.info("a history of a forked feed is carried later", metadata: ["why": "\(error.message)"])
        } catch {
            logger.error("a history of a forked feed can not be carried", metadata: ["why": "\(error)"])
        }
    }

    /// Folds the roster again where lane 0 has grown, and tells every session and who dials.
    func reloadRoster() {
        do {
            try roster.reload { next, extent in
                peers.sendToAll(.rosterChanged(next, extent))
                rosterChanged()
                viewQueue.submit { [self] in keepBranches(isNow: true) }
            }
        } catch {
            logger.error("the roster can not be read", metadata: ["why": "\(error)"])
        }
    }
}
