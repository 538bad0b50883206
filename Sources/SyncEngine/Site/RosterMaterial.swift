import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// What a roster is folded from: lane 0 of every site as it is held, and the histories of forked feeds of lane 0 that others
/// carry, as far as they are proven. Which of them is held as the feed makes no difference.
struct RosterMaterial {
    /// Of feeds of which something is carried, with their links.
    private(set) var entries: [RosterEntry]
    /// How far the feeds themselves were read.
    let extent: RosterExtent
    /// Where the rest of histories will stand that have not arrived: feeds of lane 3, and the position from which one of
    /// them can be read.
    private(set) var awaited: [FeedID: UInt64] = [:]

    /// - Parameters:
    ///   - log: Where lane 0 is held.
    ///   - bytesMaximum: Of one carrier nothing more is looked at once so much was read or found, proven or not.
    /// - Throws: `StorageError`; damage of what is carried keeps nothing else from being read.
    /// - Complexity: Reads lane 0, and what is carried of it: never more than its carriers wrote. Of each carrier at most
    ///   ``LogStore/LogStore/branchBytesMaximum`` and one history more.
    init(_ log: LogStore, bytesMaximum: Int = LogStore.branchBytesMaximum) throws(StorageError) {
        let stored = try log.rosterEntries()
        extent = RosterExtent(
            stored.reduce(into: [:]) { $0[$1.reference.feed] = max($0[$1.reference.feed] ?? 0, $1.reference.position) }
        )
        entries = []
        let carried = try Self.carried(in: log, stored, bytesMaximum, awaited: &awaited)
        // Where a feed has one history positions say all there is to say.
        let forked = Set(carried.map(\.feed))
        var chain: (feed: FeedID, chain: FeedChain)?
        for entry in stored {
            let feed = entry.reference.feed
            guard forked.contains(feed) else {
                entries.append(RosterEntry(feed: feed, position: entry.reference.position, bytes: entry.bytes))
                continue
            }
            var now = chain.flatMap { $0.feed == feed ? $0.chain : nil }
            if now == nil { now = FeedChain(continuing: try log.head(of: feed, at: 0)) }
            guard var now else { continue }
            entries += RosterEntry.chained([entry.bytes], of: feed, after: now.head)
            now.append(entry.bytes)
            chain = (feed, now)
        }
        entries += carried
    }

    /// The entries of carried histories of feeds of lane 0.
    private static func carried(
        in log: LogStore,
        _ stored: [StoredEntry],
        _ bytesMaximum: Int,
        awaited: inout [FeedID: UInt64]
    ) throws(StorageError) -> [RosterEntry] {
        // Anybody can make keys and sign histories with them: those of sites that belong here count.
        let sites = Set(stored.map(\.reference.feed.site))
        let branches = log.knownBranches(in: stored, of: .roster).filter { sites.contains($0.statement.feed.site) }
        guard !branches.isEmpty else { return [] }
        let ends = try log.frontier()
        var spent: [SiteID: (statements: Int, bytes: Int)] = [:]
        var found: [RosterEntry] = []
        for branch in branches {
            let (carrier, statement) = (branch.carrier, branch.statement)
            guard let start = statement.start, let last = statement.stretches.last?.upperBound else { continue }
            var cost = spent[carrier.site] ?? (0, 0)
            guard cost.statements < Limits.statementsPerCarrier, cost.bytes < bytesMaximum else { continue }
            cost.statements += 1
            let parts = BranchStatement.parts(saidIn: carrier)
            if ends[parts]?.position ?? 0 < last {
                awaited[parts] = min(awaited[parts] ?? last, last)
            } else {
                var bytes = 0
                if case .entries(let entries) = try readable(branch, in: log, readBytes: &bytes) {
                    bytes = max(bytes, entries.reduce(0) { $0 + $1.bytes.count })
                    found += RosterEntry.chained(entries.map(\.bytes), of: statement.feed, after: start)
                }
                cost.bytes += bytes
            }
            spent[carrier.site] = cost
        }
        return found
    }

    private static func readable(
        _ branch: KnownBranch,
        in log: LogStore,
        readBytes: inout Int
    ) throws(StorageError) -> LogStore.CarriedBranch {
        do throws(StorageError) {
            return try log.branch(branch.statement, carriedBy: branch.carrier, readBytes: &readBytes)
        } catch {
            // Told by whoever reads the feed it lies in.
            guard error.code == .corrupted else { throw error }
            return .unproven
        }
    }
}
