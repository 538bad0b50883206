import LogFormat
import Logging
import SyncProtocol

/// Tells people and the sessions that something of a replica was given up.
struct DiscardNotice: Sendable {
    let roster: RosterState
    let peers: PeerTable
    let logger: Logger

    /// Called on the store's thread.
    func give(_ tail: DiscardedTail) {
        let place: Logger.Metadata = ["feed": "\(tail.now.feed)", "position": "\(tail.position)"]
        if tail.falsifiers.isEmpty {
            logger.notice("what was received and not signed is set aside, and asked for again", metadata: place)
        } else {
            let names = tail.falsifiers.map { roster.current[$0]?.alias ?? $0.description }.joined(separator: " ")
            logger.error(
                "a site sent what the owner's signature contradicts; nothing it says of others is taken for a while",
                metadata: place.merging(["sites": "\(names)"]) { $1 }
            )
        }
        peers.send(.finish(.invalidData, retryAfterSeconds: 600), to: tail.falsifiers)
        peers.sendToAll(.rewound(tail.now))
    }
}
