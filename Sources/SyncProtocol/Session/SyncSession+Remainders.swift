import LogFormat

// What is left to send and to receive.
extension SyncSession {
    /// What is left in both directions, from what both ends said they hold.
    func remainders() -> (toSend: SyncRemainder, toReceive: SyncRemainder, urgentEntriesToSend: UInt64?) {
        var toSend = SyncRemainder()
        var toReceive = SyncRemainder()
        var urgent = SyncRemainder()
        guard receiver.hasVector, phase == .open || phase == .draining else { return (toSend, toReceive, nil) }
        for feed in held.keys {
            guard let row = offeredRow(feed), !receiver.incidents.contains(feed) else { continue }
            let there = receiver.vector[feed]
            guard row.position > there?.position ?? 0 else { continue }
            if feed.lane <= .urgent { urgent.add(entries: row.position - (there?.position ?? 0), bytes: 0) }
            toSend.add(
                entries: row.position - (there?.position ?? 0),
                bytes: SyncRemainder.missing(
                    bytes: row.bytes,
                    to: row.position,
                    less: there?.bytes ?? 0,
                    at: there?.position ?? 0
                )
            )
        }
        for (feed, row) in receiver.vector.rows where !isOwnCurrent(feed) {
            guard let target = target(feed, row) else { continue }
            let here = settled(feed)?.position ?? 0
            guard target > here else { continue }
            toReceive.add(
                entries: target - here,
                bytes: SyncRemainder.missing(bytes: row.bytes, to: target, less: held[feed]?.storedBytes ?? 0, at: here)
            )
        }
        return (toSend, toReceive, knowsRoster ? urgent.entries : nil)
    }

    /// Whether the roster is as far as is known here: with half of one, feeds that both read would be left out of account.
    private var knowsRoster: Bool {
        configuration.roster[configuration.localSite] != nil
            && held.values.allSatisfy { configuration.rosterExtent.covers($0) }
    }

    /// Whether both hold the same of everything both read.
    var isInSync: Bool {
        guard receiver.hasVector, sender.hasSaid, knowsRoster else { return false }
        let feeds = Set(held.keys).union(receiver.vector.rows.keys)
        return feeds.allSatisfy { feed in
            let roster = configuration.roster
            guard roster.reads(configuration.localSite, feed), roster.reads(peer, feed),
                roster.bound(of: feed) != .nothing
            else {
                // Whoever speaks of a site that is not listed here has more of the roster.
                return receiver.vector[feed] == nil || roster[feed.site] != nil
                    || receiver.struckOff.contains(feed.site)
            }
            let here = SeededBug.inSyncFromStored.isPlanted ? storedRow(feed) : offeredRow(feed)
            let there = receiver.vector[feed]
            return here?.position == there?.position && here?.digest == there?.digest
        }
    }

    /// As if all that is stored were attested.
    private func storedRow(_ feed: FeedID) -> HaveRow? {
        held[feed].map { HaveRow(position: $0.stored.position, digest: ShortDigest($0.stored.digest), bytes: 0) }
    }
}
