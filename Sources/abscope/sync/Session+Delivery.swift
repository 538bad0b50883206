import LogFormat
import LogStore
import StoreIO
import SyncEngine
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
    /// - Complexity: As `Delivery.init(_:peers:vectors:)`.
    func delivery(_ peers: [ControlReply.Peer], _ log: LogStore, _ names: RecordNames) throws -> Delivery {
        let vectors = try siteNotes().vectors.filter { other, _ in
            other != log.site && names.aliases[other] != nil && !names.revoked.contains(other)
        }
        return try Delivery(log, peers: peers, vectors: vectors)
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
