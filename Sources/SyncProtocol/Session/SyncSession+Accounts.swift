import LogFormat

// What is left to send and to receive, and whether both hold the same.
extension SyncSession {
    /// How a feed stands, from what both ends said they hold.
    private func account(of feed: FeedID) -> SyncAccounts.Account {
        var account = SyncAccounts.Account()
        let roster = configuration.roster
        let (local, there) = (held[feed], receiver.vector[feed])
        let here = offeredRow(feed)
        account.isUncovered = local.map { !configuration.rosterExtent.covers($0) } ?? false
        if let here, !receiver.incidents.contains(feed), here.position > there?.position ?? 0 {
            account.entriesToSend = here.position - (there?.position ?? 0)
            account.bytesToSend = SyncRemainder.missing(
                bytes: here.bytes,
                to: here.position,
                less: there?.bytes ?? 0,
                at: there?.position ?? 0
            )
        }
        if roster.reads(configuration.localSite, feed), roster.reads(peer, feed), roster.bound(of: feed) != .nothing {
            let row = SeededBug.inSyncFromStored.isPlanted ? storedRow(feed) : here
            account.isUneven = row?.position != there?.position || row?.digest != there?.digest
        } else {
            // Whoever speaks of a site that is not listed here has more of the roster.
            account.isUneven =
                there != nil && !roster.lists(feed.site) && !receiver.struckOff.contains(feed.site)
        }
        account.isLeftAlone = account.isUneven && isLeftAlone(feed)
        guard let there, let target = target(feed, there) else { return account }
        let isOther = local.map { end in
            end.attested.position == there.position && ShortDigest(end.attested.digest) != there.digest
        }
        if isOwnCurrent(feed) {
            account.isOpen = there.position > local?.attested.position ?? 0 || isOther ?? false
            return account
        }
        let settled = settled(feed)?.position ?? 0
        account.isOpen = target > settled || isOther ?? false
        if target > settled {
            account.entriesToReceive = target - settled
            account.bytesToReceive = SyncRemainder.missing(
                bytes: there.bytes,
                to: target,
                less: local?.storedBytes ?? 0,
                at: settled
            )
        }
        return account
    }

    /// As if all that is stored were attested.
    private func storedRow(_ feed: FeedID) -> HaveRow? {
        held[feed].map { HaveRow(position: $0.stored.position, digest: ShortDigest($0.stored.digest), bytes: 0) }
    }

    /// Something changed of what the account of a feed follows from.
    mutating func considerAccount(of feed: FeedID) {
        guard hasAccounts else { return }
        accounts[feed] = account(of: feed)
        if accounts[feed].isOpen {
            changedAccounts.insert(feed)
        } else if receiver.intakes[feed]?.isWanted == true {
            // Of what is here, or not to be had any more, the peer owes nothing.
            receiver.intakes[feed]?.isWanted = false
        }
    }

    /// Begins to keep accounts, or anew: the peer said all it holds, or what counts is another.
    ///
    /// - Complexity: O(n) in the feeds of both, with little to do for those of which both say the same.
    mutating func openAccounts() {
        accounts = SyncAccounts()
        changedAccounts = []
        hasAccounts = true
        // What a thousand peers say alike is kept once.
        receiver.vector.share(held.vector)
        for feed in feedsToCount() { considerAccount(of: feed) }
    }

    /// Feeds whose account may not be settled.
    private func feedsToCount() -> [FeedID] {
        let roster = configuration.roster
        let (mine, theirs) = (roster.scope(of: configuration.localSite), roster.scope(of: peer))
        var feeds: [FeedID] = []
        receiver.vector.forEachPair(with: held) { feed, held, row in
            switch (held, row) {
            case (let held?, let row?):
                if row.isEnd(of: held), held.attested == held.stored, feed.lane != .roster, roster.isOpen(feed.site) {
                    return
                }
            case (.some, nil): if feed.lane != .roster, !theirs.mayContain(feed) { return }
            case (nil, .some), (nil, nil): if !mine.mayContain(feed), roster.isOpen(feed.site) { return }
            }
            feeds.append(feed)
        }
        return feeds
    }

    /// Whether the roster is as far as is known here: with half of one, feeds that both read would be left out of account.
    var knowsRoster: Bool { configuration.roster.lists(configuration.localSite) && accounts.uncoveredCount == 0 }

    /// Whether both hold the same of everything both read.
    var isInSync: Bool { receiver.hasVector && sender.hasSaid && knowsRoster && accounts.unevenCount == 0 }

    /// How the two stand that have both said what they hold.
    var standing: SyncStatus.Word {
        if isInSync { return .inSync }
        return receiver.hasVector && sender.hasSaid && knowsRoster && accounts.isExhausted ? .differing : .sending
    }

    /// Whether the accounts are what they would be if every feed were looked at now. A session that is over takes
    /// nothing any more, and its accounts are those it ended with. For tests: looks at every feed.
    package var hasExactAccounts: Bool {
        guard hasAccounts, phase != .closed else { return true }
        var counted = SyncAccounts()
        receiver.vector.forEachPair(with: held) { feed, _, _ in counted[feed] = account(of: feed) }
        return counted == accounts
    }
}
