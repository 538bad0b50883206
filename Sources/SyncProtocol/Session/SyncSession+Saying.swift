import LogFormat

// What the peer is told to be here, and what follows from what it says it holds.
extension SyncSession {
    // MARK: - What is offered

    /// Where a feed stands as the peer may be told: durable, attested, within its cut-off, and read by the peer.
    func offeredHead(_ feed: FeedID) -> FeedHead? {
        guard configuration.roster.reads(peer, feed), configuration.roster.bound(of: feed) != .nothing,
            let head = settled(feed), head.position > 0
        else { return nil }
        return head
    }

    func offeredRow(_ feed: FeedID) -> HaveRow? {
        guard let head = offeredHead(feed), let local = held[feed] else { return nil }
        return HaveRow(position: head.position, digest: ShortDigest(head.digest), bytes: local.storedBytes)
    }

    // MARK: - HAVE and ACK

    mutating func takeHaves() -> [SyncMessage] {
        var messages: [SyncMessage] = []
        if sender.asksForFull {
            sender.asksForFull = false
            messages.append(.have(.init(base: nil, rows: [], result: nil, isContinued: false, asksForFull: true)))
        }
        var candidates = sender.dirty.sorted()
        sender.dirty = []
        if !sender.hasSaid {
            sender.said = HaveVector()
            if let base = sender.base, !hasLost(of: base) { sender.said = base }
            sender.base = nil
            candidates = feedsToSay(since: sender.said)
        }
        // The vector after nothing was said has no digest that the peer could know.
        var base: [UInt8]? = sender.hasSaid || sender.said.count > 0 ? sender.said.digest : nil
        var rows: [SyncMessage.Have.Row] = []
        for feed in candidates {
            guard let row = offeredRow(feed) else { continue }
            let known = sender.said[feed]
            if let known, known.isSameEnd(as: row) || sender.hasSaid && known.position == row.position { continue }
            if sender.hasSaid, receiver.received.contains(feed) {
                // A HAVE that is not yet sent begins from the vector after these.
                messages.append(.ack(feed: feed, row: row))
                sender.said[feed] = row
                base = sender.said.digest
            } else {
                rows.append(.init(feed: feed, row: row))
            }
        }
        if !messages.isEmpty || !rows.isEmpty { receiver.hasNews = true }
        guard !rows.isEmpty || !sender.hasSaid else { return messages }
        messages += sender.said.saying(rows, from: base)
        if !sender.hasSaid { sender.said.share(held.vector) }
        sender.hasSaid = true
        return messages
    }

    /// Feeds of which the peer may have to be told something else than a vector says, ascending.
    func feedsToSay(since said: HaveVector) -> [FeedID] {
        let roster = configuration.roster
        let scope = roster.scope(of: peer)
        var feeds: [FeedID] = []
        said.forEachPair(with: held) { feed, held, row in
            guard let held else { return }
            if let row {
                if row.isEnd(of: held), roster.isOpen(feed.site) { return }
            } else if !scope.mayContain(feed) {
                return
            }
            feeds.append(feed)
        }
        return feeds
    }

    /// Whether the peer was told of something that is no more: a row can be replaced and not taken back.
    private func hasLost(of said: HaveVector) -> Bool {
        var lost: [FeedID] = []
        said.forEachPair(with: held) { feed, held, row in
            if let row, held.map({ $0.attested.position < row.position }) ?? true { lost.append(feed) }
        }
        return lost.contains { feed in
            configuration.roster.reads(peer, feed) && configuration.roster.bound(of: feed) != .nothing
                && offeredHead(feed) == nil
        }
    }

    mutating func takeAck(_ feed: FeedID, _ row: HaveRow) {
        guard phase == .open else { return }
        guard receiver.vector.count < Limits.vectorFeeds || receiver.vector[feed] != nil else {
            return close(.tooLarge, detail: "More feeds than anybody has.")
        }
        let former = receiver.vector.head(of: feed)
        receiver.vector[feed] = row
        receiver.hasNews = true
        receiver.reconsiders = true
        peerHolds(feed, row, formerly: former)
        considerAccount(of: feed)
    }

    /// The peer said where one of its feeds stands.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - row: What it said, now or before.
    ///   - former: Where it was known to stand before, when it has just said something else.
    mutating func peerHolds(_ feed: FeedID, _ row: HaveRow, formerly former: FeedHead?) {
        if feed.site == configuration.localSite, held[feed] != nil { noteOwn(feed, row.position) }
        sender.pushed.removeAll { $0.feed == feed && $0.position <= row.position }
        sender.streams[feed]?.forget(before: row.position)
        let known = (sender.streams[feed]?.marks ?? []).map(\.head) + [offeredHead(feed)].compactMap(\.self)
        let head = known.first { $0.position == row.position && ShortDigest($0.digest) == row.digest }
        if let head { receiver.vector.note(head, of: feed) }
        if let unknown = sender.unknown[feed], unknown.position == row.position,
            ShortDigest(unknown.digest) == row.digest, let offered = offeredHead(feed)
        {
            // It may have been beyond what was here when the peer asked, and be a part of it by now: the store knows.
            let mayBeOurs = unknown.position < offered.position || unknown == offered
            guard mayBeOurs, !SeededBug.unknownForGood.isPlanted else {
                return answer(unknown: unknown, of: feed, offered: offered)
            }
            sender.unknown[feed] = nil
            receiver.vector.note(unknown, of: feed)
            if unknown.position < offered.position { sender.streams[feed] = .init(at: unknown) }
        }
        if let stream = sender.streams[feed] {
            if let head {
                if stream.sent.position < head.position {
                    sender.streams[feed] = .init(at: head)
                    // What is remembered may just be old.
                    if !stream.isRemembered { sender.elsewhere.insert(feed) }
                }
                sender.streams[feed]?.isRemembered = false
            }
        } else if let former, former.position < row.position {
            sender.elsewhere.insert(feed)
        }
        resumeStream(feed)
    }
}
