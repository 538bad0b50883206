import LogFormat
import LogStore
import Logging
import StoreIO
import SyncProtocol
import Synchronization

/// Sees to it that every history of a forked feed can be read at every site, and not only at those that happen to hold it.
///
/// A site that finds that another holds something else says in lane 0 which history it holds (``BranchStatement``, proven by
/// the signature of the feed's site). Whoever hears of one that is not its own carries what it holds from where the two part:
/// the blocks in its lane 3, and where they are in lane 0. Of several holders the feed's own site does it, else who spoke
/// first in the order of sites; the others only when that did not come about. What some feed carries already is not
/// carried again.
///
/// Everything follows from what is in the log. Losing what is in memory costs time and perhaps a second copy.
final class BranchKeeper: Sendable {
    private let log: LogStore
    private let roster: RosterState
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// Since when histories are known that are not the one held here, on the steady clock.
        var noticed: [FeedID: UInt64] = [:]
        /// What was carried lately: when, and how many bytes.
        var carried: [(moment: UInt64, bytes: Int)] = []
        /// Whether any feed is known to have forked.
        var hasForks = true
    }

    /// How long a holder waits for the one whose turn it is, and for each site before it in the order of sites.
    static let patienceSeconds: UInt64 = 600
    static let turnSeconds: UInt64 = 60
    /// So many statements without entries are said in a day, for a peer can make a site believe that a feed forked.
    static let statementsPerDay = 16
    /// So much is carried in an hour.
    static let hourBytes = 64 << 20
    private static let dayMilliseconds: Int64 = 86_400_000
    private static let hourNanoseconds: UInt64 = 3_600_000_000_000

    init(_ log: LogStore, roster: RosterState, clock: any WallClock, logger: Logger) {
        (self.log, self.roster, self.clock, self.logger) = (log, roster, clock, logger)
    }

    /// A statement, and the lane 0 it stands in.
    private struct Claim {
        var carrier: FeedID
        var statement: BranchStatement
    }

    /// How a claim stands to the history held here.
    private enum Relation {
        /// Its end is in it.
        case mine
        /// They part, after this or later.
        case parts(FeedHead)
        /// They part, by the word of who made the claim.
        case seems
        /// Nothing shows that they part.
        case unknown
    }

    // MARK: - What is said

    /// Says which history is held here of a feed of which a peer holds another one, unless that was said.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - position: Where the two differ.
    ///   - draft: For the entry.
    /// - Throws: `StorageError`.
    func diverged(_ feed: FeedID, at position: UInt64, _ draft: RosterDraft) throws {
        guard let mine = try held(feed), position > 0, position <= mine.position, !isWrittenHere(feed),
            roster.current.bound(of: feed) == .open
        else { return }
        for claim in try claims() where claim.statement.feed == feed && claim.statement.end.head.position >= position {
            if case .mine = try relation(claim, to: mine) { return }
        }
        let now = clock.millisecondsSinceEpoch()
        let late = try log.rosterEntries().count { entry in
            entry.reference.feed.site == log.site
                && BranchNotice.recordedMilliseconds(of: entry.bytes).map { abs($0 - now) < Self.dayMilliseconds }
                    ?? false
        }
        guard late < Self.statementsPerDay else { return }
        guard let end = try log.checkpoint(of: feed), let key = key(of: feed) else { return }
        let statement = try BranchStatement(
            of: end,
            key: key,
            heads: try heads(of: feed, before: end.head, with: position),
            start: nil,
            stretches: []
        )
        _ = try log.append([BranchNotice.entry(statement, draft)], to: .roster)
        state.withLock { $0.hasForks = true }
        logger.notice(
            "another history of a feed is held elsewhere: said which one is here",
            metadata: ["feed": "\(feed)"]
        )
    }

    // MARK: - What is carried

    /// Carries what is held here and nowhere carried of feeds that forked. To be called when lane 0 has grown, and now and
    /// then.
    ///
    /// - Parameters:
    ///   - isNow: Also when no fork was known.
    ///   - draft: For the entries.
    /// - Throws: `StorageError`.
    /// - Complexity: Reads lane 0 where a fork is known, else nothing.
    func settle(isNow: Bool, _ draft: RosterDraft) throws {
        guard isNow || state.withLock({ $0.hasForks }) else { return }
        let claims = try claims()
        state.withLock { $0.hasForks = !claims.isEmpty }
        for feed in Set(claims.map(\.statement.feed)).sorted() {
            try settle(feed, claims.filter { $0.statement.feed == feed }, draft)
        }
    }

    private func settle(_ feed: FeedID, _ claims: [Claim], _ draft: RosterDraft) throws {
        guard let mine = try held(feed), !isWrittenHere(feed) else { return }
        var own: [Claim] = []
        var parting: FeedHead?
        for claim in claims {
            switch try relation(claim, to: mine) {
            case .mine: own.append(claim)
            case .parts(let common): parting = parting.map { $0.position < common.position ? $0 : common } ?? common
            case .seems: try diverged(feed, at: mine.position, draft)
            case .unknown: break
            }
        }
        guard let parting else {
            state.withLock { $0.noticed[feed] = nil }
            return
        }
        // The others have to know what they are to be compared with.
        if own.isEmpty, feed.site != log.site { try diverged(feed, at: mine.position, draft) }
        var covered = parting
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for claim in own {
                guard let start = claim.statement.start, start.position <= covered.position,
                    claim.statement.end.head.position > covered.position
                else { continue }
                covered = claim.statement.end.head
                isGrowing = true
            }
        }
        guard let end = try log.checkpoint(of: feed), end.head.position > covered.position,
            !own.contains(where: {
                $0.carrier.site == log.site && $0.statement.start != nil && $0.statement.end.head == end.head
            }),
            isTurn(feed, own)
        else { return }
        try carry(feed, after: covered, through: end, draft)
    }

    /// Whether it is this site that carries the history it holds.
    private func isTurn(_ feed: FeedID, _ own: [Claim]) -> Bool {
        let now = clock.steadyNanoseconds()
        let since = state.withLock { state in
            let since = state.noticed[feed] ?? now
            state.noticed[feed] = since
            return since
        }
        if feed.site == log.site { return true }
        let roster = roster.current
        let speakers = own.map(\.carrier.site).filter { roster[$0].map { !$0.isRevoked } ?? false }
        if !speakers.contains(feed.site), speakers.min() == log.site { return true }
        let rank = UInt64(roster.members.map(\.site).filter { $0 < log.site }.count)
        return now >= since + (Self.patienceSeconds + rank * Self.turnSeconds) * 1_000_000_000
    }

    private func carry(_ feed: FeedID, after start: FeedHead, through end: Checkpoint, _ draft: RosterDraft) throws {
        let now = clock.steadyNanoseconds()
        let spent = state.withLock { state in
            state.carried.removeAll { $0.moment + Self.hourNanoseconds < now }
            return state.carried.reduce(0) { $0 + $1.bytes }
        }
        guard spent < Self.hourBytes, let key = key(of: feed) else { return }
        let epoch = log.epoch
        guard let parts = try log.carry(feed, after: start, through: end.head, in: epoch) else {
            logger.error("a history of a feed that forked is too long to be carried", metadata: ["feed": "\(feed)"])
            state.withLock { $0.carried.append((now, Self.hourBytes)) }
            return
        }
        let statement = try BranchStatement(
            of: end,
            key: key,
            heads: try heads(of: feed, before: end.head, with: start.position),
            start: start,
            stretches: parts.stretches
        )
        _ = try log.append([BranchNotice.entry(statement, draft)], to: .roster, epoch: epoch)
        state.withLock { $0.carried.append((now, parts.bytes)) }
        logger.notice(
            "a history of a feed that others hold otherwise is carried to them",
            metadata: ["feed": "\(feed)", "after": "\(start.position)", "through": "\(end.head.position)"]
        )
    }

    // MARK: - What is known

    /// The statements whose feeds are read here and whose signature holds, in the order of where they stand.
    private func claims() throws -> [Claim] {
        let roster = roster.current
        return try log.rosterEntries().compactMap { entry -> Claim? in
            guard let statement = BranchNotice.statement(in: entry.bytes), statement.end.registry == roster.registry,
                roster.reads(log.site, statement.feed), roster.bound(of: statement.feed) == .open
            else { return nil }
            do throws(FormatError) { try statement.end.verify(key: statement.key) } catch { return nil }
            return Claim(carrier: entry.reference.feed, statement: statement)
        }
    }

    /// Where a feed ends here, as far as its site signed it; nil when nothing of it is here.
    private func held(_ feed: FeedID) throws(StorageError) -> FeedHead? {
        let head = try log.frontier()[feed]
        return head.flatMap { $0.position > 0 ? $0 : nil }
    }

    /// Of what is being written here others learn otherwise: see ``LogStore/goOn(after:)``.
    private func isWrittenHere(_ feed: FeedID) -> Bool { feed.site == log.site && feed.epoch == log.epoch }

    private func key(of feed: FeedID) -> SitePublicKey? { roster.current[feed.site]?.keys.signing }

    /// What a statement whose end lies beyond what is here says of earlier positions is proven by the entries alone.
    private func relation(_ claim: Claim, to mine: FeedHead) throws -> Relation {
        let statement = claim.statement
        let (feed, end) = (statement.feed, statement.end.head)
        if end.position <= mine.position, try log.head(of: feed, at: end.position) == end { return .mine }
        let points = (statement.heads + [statement.start].compactMap(\.self))
            .filter { $0.position > 0 && $0.position <= mine.position }.sorted { $0.position < $1.position }
        guard var common = roster.current.start(of: feed) else { return .unknown }
        var differs = false
        for point in points where !differs {
            if try log.head(of: feed, at: point.position) == point { common = point } else { differs = true }
        }
        if end.position <= mine.position { return .parts(common) }
        guard case .entries(let entries) = try log.branch(statement, carriedBy: claim.carrier),
            let start = statement.start, start.position <= mine.position
        else { return differs ? .seems : .unknown }
        if start.position > 0, try log.head(of: feed, at: start.position) != start { return .parts(common) }
        common = start
        for entry in entries where entry.reference.position <= mine.position {
            let here = try log.head(of: feed, at: entry.reference.position)
            guard entry.reference.matches(here.digest) else { return .parts(common) }
            common = here
        }
        return .unknown
    }

    /// Positions by which others see where their history leaves the one held here: near the end each, then fewer and fewer.
    private func heads(of feed: FeedID, before end: FeedHead, with position: UInt64) throws -> [FeedHead] {
        var positions: Set<UInt64> = [position]
        var distance: UInt64 = 1
        while distance < end.position, positions.count < BranchStatement.headsMaximum {
            positions.insert(end.position - distance)
            distance *= 2
        }
        return try positions.filter { $0 > 0 && $0 < end.position }.sorted().map { try log.head(of: feed, at: $0) }
    }
}
