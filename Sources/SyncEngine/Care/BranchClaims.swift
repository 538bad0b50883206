import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// The statements about histories of forked feeds that stand in lane 0, and how each stands to the history held here.
///
/// Whatever a statement asks to be read is read once, and again only where what it depends on has grown.
struct BranchClaims {
    /// A statement whose end the feed's site signed.
    struct Claim {
        /// The lane 0 it stands in.
        var carrier: FeedID
        var statement: BranchStatement
        /// By the clock of who says it.
        var recordedMilliseconds: Int64
        var start: FeedHead? { statement.start }
        var end: FeedHead { statement.end.head }
        fileprivate var judged: (basis: Basis, relation: Relation)?
        fileprivate var read: (basis: Basis, isProven: Bool)?
    }

    /// How a claim stands to the history held here.
    enum Relation: Hashable {
        /// Its end is in it.
        case mine
        /// They part, after this or later.
        case parts(FeedHead)
        /// They part, by the word of who made the claim.
        case seems
        /// Nothing shows that they part.
        case unknown
    }

    /// How far what a claim is compared with had come.
    fileprivate struct Basis: Hashable {
        var mine: UInt64
        var parts: UInt64
    }

    /// So many statements without entries of one site count.
    private static let saidMaximum = 4_096

    private var claims: [EntryReference: Claim?] = [:]
    /// Those that count, by feed, in the order of where they stand.
    private(set) var known: [FeedID: [EntryReference]] = [:]
    private var ends: [FeedID: UInt64] = [:]

    var isEmpty: Bool { known.isEmpty }

    subscript(reference: EntryReference) -> Claim? { claims[reference] ?? nil }

    /// Reads what stands in lane 0 now, of feeds that are read here and not cut off.
    ///
    /// - Throws: `StorageError`.
    /// - Complexity: Reads lane 0; a signature check for each statement that was not seen before.
    mutating func read(_ log: LogStore, _ roster: Roster) throws(StorageError) {
        known = [:]
        ends = Dictionary(uniqueKeysWithValues: try log.frontier().rows.map { ($0.feed, $0.head.position) })
        var stretches = CarriedStretches()
        var counts: [SiteID: (carried: Int, said: Int)] = [:]
        for entry in try log.rosterEntries() {
            let reference = entry.reference
            let claim: Claim?
            if let seen = claims[reference] {
                claim = seen
            } else {
                guard let statement = BranchNotice.statement(in: entry.bytes) else { continue }
                claim = Self.signed(statement, in: entry)
                claims[reference] = .some(claim)
            }
            guard let claim, claim.statement.end.registry == roster.registry,
                roster.reads(log.site, claim.statement.feed), Self.isSpokenOf(claim.statement.feed, roster),
                stretches.areNew(claim.statement, in: claim.carrier)
            else { continue }
            var count = counts[claim.carrier.site] ?? (0, 0)
            if claim.statement.start == nil { count.said += 1 } else { count.carried += 1 }
            counts[claim.carrier.site] = count
            guard count.carried <= Limits.statementsPerCarrier, count.said <= Self.saidMaximum else { continue }
            known[claim.statement.feed, default: []].append(reference)
        }
    }

    /// Whether sites tell each other which history they hold of a feed. Of a revoked site they do so of lane 0, from which the
    /// roster is read, as far as it counts: one history is named by its cut-off, and whoever has another one lacks it.
    static func isSpokenOf(_ feed: FeedID, _ roster: Roster) -> Bool {
        switch roster.bound(of: feed) {
        case .open: true
        case .until: feed.lane == .roster
        case .nothing: false
        }
    }

    private static func signed(_ statement: BranchStatement, in entry: StoredEntry) -> Claim? {
        do throws(FormatError) { try statement.end.verify(key: statement.key) } catch { return nil }
        return Claim(
            carrier: entry.reference.feed,
            statement: statement,
            recordedMilliseconds: BranchNotice.recordedMilliseconds(of: entry.bytes) ?? 0
        )
    }

    /// Takes up what this site has just said.
    mutating func add(_ statement: BranchStatement, at reference: EntryReference, recordedMilliseconds: Int64) {
        claims[reference] = Claim(
            carrier: reference.feed,
            statement: statement,
            recordedMilliseconds: recordedMilliseconds
        )
        known[statement.feed, default: []].append(reference)
    }

