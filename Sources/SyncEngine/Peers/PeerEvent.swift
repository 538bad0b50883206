package import LogFormat
package import SyncProtocol

/// What connections tell the service. Called on event loops: take it and return.
package enum PeerEvent: Sendable {
    /// Both ends proved their keys. ``closed(_:_:retryAfterSeconds:)`` follows exactly once, later.
    case proven(PeerConnection)
    /// The peer said which epoch it writes.
    case introduced(PeerConnection, epoch: EpochID)
    /// The status of the session is another.
    case status(PeerConnection, SyncStatus)
    /// Lane 0 grew: fold the roster and tell all sessions.
    case rosterEntriesArrived
    /// The session asks for sealed person keys that follow a mark; answer with ``SyncInput/keyPackets(_:mark:)``.
    case keysWanted(PeerConnection, site: SiteID, after: [UInt8])
    /// Sealed person keys for the case store, and the mark to keep with them; answer with ``PeerConnection/keysTaken()``.
    case keysArrived(PeerConnection, [[UInt8]], mark: [UInt8])
    /// What the peer says of other sites.
    case reportsArrived(PeerConnection, [SiteReport])
    /// Blocks for a ``FetchOrder``; none when the peer holds nothing that follows.
    case fetched(PeerConnection, number: UInt64, blocks: [Block])
    /// A person must see this.
    case incident(PeerConnection, SyncIncident)
    /// For the next session with this peer.
    case remember(PeerConnection, PeerMemory)
    /// A connection whose keys were proven is gone.
    case closed(PeerConnection, CloseReason, retryAfterSeconds: UInt32?)
    /// A connection ended before both keys were proven.
    case refused(address: String, Refusal)
}

/// Why a connection never became a session.
package enum Refusal: String, Hashable, Sendable {
    /// No complete handshake in time: a slow peer, a silent one, or one that speaks something else.
    case tooSlow = "no TLS handshake in time"
    /// What came is not the TLS this program speaks.
    case notTLS = "the TLS handshake failed"
    /// The key shown is not the one expected, or was revoked.
    case notWelcome = "the key is not welcome"
    /// Too many that have not proven a member's key were waiting, and this was the oldest of the address with most of them.
    case crowded = "too many connections were waiting"
    /// The peer went away first.
    case gone = "the connection was lost before the handshake was complete"
}
