import LogFormat
import LogStore
import Logging
package import StoreIO
package import SyncProtocol
import Synchronization

// How the other sites stand: by their own word, and by what others say of them.
extension SyncSite {
    /// So much fresher has to be what is known of a site before that alone is told again, when something else is told.
    private static let freshSeconds: UInt64 = 900
    /// Between two times a peer is told something.
    private static let reportSeconds: UInt64 = 30
    /// Of so many sites at most on a connection that stands: where a record is at so many, a further one matters little,
    /// and the link may be paid by the byte. A new connection hears of all.
    private static let liveSites = 16

    /// How every other site stands; what the control socket, the notes and the metrics show. Of a site that another one
    /// heard later than this one did, its age, program, clock and incidents are those it told.
    package func peerReports() -> [ControlReply.Peer] {
        let now = moment
        var sites = Set(book.all.map(\.site))
        for member in roster.current.members where member.site != log.site && !member.isRevoked {
            sites.insert(member.site)
        }
        let roster = roster.current
        return sites.sorted().map { site in
            let entry = book.entry(site) ?? PeerBook.Entry()
            var peer = ControlReply.Peer(
                site: site,
                epoch: entry.epoch,
                status: entry.status,
                ageSeconds: entry.isConnected && entry.hasSpoken
                    ? 0 : entry.heardNanoseconds.map { (now &- $0) / 1_000_000_000 },
                inSyncAgeSeconds: entry.isConnected && entry.status.word.isSettled
                    ? 0 : entry.inSyncNanoseconds.map { (now &- $0) / 1_000_000_000 },
                closed: entry.isConnected ? nil : entry.closed?.description,
                closedReason: entry.isConnected ? nil : entry.closed,
                isConnected: entry.isConnected,
                openIncidents: entry.openIncidents
            )
            if let hearsay = book.hearsay(of: site) { add(hearsay, to: &peer, at: now) }
            if roster[site]?.isRevoked != false { peer.status.forgetOwnHeads() }
            return peer
        }
    }

    /// The same, with what is left now of sites that are not connected: at a clinic that records beside a closed link that
    /// grows. May block on the disk.
    ///
    /// - Complexity: As ``Remainders/brought(upToDate:)``.
    package func peerReportsUpToDate() -> [ControlReply.Peer] {
        readChangedNotes()
        let known = siteNotes.withLock { $0.notes.vectors }
        let remainders = Remainders(of: log.site, held: Array(held()), roster: roster.current, known: known)
        return remainders.brought(upToDate: peerReports())
    }

    /// Where what was recorded here is known to be. May block on the disk.
    ///
    /// - Throws: `StorageError`.
    /// - Complexity: As ``Delivery/init(_:peers:vectors:)``.
    package func delivery() throws(StorageError) -> Delivery {
        readChangedNotes()
        let roster = roster.current
        let vectors = siteNotes.withLock { $0.notes.vectors }
        return try Delivery(
            log,
            peers: peerReports(),
            vectors: vectors.filter { $0.key != log.site && roster[$0.key]?.isRevoked == false }
        )
    }

    /// Forgets contradictions with other sites that a person has closed here: both may keep what they have, and then every
    /// session meets them again. Reads the incidents of the store where any contradiction is known, so may block on the disk.
    package func forgetSettledIncidents() {
        guard book.hasIncidents else { return }
        do throws(StorageError) {
            var isOpen: [String: Bool] = [:]
            var areAnyOpen = false
            for incident in try log.allIncidents() where incident.isContradiction {
                areAnyOpen = areAnyOpen || incident.isOpen
                guard let feed = incident.feed else { continue }
                isOpen[feed] = isOpen[feed] ?? false || incident.isOpen
            }
            book.forgetIncidents(areAnyOpen: areAnyOpen) { isOpen[$0.description] }
        } catch {
            logger.notice("the incidents of the store can not be read", metadata: ["why": "\(error)"])
        }
    }

    /// The same on the queue of the read model, once for all that come before it is its turn.
    func forgetSettledIncidentsSoon() {
        let isPending = isForgettingIncidents.withLock { pending in
            defer { pending = true }
            return pending
        }
        guard !isPending else { return }
        viewQueue.submit { [self] in
            isForgettingIncidents.withLock { $0 = false }
            forgetSettledIncidents()
        }
    }

    private func add(_ hearsay: PeerBook.Hearsay, to peer: inout ControlReply.Peer, at now: UInt64) {
        let report = hearsay.report
        for head in report.heads where head.position > peer.status.position(ofOwn: head.epoch, head.lane) {
            peer.status.note(head)
        }
        let ageSeconds = (now &- hearsay.heardNanoseconds) / 1_000_000_000
        guard ageSeconds < peer.ageSeconds ?? .max else { return }
        peer.ageSeconds = ageSeconds
        peer.reportedBy = hearsay.reporter
        peer.status.peerProgram = report.program
        peer.status.clockOffsetMilliseconds = report.clockOffsetMilliseconds
        peer.openIncidents = max(peer.openIncidents, report.openIncidents)
    }