    /// How many statements without entries a site made within a day of a moment.
    func saidCount(by site: SiteID, around milliseconds: Int64) -> Int {
        claims.values.count { claim in
            guard let claim, claim.carrier.site == site, claim.statement.start == nil else { return false }
            let age = claim.recordedMilliseconds.subtractingReportingOverflow(milliseconds)
            return !age.overflow && age.partialValue.magnitude < Self.dayMilliseconds
        }
    }

    private static let dayMilliseconds: UInt64 = 86_400_000

    /// How a claim stands to the history held here, which ends at `mine`; `start` is where the feed begins.
    ///
    /// What a statement whose end lies beyond what is here says of earlier positions is proven by the entries alone.
    ///
    /// - Throws: `StorageError`.
    mutating func relation(
        _ reference: EntryReference,
        to mine: FeedHead,
        start: FeedHead?,
        in log: LogStore
    ) throws -> Relation {
        guard var claim = self[reference] else { return .unknown }
        let basis = basis(of: claim, mine)
        if let judged = claim.judged {
            switch judged.relation {
            // Of what is attested nothing changes.
            case .mine, .parts: return judged.relation
            case .seems, .unknown: if judged.basis == basis { return judged.relation }
            }
        }
        let relation = try start.map { try Self.compared(claim, with: mine, start: $0, in: log) } ?? .unknown
        claim.judged = (basis, relation)
        claims[reference] = claim
        return relation
    }

    /// Whether the entries a claim of this history says are carried are there, are what they have to be, and can be had by
    /// others: what a revoked site carried beyond its cut-off is given to nobody.
    ///
    /// - Throws: `StorageError`.
    mutating func isCarried(
        _ reference: EntryReference,
        mine: FeedHead,
        _ roster: Roster,
        in log: LogStore
    ) throws -> Bool {
        guard var claim = self[reference], claim.statement.start != nil,
            Self.isGiven(claim.carrier, through: reference.position, roster),
            Self.isGiven(
                BranchStatement.parts(saidIn: claim.carrier),
                through: claim.statement.stretches.last?.upperBound ?? 0,
                roster
            )
        else { return false }
        if claim.carrier.site == log.site { return true }
        let basis = basis(of: claim, mine)
        if let read = claim.read, read.isProven || read.basis == basis { return read.isProven }
        var isProven = false
        if case .entries = try log.branch(claim.statement, carriedBy: claim.carrier) { isProven = true }
        claim.read = (basis, isProven)
        claims[reference] = claim
        return isProven
    }

    private func basis(of claim: Claim, _ mine: FeedHead) -> Basis {
        Basis(mine: mine.position, parts: ends[BranchStatement.parts(saidIn: claim.carrier)] ?? 0)
    }

    private static func isGiven(_ feed: FeedID, through position: UInt64, _ roster: Roster) -> Bool {
        switch roster.bound(of: feed) {
        case .open: true
        case .until(let end): position <= end.position
        case .nothing: false
        }
    }

    private static func compared(
        _ claim: Claim,
        with mine: FeedHead,
        start first: FeedHead,
        in log: LogStore
    ) throws -> Relation {
        let statement = claim.statement
        let (feed, end) = (statement.feed, statement.end.head)
        if end.position <= mine.position, try log.head(of: feed, at: end.position) == end { return .mine }
        let points = (statement.heads + [statement.start].compactMap(\.self))
            .filter { $0.position > 0 && $0.position <= mine.position }.sorted { $0.position < $1.position }
        var common = first
        var differs = false
        for point in points where !differs {
            if try log.head(of: feed, at: point.position) == point { common = point } else { differs = true }
        }
        if end.position <= mine.position { return .parts(common) }
        guard let start = statement.start, start.position <= mine.position,
            case .entries(let entries) = try log.branch(statement, carriedBy: claim.carrier)
        else { return differs ? .seems : .unknown }
        if start.position > 0, try log.head(of: feed, at: start.position) != start { return .parts(first) }
        // Where two histories have parted they never meet again.
        let comparable = entries.prefix { $0.reference.position <= mine.position }
        let same = try comparable.partitioningIndex { entry in
            !entry.reference.matches(try log.head(of: feed, at: entry.reference.position).digest)
        }
        guard same < comparable.endIndex else { return .unknown }
        return .parts(same == 0 ? start : try log.head(of: feed, at: entries[same - 1].reference.position))
    }
}
