import LogFormat
import LogStore
import StoreIO
import SyncProtocol

extension Session {
    /// Where what was recorded here is, by the daemon's word or its notes, and by what each site said last itself, on a
    /// connection or in a bundle.
    ///
    /// - Parameters:
    ///   - peers: As the daemon has them.
    ///   - log: This store's.
    ///   - names: As the roster has them; what a revoked site said counts for nothing.
    /// - Returns: What is known of it.
    /// - Throws: `StorageError`.
    /// - Complexity: One read of the log for each end that was said of a feed of this site and that the daemon does not know.
    func delivery(_ peers: [ControlReply.Peer], _ log: LogStore, _ names: RecordNames) throws -> Delivery {
        let rows = try log.frontier().rows(of: log.site)
        let heads = Dictionary(peers.map { ($0.site, $0.status) }) { first, _ in first }
        var digests: [FeedID: [UInt64: ShortDigest?]] = [:]
        var said: [SiteID: [FeedID: UInt64]] = [:]
        for (other, vector) in try siteNotes().vectors
        where other != log.site && names.aliases[other] != nil && !names.revoked.contains(other) {
            said[other] = [:]
            for row in rows {
                guard let there = vector[row.feed], (1...row.head.position).contains(there.position) else { continue }
                // Where the daemon knows as much nothing has to be read: a hub would read for thousands.
                let known = heads[other]?.position(ofOwn: row.feed.epoch, row.feed.lane) ?? 0
                guard there.position > known else { continue }
                let own: ShortDigest?
                if there.position == row.head.position {
                    own = ShortDigest(row.head.digest)
                } else if let known = digests[row.feed]?[there.position] {
                    own = known
                } else {
                    own = try digest(of: row.feed, at: there.position, in: log)
                    digests[row.feed, default: [:]][there.position] = .some(own)
                }
                // Another history is not ours.
                if own == there.digest { said[other, default: [:]][row.feed] = there.position }
            }
        }
        return Delivery(site: log.site, peers: peers, said: said)
    }

    /// nil where it can not be read here: then nothing is known of who has it.
    private func digest(of feed: FeedID, at position: UInt64, in log: LogStore) throws -> ShortDigest? {
        do {
            return ShortDigest(try log.head(of: feed, at: position).digest)
        } catch {
            guard error.code == .corrupted else { throw error }
            return nil
        }
    }

    /// The others as the daemon has them, and of one whose bundle was taken since it was heard, as old as what that said.
    ///
    /// - Throws: `StorageError`.
    func withBundles(_ peers: [ControlReply.Peer]) throws -> [ControlReply.Peer] {
        let notes = try siteNotes()
        let now = surroundings.clock.millisecondsSinceEpoch()
        return peers.map { peer in
            guard let note = notes[peer.site], !note.isOfConnection else { return peer }
            // By the clock that says less of itself: what is in the bundle is no younger than its making.
            let said = max(0, min(note.notedMilliseconds, note.memory.wallMilliseconds))
            let age = UInt64(max(0, now - said)) / 1000
            guard age < peer.ageSeconds ?? .max else { return peer }
            var heard = peer
            heard.ageSeconds = age
            heard.reportedBy = nil
            return heard
        }
    }
}