    /// Tells a peer, whose connection has just been made, what is known of the others. On the queue of the read model.
    func tellReports(to connection: PeerConnection) {
        tell(reports(for: connection.peerKey.siteID, of: held()), to: connection)
    }

    /// Takes note that a site said it holds more of others' feeds: they want to know.
    func noteArrivals(at site: SiteID, _ former: PeerMemory?, _ memory: PeerMemory) {
        var owners: Set<SiteID> = []
        memory.vector.forEachDifference(from: former?.vector ?? HaveVector()) { feed, now, before in
            guard feed.site != site, feed.site != log.site else { return }
            if now?.position ?? 0 > before?.position ?? 0 { owners.insert(feed.site) }
        }
        if !owners.isEmpty { reportsOwed.withLock { $0.formUnion(owners) } }
    }

    /// Tells peers where more of their feeds has arrived, and with that who was heard anew. On the queue of the read model.
    func tellReports() {
        let owed = reportsOwed.withLock { $0 }
        guard !owed.isEmpty else { return }
        let feeds = held()
        for (key, peer) in peers.peers where owed.contains(key.site) {
            let known = peer.connection.toldReports.withLock { $0 }
            if let last = known.nanoseconds, now < last + Self.reportSeconds * 1_000_000_000 { continue }
            _ = reportsOwed.withLock { $0.remove(key.site) }
            let reports = reports(for: key.site, of: feeds).map { report in
                (report: report, news: known.news(in: report, freshSeconds: Self.freshSeconds))
            }
            // Those first of whom there is more to say than that they were heard.
            let changed = reports.filter { $0.news == .heads }
            guard !changed.isEmpty else { continue }
            let others = reports.filter { $0.news == .heard }
            tell((changed + others).prefix(Self.liveSites).map(\.report), to: peer.connection)
        }
        // Who is not connected hears all of it when it is.
        let connected = Set(peers.peers.map(\.key.site))
        reportsOwed.withLock { $0.formIntersection(connected) }
    }

    private func tell(_ reports: [SiteReport], to connection: PeerConnection) {
        guard !reports.isEmpty else { return }
        let now = now
        connection.toldReports.withLock { $0.tell(reports, at: now) }
        connection.send(.reports(reports))
    }

    /// What is held here; nothing while the log can not be read, which who reads entries says.
    func held() -> HeldFeeds {
        do throws(StorageError) {
            return try sessions.current()
        } catch {
            care.suspect(error)
            return HeldFeeds()
        }
    }

    /// All sites, those heard last first. Of more than a peer is told at once anyway, as it was up to a second ago: at a hub
    /// peers come and go all the time.
    private func sitesByAge() -> [ControlReply.Peer] {
        let now = now
        if let known = recentReports.withLock({ $0 }), known.peers.count > Limits.reportSites,
            now - min(now, known.nanoseconds) < 1_000_000_000
        {
            return known.peers
        }
        let peers = peerReports().sorted { ($0.ageSeconds ?? .max, $0.site) < ($1.ageSeconds ?? .max, $1.site) }
        recentReports.withLock { $0 = (peers, now) }
        return peers
    }

    /// What a site may be told of the others: what they hold of its feeds only as they said it here.
    ///
    /// - Complexity: O(sites told of + feeds of the site), not of all they hold; O(sites log sites) once a second.
    private func reports(for site: SiteID, of feeds: HeldFeeds) -> [SiteReport] {
        let known = sitesByAge()
        let own = feeds.feeds.entries(of: site).map(\.feed)
        let notes = siteNotes.withLock { $0.notes }
        let roster = roster.current
        return known.prefix(Limits.reportSites).compactMap { peer in
            guard peer.site != site, roster[peer.site] != nil, var report = SiteReport(peer) else { return nil }
            let vector = notes[peer.site]?.memory.vector
            report.heads = own.compactMap { feed in
                vector?[feed].map { OwnHead(epoch: feed.epoch, lane: feed.lane, position: $0.position) }
            }.suffix(Limits.reportFeeds)
            if let reporter = peer.reportedBy, let offset = report.clockOffsetMilliseconds {
                report.clockOffsetMilliseconds = book.entry(reporter)?.status.clockOffsetMilliseconds.map {
                    let sum = $0.addingReportingOverflow(offset)
                    return sum.overflow ? offset : sum.partialValue
                }
            }
            return report
        }
    }
}
