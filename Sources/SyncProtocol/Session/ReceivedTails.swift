package import LogFormat

/// Who brought what lies behind the attested ends of the feeds, and whose word is not taken for a while.
///
/// The chain of a feed can be computed by anybody, so until a checkpoint covers it, a tail may be false. This value knows
/// which peers vouched for it: whoever continues a tail holds it for true up to its end. It decides nothing about what is
/// attested, and no entry that a checkpoint covers is ever concerned.
///
/// One value serves all sessions of a store and lives as long as its process; losing it costs bytes and the knowledge
/// whom to blame, never records. The driver keeps it and tells it everything that happens to replicas.
package struct ReceivedTails: Sendable {
    /// What a peer vouched for: the chain of a feed up to `end`.
    private struct Gift: Sendable {
        var peer: SiteID
        var end: FeedHead
    }

    private struct Pair: Hashable {
        var peer: SiteID
        var feed: FeedID
    }

    /// Of every feed with something attested, where that ends.
    private var attested: [FeedID: UInt64] = [:]
    private var feedsOfSite: [SiteID: Int] = [:]
    private var gifts: [FeedID: [Gift]] = [:]
    /// Tails that were given up on somebody's word; the next checkpoint behind their end tells who was right.
    private var setAside: [FeedID: [Gift]] = [:]
    /// Feeds a peer brought of which nothing is attested.
    private var opened: [SiteID: Set<FeedID>] = [:]
    private var doubts: [Pair: (until: UInt64, word: SiteID)] = [:]
    /// On whose word a tail was given up, how often, and from when on it may be again.
    private var yields: [Pair: (count: Int, until: UInt64)] = [:]
    private var falsifiers: [SiteID: (count: Int, until: UInt64)] = [:]

    /// How long a word is not taken the first time; each time it doubles.
    package static let doubtNanoseconds: UInt64 = 600_000_000_000
    private static let doublingsMaximum = 10

    package init() {}

    // MARK: - Taking

    /// Whether the next blocks of a feed may be stored.
    ///
    /// - Parameters:
    ///   - feed: Whose.
    ///   - peer: Who sent them. A site's own feeds are always taken from itself: it can sign what it sends.
    ///   - isCovered: A checkpoint in hand proves them.
    ///   - now: On the steady clock.
    /// - Throws: `.doubted`, `.tooManyFeeds`.
    package func admit(
        _ feed: FeedID,
        from peer: SiteID,
        isCovered: Bool,
        at now: UInt64
    ) throws(StoreFailure) {
        try admitFirst(feed, at: now)
        if isCovered { return }
        if let until = doubt(Pair(peer: peer, feed: feed), at: now) {
            throw .doubted(untilNanoseconds: until)
        }
        if attested[feed] == nil, let opened = opened[peer], !opened.contains(feed),
            opened.count >= Limits.unattestedFeedsPerPeer
        {
            throw .tooManyFeeds
        }
    }

    /// Whether something of a feed may be attested, where nothing is: a site has at most ``Limits/feedsPerSite`` such feeds. The
    /// one who brings one more need not be to blame: others may hold other feeds of a site that makes them up.
    ///
    /// - Parameters:
    ///   - feed: Whose.
    ///   - now: On the steady clock.
    /// - Throws: `.doubted`.
    package func admitFirst(_ feed: FeedID, at now: UInt64) throws(StoreFailure) {
        guard attested[feed] == nil, feedsOfSite[feed.site] ?? 0 >= Limits.feedsPerSite else { return }
        throw .doubted(untilNanoseconds: now &+ Self.doubtNanoseconds)
    }

    /// Whether nothing of a feed is attested.
    package func isFirst(_ feed: FeedID) -> Bool { attested[feed] == nil }

    private func doubt(_ pair: Pair, at now: UInt64) -> UInt64? {
        guard pair.feed.site != pair.peer else { return nil }
        let until = max(doubts[pair]?.until ?? 0, falsifiers[pair.peer]?.until ?? 0)
        return until > now ? until : nil
    }

    /// Blocks of a feed were stored up to `end`: their sender vouches for the chain up to there.
    package mutating func took(_ feed: FeedID, through end: FeedHead, from peer: SiteID) {
        var rows = gifts[feed] ?? []
        rows.removeAll { $0.peer == peer }
        rows.append(Gift(peer: peer, end: end))
        gifts[feed] = rows
        if attested[feed] == nil { opened[peer, default: []].insert(feed) }
    }

    /// Where a feed stands, at the beginning and after every checkpoint.
    ///
    /// - Returns: Heads of tails that were given up and end within what is attested now, with who vouched for them: the
    ///   one whose head is not the feed's brought false data, and ``falsify(_:at:)`` is due.
    package mutating func note(_ held: HeldFeed) -> [(head: FeedHead, peers: [SiteID])] {
        guard held.attested.position > attested[held.feed] ?? 0 else { return [] }
        if attested.updateValue(held.attested.position, forKey: held.feed) == nil {
            feedsOfSite[held.feed.site, default: 0] += 1
            for site in opened.keys { opened[site]?.remove(held.feed) }
        }
        let end = held.attested.position
        gifts[held.feed]?.removeAll { $0.end.position <= end }
        // The feed grows: whatever was in the way is no longer.
        doubts = doubts.filter { $0.key.feed != held.feed }
        yields = yields.filter { $0.key.feed != held.feed }
        let known = setAside[held.feed] ?? []
        let open = known.filter { $0.end.position > end }
        setAside[held.feed] = open.isEmpty ? nil : open
        var decided: [FeedHead: Set<SiteID>] = [:]
        for gift in known where gift.end.position <= end { decided[gift.end, default: []].insert(gift.peer) }
        return decided.sorted { $0.key.position < $1.key.position }.map { (head: $0.key, peers: $0.value.sorted()) }
    }

    // MARK: - Giving up

    /// A checkpoint contradicts a feed's tail, which was given up.
    ///
    /// - Parameters:
    ///   - feed: Whose.
    ///   - position: Where the checkpoint stands: everybody who vouched for the chain up to there or beyond was wrong.
    ///   - now: On the steady clock.
    /// - Returns: Who brought it, ascending; empty when that was before this process began. They are not believed for a
    ///   while.
    package mutating func contradicted(_ feed: FeedID, at position: UInt64, now: UInt64) -> [SiteID] {
        let peers = (gifts[feed] ?? []).filter { $0.end.position >= position }.map(\.peer).sorted()
        gifts[feed] = nil
        falsify(peers, at: now)
        return peers
    }

    /// Sites whose data a checkpoint proved false are not believed about others' feeds for a while.
    package mutating func falsify(_ peers: [SiteID], at now: UInt64) {
        for peer in peers {
            let count = falsifiers[peer]?.count ?? 0
            falsifiers[peer] = (count + 1, now &+ Self.doubt(count))
            // Nor does its word about others count any more.
            doubts = doubts.filter { $0.value.word != peer }
        }
    }

    /// Gives up a tail on the word of a peer that has a checkpoint beyond its end and does not know it.
    ///
    /// Nothing proves who is right. So the word counts once in a while only, and twice as long a while each time; the
    /// peers that vouched for the tail are not believed for half of that, in which the other can bring what the checkpoint
    /// covers. Once the feed grows, all begin anew.
    ///
    /// - Parameters:
    ///   - feed: Whose.
    ///   - peer: Whose word it is.
    ///   - now: On the steady clock.
    /// - Throws: `.doubted`: the tail stays.
    package mutating func yield(_ feed: FeedID, to peer: SiteID, at now: UInt64) throws(StoreFailure) {
        let pair = Pair(peer: peer, feed: feed)
        if let until = doubt(pair, at: now) { throw .doubted(untilNanoseconds: until) }
        let count = yields[pair]?.count ?? 0
        if let until = yields[pair]?.until, until > now { throw .doubted(untilNanoseconds: until) }
        let length = Self.doubt(count)
        yields[pair] = (count + 1, now &+ 2 * length)
        for gift in gifts[feed] ?? [] {
            if gift.peer != peer { doubts[Pair(peer: gift.peer, feed: feed)] = (now &+ length, peer) }
            setAside[feed, default: []].append(gift)
        }
        gifts[feed] = nil
    }

    /// A tail is given up because what is in hand is proven: nobody is blamed.
    package mutating func replaced(_ feed: FeedID) { gifts[feed] = nil }

    private static func doubt(_ count: Int) -> UInt64 { doubtNanoseconds << UInt64(min(count, doublingsMaximum)) }
}

/// A tail that was given up, for people and for the other sessions of the store. No content.
package struct DiscardedTail: Hashable, Sendable {
    /// How the feed stands afterwards.
    package var now: HeldFeed
    /// The position of the checkpoint that proved it false, or where it ended when it was given up without proof.
    package var position: UInt64
    /// Sites that brought false data, proven by a checkpoint, ascending.
    package var falsifiers: [SiteID]

    package init(now: HeldFeed, position: UInt64, falsifiers: [SiteID]) {
        self.now = now
        self.position = position
        self.falsifiers = falsifiers
    }
}
