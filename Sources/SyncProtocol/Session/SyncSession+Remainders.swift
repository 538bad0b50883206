import LogFormat

// What is left to send and to receive.
extension SyncSession {
    /// What is left in both directions, from what both ends said they hold.
    func remainders() -> (toSend: SyncRemainder, toReceive: SyncRemainder) {
        var toSend = SyncRemainder()
        var toReceive = SyncRemainder()
        guard receiver.hasVector, phase == .open || phase == .draining else { return (toSend, toReceive) }
        for feed in held.keys {
            guard let row = offeredRow(feed), !receiver.incidents.contains(feed) else { continue }
            let there = receiver.vector[feed]
            guard row.position > there?.position ?? 0 else { continue }
            toSend.add(
                entries: row.position - (there?.position ?? 0),
                bytes: Self.missing(
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
                bytes: Self.missing(bytes: row.bytes, to: target, less: held[feed]?.storedBytes ?? 0, at: here)
            )
        }
        return (toSend, toReceive)
    }

    /// About how many bytes one end of a feed has and the other lacks.
    ///
    /// The difference, unless the end that is behind takes as many bytes all the same, because the other compressed what
    /// both have: then what is missing is counted as large as the rest. Never 0 for entries that take room.
    static func missing(bytes: UInt64, to position: UInt64, less other: UInt64, at start: UInt64) -> UInt64 {
        guard bytes <= other, position > start else { return bytes - min(bytes, other) }
        let (high, low) = (position - start).multipliedFullWidth(by: bytes)
        return max(position.dividingFullWidth((high, low)).quotient, min(bytes, 1))
    }

    /// Whether both hold the same of everything both read.
    var isInSync: Bool {
        // With half a roster, feeds that both read would be left out of the comparison.
        guard receiver.hasVector, sender.hasSaid, !receiver.awaitsRoster,
            configuration.roster[configuration.localSite] != nil
        else { return false }
        let feeds = Set(held.keys).union(receiver.vector.rows.keys)
        return feeds.allSatisfy { feed in
            let roster = configuration.roster
            guard roster.reads(configuration.localSite, feed), roster.reads(peer, feed),
                roster.bound(of: feed) != .nothing
            else { return true }
            let here = offeredRow(feed)
            let there = receiver.vector[feed]
            return here?.position == there?.position && here?.digest == there?.digest
        }
    }
}
