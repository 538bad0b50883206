package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

/// A site with a real store on a disk that can lose its power.
package final class DiskSite: SimulatedPeer {
    package let name: String
    package private(set) var log: LogStore
    package private(set) var disk: SimulatedDisk
    package private(set) var roster: Roster
    package var memories: [SiteID: PeerMemory] = [:]
    package var tails: ReceivedTails
    /// Failures of the store that are neither the peer's nor a fork.
    package private(set) var failures: [StorageError] = []
    private let founding: [UInt8]

    private static let root = "/srv/store"

    private static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 20_000
        // A commit of several blocks is written in as many pieces.
        options.pieceBytes = 1
        options.allocationStepBytes = 4_096
        return options
    }

    /// Of the site with this number, from 0 to 25: `SA`, `SB`, and so on.
    package static func alias(_ index: Int) -> String {
        "S" + String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))
    }

    /// A store whose site has keys and no registry yet.
    ///
    /// - Throws: What ``LogStore/create(at:alias:in:options:)`` throws.
    package static func create(_ disk: SimulatedDisk, alias: String) throws(StorageError) -> LogStore {
        try LogStore.create(at: root, alias: alias, in: disk.process(alias).surroundings, options: options)
    }

    /// Joins a store to a registry.
    ///
    /// - Throws: What joining and folding the roster throw.
    package init(name: String, _ log: LogStore, on disk: SimulatedDisk, founding: [UInt8]) throws {
        self.name = name
        self.log = log
        self.disk = disk
        self.founding = founding
        roster = try Roster(founding: founding)
        tails = ReceivedTails()
        try log.join(RegistryID(foundedBy: founding))
        try refold()
    }

    /// The power goes, comes back, and the store is opened on what the disk kept. Cut its links first.
    ///
    /// - Parameters:
    ///   - policy: What the disk keeps of what was not synced.
    ///   - remembers: Whether what was remembered about peers survives.
    /// - Throws: What opening throws.
    package func crash(_ policy: CrashPolicy, remembers: Bool) throws {
        disk = disk.crashed(policy)
        log = try LogStore.open(at: Self.root, in: disk.process(name).surroundings, options: Self.options)
        if !remembers { memories = [:] }
        tails = ReceivedTails()
        try refold()
    }

    package var site: SiteID { log.site }
    package var epoch: EpochID { log.epoch }
    package var signingKey: SitePublicKey { log.identity.publicKey }

    package var allHeld: [HeldFeed] {
        answer { () throws(StorageError) in
            try log.feeds().filter { $0.branch == 0 }.map {
                HeldFeed(feed: $0.feed, stored: $0.stored, attested: $0.attested, storedBytes: $0.stored.position * 200)
            }
            .sorted { $0.feed < $1.feed }
        }
        .success ?? []
    }

    package var frontier: Frontier {
        Frontier(allHeld.filter { $0.attested.position > 0 }.map { .init(feed: $0.feed, head: $0.attested) })
    }

    package func held(_ id: FeedID) -> HeldFeed? { allHeld.first { $0.feed == id } }

    package func append(_ entries: [[UInt8]], to lane: Lane) throws -> FeedID {
        _ = try log.append(entries, to: lane, expecting: nil)
        if lane == .roster { try refold() }
        return FeedID(site: site, epoch: epoch, lane: lane)
    }

    package func read(_ id: FeedID, after: FeedHead, limitBytes: Int) -> Result<[Block], StoreFailure> {
        answer { () throws(StorageError) in try log.blocks(of: id, after: after, limitBytes: limitBytes) }
    }

    package func checkpoint(_ id: FeedID, through position: UInt64) -> Result<Checkpoint?, StoreFailure> {
        answer { () throws(StorageError) in try log.checkpoint(of: id, through: position) }
    }

    package func store(
        _ blocks: [Block],
        _ id: FeedID,
        key: SitePublicKey,
        after: FeedHead
    ) -> Result<HeldFeed, StoreFailure> {
        let result = answer { () throws(StorageError) in try log.receive(blocks, of: id, key: key, after: after) }
        guard let now = held(id) else { return .failure(.unavailable) }
        switch result {
        case .success: return .success(now)
        // Another session was faster: how the feed stands now is all this one needs to know.
        case .failure(.diverged): return .success(now)
        case .failure(let failure): return .failure(failure)
        }
    }

    package func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws -> Result<HeldFeed, StoreFailure> {
        let result = attested(checkpoint.head, of: checkpoint.feed) { () throws(StorageError) in
            try log.attest(checkpoint, key: key)
        }
        if case .success = result, checkpoint.feed.lane == .roster { try refold() }
        return result
    }

    package func attest(_ cutOff: FeedHead, of id: FeedID) -> Result<HeldFeed, StoreFailure> {
        attested(cutOff, of: id) { () throws(StorageError) in try log.attest(cutOff, of: id) }
    }

    private func attested(
        _ head: FeedHead,
        of id: FeedID,
        _ attest: () throws(StorageError) -> Void
    ) -> Result<HeldFeed, StoreFailure> {
        do throws(StorageError) {
            try attest()
        } catch {
            guard error.code == .moved || error.code == .notFound, let now = held(id) else {
                return answer { () throws(StorageError) in throw error }
            }
            if error.code == .notFound { return .success(now) }
            return .failure(head.position > now.attested.position ? .contradicted(now) : .diverged)
        }
        return held(id).map { .success($0) } ?? .failure(.unavailable)
    }

    package func discard(_ id: FeedID) -> Result<HeldFeed, StoreFailure> {
        let result = answer { () throws(StorageError) in try log.discardUnattested(of: id) }
        if case .failure(let failure) = result { return .failure(failure) }
        return held(id).map { .success($0) } ?? .failure(.unavailable)
    }

    package func head(_ id: FeedID, at position: UInt64) -> FeedHead? {
        answer { () throws(StorageError) in try log.head(of: id, at: position) }.success
    }

    private func answer<Value>(_ work: () throws(StorageError) -> Value) -> Result<Value, StoreFailure> {
        do throws(StorageError) {
            return .success(try work())
        } catch {
            switch error.code {
            case .moved: return .failure(.diverged)
            case .invalidArgument, .tooLarge: return .failure(.invalid)
            default:
                failures.append(error)
                return .failure(.unavailable)
            }
        }
    }

    private func refold() throws {
        var entries: [RosterEntry] = []
        for feed in try log.feeds() where feed.feed.lane == .roster && feed.branch == 0 {
            for entry in try log.entries(of: feed.feed, after: 0, limitBytes: 1_000_000) {
                entries.append(
                    RosterEntry(feed: feed.feed, position: entry.reference.position, bytes: entry.bytes)
                )
            }
        }
        roster = try Roster(founding: founding, entries: entries)
    }
}

extension Result {
    fileprivate var success: Success? {
        if case .success(let value) = self { value } else { nil }
    }
}
