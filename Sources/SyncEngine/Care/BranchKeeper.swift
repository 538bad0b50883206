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
/// carried again, if the entries are what they have to be.
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
        /// Feeds of which a peer holds something else, and where, until it was said or turned out to need no word.
        var rumours: [FeedID: UInt64] = [:]
        /// Whether any feed is known to have forked.
        var hasForks = true
        /// What is known; nil while a round is under way.
        var claims: BranchClaims? = BranchClaims()
        var isDue = false
        /// Before this moment nothing is looked at.
        var rest: UInt64 = 0
        /// When it is looked at again although nothing was heard.
        var nextRound: UInt64 = 0

        /// A peer holds something else of a feed. Of more than are kept in mind the first stay.
        mutating func add(_ feed: FeedID, at position: UInt64) {
            guard rumours[feed] != nil || rumours.count < BranchKeeper.rumoursMaximum else { return }
            rumours[feed] = position
        }

        mutating func begin(at now: UInt64) -> BranchClaims? {
            guard now >= rest, isDue || hasForks && now >= nextRound, let idle = claims else { return nil }
            claims = nil
            isDue = false
            return idle
        }

        /// `unsaid`: what could not be spoken of now; a session says it once only.
        mutating func end(
            _ known: BranchClaims,
            hasForks: Bool,
            unsaid: [(feed: FeedID, position: UInt64)],
            from began: UInt64,
            to ended: UInt64
        ) {
            claims = known
            for rumour in unsaid { add(rumour.feed, at: rumour.position) }
            self.hasForks = hasForks || !rumours.isEmpty
            rest = ended + BranchKeeper.restFactor * (ended - began)
            nextRound = ended + BranchKeeper.roundNanoseconds
        }
    }

    /// How long a holder waits for the one whose turn it is, and for each site before it in the order of sites.
    static let patienceSeconds: UInt64 = 600
    static let turnSeconds: UInt64 = 60
    /// So many statements without entries are said in a day, for a peer can make a site believe that a feed forked...
    static let statementsPerDay = 16
    /// ...and so many when the feed's site signed both histories.
    static let provenPerDay = 256
    /// Of so many feeds it is kept in mind that a peer holds something else.
    static let rumoursMaximum = 256
    /// So much is carried in an hour.
    static let hourBytes = 64 << 20
    /// After a look it rests for so many times as long as that took, whatever others write.
    private static let restFactor: UInt64 = 20
    private static let roundNanoseconds: UInt64 = 50_000_000_000
    private static let hourNanoseconds: UInt64 = 3_600_000_000_000

    init(_ log: LogStore, roster: RosterState, clock: any WallClock, logger: Logger) {
        (self.log, self.roster, self.clock, self.logger) = (log, roster, clock, logger)
    }

    /// Says which history is held here of a feed of which a peer holds another one, unless that was said; now or when it is
    /// looked at again.
    ///
    /// - Parameters:
    ///   - feed: Which.
    ///   - position: Where the two differ.
    ///   - draft: For the entry.
    /// - Throws: `StorageError`.
    func diverged(_ feed: FeedID, at position: UInt64, _ draft: RosterDraft) throws {
        state.withLock { $0.add(feed, at: position) }
        try settle(isNow: true, draft)
    }

    /// Carries what is held here and nowhere carried of feeds that forked. To be called when lane 0 has grown, and now and
    /// then.
    ///
    /// - Parameters:
    ///   - isNow: Also when no fork was known, or it was looked at a moment ago.
    ///   - draft: For the entries.
    /// - Throws: `StorageError`: of one feed; the others were looked at.
    /// - Complexity: Reads lane 0 where it is time, else nothing.
    func settle(isNow: Bool, _ draft: RosterDraft) throws {
        let began = clock.steadyNanoseconds()
        let idle = state.withLock { state in
            state.isDue = state.isDue || isNow
            return state.begin(at: began)
        }
        guard var claims = idle else { return }
        var hasForks = true
        var unsaid: [(feed: FeedID, position: UInt64)] = []
        defer {
            let ended = clock.steadyNanoseconds()
            state.withLock { $0.end(claims, hasForks: hasForks, unsaid: unsaid, from: began, to: ended) }
        }
        try claims.read(log, roster.current)
        let rumours = state.withLock { state in
            defer { state.rumours = [:] }
            return state.rumours
        }
        var failures: [any Error] = []
        for (feed, position) in rumours.sorted(by: { $0.key < $1.key }) {
            do {
                guard try !speak(of: feed, at: position, isProven: false, draft, &claims) else { continue }
            } catch {
                failures.append(error)
            }
            unsaid.append((feed, position))
        }
        for feed in claims.known.keys.sorted() {
            do { try settle(feed, draft, &claims) } catch { failures.append(error) }
        }
        hasForks = !claims.isEmpty
        if let failure = failures.first { throw failure }
    }

    // MARK: - What is said

    /// - Returns: False when so much was said today that it has to wait.
    @discardableResult
    private func speak(
        of feed: FeedID,
        at position: UInt64,
        isProven: Bool,
        _ draft: RosterDraft,
        _ claims: inout BranchClaims
    ) throws -> Bool {
        guard let mine = try held(feed), position > 0, position <= mine.position, !isWrittenHere(feed),
            BranchClaims.isSpokenOf(feed, roster.current)
        else { return true }
        for reference in claims.known[feed] ?? [] where claims[reference]?.end.position ?? 0 >= position {
            if try claims.relation(reference, to: mine, start: start(of: feed), in: log) == .mine { return true }
        }
        let said = claims.saidCount(by: log.site, around: draft.recordedMilliseconds)
        guard said < (isProven ? Self.provenPerDay : Self.statementsPerDay) else { return false }
        guard let end = try log.checkpoint(of: feed), let key = key(of: feed) else { return true }
        let statement = try BranchStatement(
            of: end,
            key: key,
            heads: try heads(of: feed, before: end.head, with: position),
            start: nil,
            stretches: []
        )
        try say(statement, draft, log.epoch, &claims)
        logger.notice(
            "another history of a feed is held elsewhere: said which one is here",
            metadata: ["feed": "\(feed)"]
        )
        return true
    }

    private func say(
        _ statement: BranchStatement,
        _ draft: RosterDraft,
        _ epoch: EpochID,
        _ claims: inout BranchClaims
    ) throws {
        let places = try log.append([BranchNotice.entry(statement, draft)], to: .roster, epoch: epoch)
        guard let place = places.first else { return }
        claims.add(statement, at: place, recordedMilliseconds: draft.recordedMilliseconds)
    }

    // MARK: - What is carried

    private func settle(_ feed: FeedID, _ draft: RosterDraft, _ claims: inout BranchClaims) throws {
        guard let mine = try held(feed), !isWrittenHere(feed) else { return }
        var own: [EntryReference] = []
        var parting: FeedHead?
        var seems = false
        for reference in claims.known[feed] ?? [] {
            switch try claims.relation(reference, to: mine, start: start(of: feed), in: log) {
            case .mine: own.append(reference)
            case .parts(let common): parting = parting.map { $0.position < common.position ? $0 : common } ?? common
            case .seems: seems = true
            case .unknown: break
            }
        }
        // The others have to know what they are to be compared with.
        if seems || parting != nil && own.isEmpty && feed.site != log.site {
            try speak(of: feed, at: mine.position, isProven: parting != nil, draft, &claims)
        }
        guard let parting else {
            state.withLock { $0.noticed[feed] = nil }
            return
        }
        guard let end = try carriedEnd(of: feed, mine) else { return }
        let roster = roster.current
        var covered = parting
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for reference in own {
                guard let claim = claims[reference], let start = claim.start, start.position <= covered.position,
                    claim.end.position > covered.position,
                    try claims.isCarried(reference, mine: mine, roster, in: log)
                else { continue }
                covered = claim.end
                isGrowing = true
            }
        }
        guard end.head.position > covered.position,
            !own.contains(where: { reference in
                claims[reference].map { $0.carrier.site == log.site && $0.start != nil && $0.end == end.head } ?? false
            }),
            isTurn(feed, own.compactMap { claims[$0]?.carrier.site })
        else { return }
        try carry(feed, after: covered, through: end, draft, &claims)
    }

    /// Up to where the history held here is carried: to the last word of its site. Of a revoked site that is the history
    /// its cut-off names; what follows in it counts nowhere.
    ///
    /// - Returns: nil where nothing is to be carried.
    private func carriedEnd(of feed: FeedID, _ mine: FeedHead) throws(StorageError) -> Checkpoint? {
        guard case .until(let cutOff) = roster.current.bound(of: feed) else { return try log.checkpoint(of: feed) }
        guard mine.position >= cutOff.position, try log.head(of: feed, at: cutOff.position) == cutOff else {
            return nil
        }
        // An entry is proven by a word behind it.
        let within = try log.checkpoint(of: feed, through: cutOff.position)
        return within?.head == cutOff ? within : try log.checkpoint(of: feed)
    }

    /// Whether it is this site that carries the history it holds. `own`: who said that they hold it.
    private func isTurn(_ feed: FeedID, _ own: [SiteID]) -> Bool {
        let now = clock.steadyNanoseconds()
        let since = state.withLock { state in
            let since = state.noticed[feed] ?? now
            state.noticed[feed] = since
            return since
        }
        if feed.site == log.site { return true }
        let roster = roster.current
        let speakers = own.filter { roster[$0].map { !$0.isRevoked } ?? false }
        if !speakers.contains(feed.site), speakers.min() == log.site { return true }
        let rank = UInt64(roster.members.map(\.site).filter { $0 < log.site }.count)
        return now >= since + (Self.patienceSeconds + rank * Self.turnSeconds) * 1_000_000_000
    }

    private func carry(
        _ feed: FeedID,
        after start: FeedHead,
        through end: Checkpoint,
        _ draft: RosterDraft,
        _ claims: inout BranchClaims
    ) throws {
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
        try say(statement, draft, epoch, &claims)
        state.withLock { $0.carried.append((now, parts.bytes)) }
        logger.notice(
            "a history of a feed that others hold otherwise is carried to them",
            metadata: ["feed": "\(feed)", "after": "\(start.position)", "through": "\(end.head.position)"]
        )
    }

    // MARK: - What is known

    /// Where a feed ends here, as far as its site signed it; nil when nothing of it is here.
    private func held(_ feed: FeedID) throws(StorageError) -> FeedHead? {
        let head = try log.frontier()[feed]
        return head.flatMap { $0.position > 0 ? $0 : nil }
    }

    /// Of what is being written here others learn otherwise: see ``LogStore/goOn(after:)``.
    private func isWrittenHere(_ feed: FeedID) -> Bool { feed.site == log.site && feed.epoch == log.epoch }

    private func start(of feed: FeedID) -> FeedHead? { roster.current.start(of: feed) }

    private func key(of feed: FeedID) -> SitePublicKey? { roster.current[feed.site]?.keys.signing }

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
