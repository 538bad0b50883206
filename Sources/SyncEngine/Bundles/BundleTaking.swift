package import LogFormat
package import LogStore
import StoreIO
package import SyncProtocol

/// Takes what a bundle carries into the log, as it would come from the peer that made it: blocks by the chain, durable;
/// shown once a checkpoint or a cut-off covers them; within what the roster lets this site take, of which it hears on the way.
///
/// Holds at most a MiB of blocks. Stopped anywhere, what was stored stays, and the same bundle can be taken again.
package final class BundleTaking {
    /// Why not all of a feed was taken.
    package enum Problem: Hashable, Sendable {
        /// The bundle begins behind the end of what is here.
        case gap(ends: UInt64, begins: UInt64)
        /// Another history than here, where a checkpoint covers it.
        case differs(position: UInt64)
        /// More of the feed this site is writing than it has.
        case ownBeyond(position: UInt64)
        /// An end that nothing vouched for was given up for another: taken again, the bundle goes on from there.
        case setAside
        /// A checkpoint that its site did not sign, or blocks that do not hold.
        case broken
        /// More feeds than are taken.
        case tooMany
        /// Another process was at it.
        case busy
    }

    /// What became of one feed.
    package struct Outcome: Hashable, Sendable {
        /// Where it stood before.
        package var before: UInt64
        package var problem: Problem?
        /// Who vouches for what the problem shows.
        package var word = Word.nobody
    }

    /// Who vouches for something that a bundle says.
    package enum Word: Hashable, Sendable {
        /// It is in DATA, which everybody can write who can open the bundle.
        case nobody
        /// The sender: it is in the statement, which it signed.
        case sender
        /// The administrator: the roster has a cut-off there.
        case roster
    }

    private let log: LogStore
    private let sender: SiteID
    package private(set) var roster: Roster
    package private(set) var outcomes: [FeedID: Outcome] = [:]
    private var held: [FeedID: FeedSummary] = [:]
    /// Of each site, feeds of which something is attested.
    private var attestedFeeds: [SiteID: Int] = [:]
    private var waiting: Waiting?
    /// Feeds the bundle opened here of which nothing is attested yet.
    private var opened: Set<FeedID>
    /// The feed that was spoken of last.
    private var current: FeedID?
    /// What of lane 0 came since the roster was folded.
    private var growth = RosterGrowth.none
    private var verdicts = SignatureVerdicts()

    /// What of lane 0 came.
    private enum RosterGrowth {
        case none
        /// Of members: it counts when one of them appoints an administrator, or becomes it.
        case member
        /// Of a site that administers the registry or did: it may cut off what comes next.
        case authority
    }
    /// Feeds of which data was passed over, for the roster did not let this site take them.
    private var passedOver: Set<FeedID> = []

    /// Blocks that follow one another, on their way to the store.
    private struct Waiting {
        var feed: FeedID
        var key: SitePublicKey
        var bound: Roster.Bound
        var after: FeedHead
        var end: FeedHead
        var blocks: [Block] = []
        var bytes = 0
    }

    /// What is stored at once, in bytes of blocks: one data sync each.
    private static let runBytes = 1 << 20

    /// - Parameters:
    ///   - log: Where it goes.
    ///   - sender: Who signed the bundle.
    ///   - roster: As it stands here.
    ///   - former: The same bundle, as it was taken before: what that opened counts.
    /// - Throws: `StorageError`.
    package init(_ log: LogStore, from sender: SiteID, roster: Roster, after former: BundleTaking? = nil) throws {
        self.log = log
        self.sender = sender
        self.roster = roster
        opened = former?.opened ?? []
        for summary in try log.feeds() where summary.branch == 0 { hold(summary) }
    }

    private func look(at feed: FeedID) throws(StorageError) {
        guard let summary = try log.feed(feed) else { return held[feed] = nil }
        hold(summary)
    }

    private func hold(_ summary: FeedSummary) {
        let former = held.updateValue(summary, forKey: summary.feed)
        guard summary.attested.position > 0 else { return }
        opened.remove(summary.feed)
        if former?.attested.position ?? 0 == 0 { attestedFeeds[summary.feed.site, default: 0] += 1 }
    }

    // MARK: - What it says

    /// What the sender says it holds: shows where histories differ.
    package func take(_ statement: BundleStatement) {
        for (feed, row) in statement.vector {
            guard bound(of: feed) != .nothing else { continue }
            if feed.site == log.site, feed.epoch == log.epoch, row.position > held[feed]?.attested.position ?? 0 {
                fail(feed, .ownBeyond(position: row.position), .sender)
                continue
            }
            guard let local = held[feed]?.attested else { continue }
            if row.position == local.position, row.digest != ShortDigest(local.digest) {
                fail(feed, .differs(position: row.position), .sender)
            }
        }
    }

    /// Takes one message; what is not for a log is passed over.
    ///
    /// - Throws: ``BundleRefusal/senderRevoked(_:)`` when the roster that is in it revokes its sender; `StorageError`.
    package func take(_ message: SyncMessage) throws {
        switch message {
        case .data(let data):
            try begin(data.feed)
            try take(data)
        case .checkpoint(let feed, let head, let signature):
            try begin(feed)
            try take(feed, head, signature)
        default: try renewRoster()
        }
    }

    /// Stores what waits. Call it at the end.
    ///
    /// - Throws: As ``take(_:)``.
    package func finish() throws {
        try flush()
        try renewRoster()
    }

    /// Stores what waits of the feed before, and hears of the roster what may change how this one is taken.
    private func begin(_ feed: FeedID) throws {
        guard feed != current else { return }
        current = feed
        try flush()
        // Thousands of members have something in lane 0, and it hardly ever concerns that of another.
        if growth == .authority || feed.lane != .roster || bound(of: feed) != .open { try renewRoster() }
    }

    // MARK: - Data

    private func take(_ data: SyncMessage.DataBlocks) throws {
        let feed = data.feed
        guard outcomes[feed]?.problem == nil else { return }
        guard feed.site != log.site || feed.epoch != log.epoch else {
            if data.lastPosition > held[feed]?.stored.position ?? 0 {
                fail(feed, .ownBeyond(position: data.lastPosition))
            }
            return
        }
        let bound = bound(of: feed)
        guard bound != .nothing, let start = roster.start(of: feed), let key = roster[feed.site]?.keys.signing else {
            // A bundle may name any number of feeds.
            if passedOver.count < Limits.vectorFeeds { passedOver.insert(feed) }
            return
        }
        let reached = waiting?.end ?? held[feed]?.stored ?? start
        guard data.lastPosition > reached.position else { return }
        guard data.after <= reached.position else {
            return fail(feed, .gap(ends: reached.position, begins: data.after + 1))
        }
        guard data.after < reached.position || data.digest == ShortDigest(reached.digest) else {
            waiting = nil
            return try contradict(feed, at: data.after)
        }
        do throws(FormatError) {
            let blocks = try data.continuing(after: reached, bound: bound)
            guard let end = blocks.last?.header.head else { return }
            var run = waiting ?? Waiting(feed: feed, key: key, bound: bound, after: reached, end: reached)
            run.blocks += blocks
            run.bytes += blocks.reduce(0) { $0 + $1.header.encodedLengthBytes }
            run.end = end
            waiting = run
        } catch {
            return fail(feed, .broken)
        }
        if let run = waiting, run.bytes >= Self.runBytes { try flush() }
    }

    private func flush() throws {
        guard let run = waiting else { return }
        waiting = nil
        guard admits(run.feed) else { return fail(run.feed, .tooMany) }
        note(run.feed)
        do throws(StorageError) {
            let end = try log.receive(run.blocks, of: run.feed, key: run.key, after: run.after)
            if held[run.feed] == nil { opened.insert(run.feed) }
            try look(at: run.feed)
            guard case .until(let cutOff) = run.bound, end.position >= cutOff.position else { return }
            try attest(cutOff, of: run.feed)
        } catch {
            switch error.code {
            case .invalidArgument: try contradict(run.feed, at: run.after.position)
            case .moved:
                try look(at: run.feed)
                fail(run.feed, .busy)
            default: throw error
            }
        }
    }

    /// Takes the roster's word. What contradicts it and is attested stays, the rest goes.
    private func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StorageError) {
        do throws(StorageError) {
            try log.attest(cutOff, of: feed)
        } catch {
            guard error.code == .moved else { throw error }
            try look(at: feed)
            let isAttested = held[feed]?.attested.position ?? 0 >= cutOff.position
            return fail(feed, isAttested ? .differs(position: cutOff.position) : .setAside, .roster)
        }
        try look(at: feed)
    }

    /// What arrives does not fit what is stored. What is stored and not attested may be the false one, and is given up.
    private func contradict(_ feed: FeedID, at position: UInt64) throws {
        guard let local = held[feed], local.stored.position > local.attested.position else {
            return fail(feed, held[feed]?.attested.position == position ? .differs(position: position) : .broken)
        }
        try log.discardUnattested(of: feed)
        try look(at: feed)
        fail(feed, .setAside)
    }

    // MARK: - Checkpoints

    private func take(_ feed: FeedID, _ head: FeedHead, _ signature: [UInt8]) throws {
        try flush()
        guard outcomes[feed]?.problem == nil, feed.site != log.site || feed.epoch != log.epoch,
            bound(of: feed) != .nothing, let key = roster[feed.site]?.keys.signing, let local = held[feed],
            head.position > local.attested.position, head.position <= local.stored.position
        else { return }
        note(feed)
        // Brought before its site had as many.
        guard local.attested.position > 0 || hasRoom(feed.site) else { return fail(feed, .tooMany) }
        do throws(StorageError) {
            let checkpoint: Checkpoint
            do throws(FormatError) {
                checkpoint = try Checkpoint(
                    registry: roster.registry,
                    feed: feed,
                    head: head,
                    signature: signature
                )
            } catch {
                return fail(feed, .broken)
            }
            try log.attest(checkpoint, key: key)
        } catch {
            switch error.code {
            case .invalidArgument: return fail(feed, .broken)
            case .moved: fail(feed, .setAside)
            case .notFound: fail(feed, .busy)
            default: throw error
            }
        }
        try look(at: feed)
        guard feed.lane == .roster, growth != .authority else { return }
        growth = roster.isAuthority(feed.site) ? .authority : .member
    }

    /// Folds the roster where lane 0 has grown.
    private func renewRoster() throws {
        guard growth != .none else { return }
        growth = .none
        guard let next = try Roster(in: log, knowing: &verdicts) else { return }
        roster = next
        guard next[sender]?.isRevoked == false else {
            throw BundleRefusal.senderRevoked(sender)
        }
    }

    // MARK: - What is taken

    private func bound(of feed: FeedID) -> Roster.Bound {
        roster.reads(log.site, feed) ? roster.bound(of: feed) : .nothing
    }

    /// Whether a feed may be opened here: anybody can make up epochs of any site.
    private func admits(_ feed: FeedID) -> Bool {
        guard held[feed] == nil else { return true }
        return hasRoom(feed.site) && opened.count < Limits.unattestedFeedsPerPeer
    }

    /// Whether one more feed of a site may be attested.
    private func hasRoom(_ site: SiteID) -> Bool { attestedFeeds[site] ?? 0 < Limits.feedsPerSite }

    private func note(_ feed: FeedID) {
        if outcomes[feed] == nil { outcomes[feed] = Outcome(before: held[feed]?.attested.position ?? 0) }
    }

    private func fail(_ feed: FeedID, _ problem: Problem, _ word: Word = .nobody) {
        // A bundle may name any number of feeds.
        guard outcomes[feed] != nil || outcomes.count < Limits.vectorFeeds else { return }
        note(feed)
        outcomes[feed]?.problem = problem
        outcomes[feed]?.word = word
    }

    // MARK: - What came of it

    /// How a feed stands now; nil when nothing of it is here.
    package func standing(_ feed: FeedID) -> FeedSummary? { held[feed] }

    /// Whether an end was given up that nothing vouched for: the same bundle then has more to give.
    package var gaveUpEnds: Bool {
        outcomes.values.contains { outcome in
            if case .setAside = outcome.problem { return true }
            return false
        }
    }

    /// Whether the roster that came admits what was passed over before it came: the same bundle then has more to give.
    package var admitsMore: Bool { passedOver.contains { bound(of: $0) != .nothing } }

    /// Entries of the feeds this site takes that the sender has beyond what is attested here.
    package func missing(of statement: BundleStatement) -> UInt64 {
        var missing = SyncRemainder()
        statement.vector.forEach { feed, row in
            guard bound(of: feed) != .nothing, feed.site != log.site || feed.epoch != log.epoch else { return }
            let here = held[feed]?.attested.position ?? 0
            missing.add(entries: row.position - min(row.position, here), bytes: 0)
        }
        return missing.entries
    }
}
