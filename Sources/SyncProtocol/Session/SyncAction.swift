package import LogFormat

/// What a ``SyncSession`` wants its driver to do, in the order given.
package enum SyncAction: Sendable {
    /// Hand these bytes to the transport; then tell the session ``SyncInput/writable`` once its buffer is low.
    case send([UInt8])
    /// Read blocks that continue `after`, about `limitBytes` of them and at least one when there is one, nothing beyond
    /// what is attested; answer with ``SyncInput/blocksRead(_:_:)``. `.diverged` when the feed has another digest there.
    case readBlocks(feed: FeedID, after: FeedHead, limitBytes: Int, id: StoreRequestID)
    /// Give the best checkpoint not beyond a position: for an own feed one signed there.
    case readCheckpoint(feed: FeedID, through: UInt64, id: StoreRequestID)
    /// Check the chain and store; answer with ``SyncInput/stored(_:_:)`` once they are durable. Covered: a checkpoint in
    /// hand proves every entry, so that it does not matter who sent them.
    case store(
        blocks: [Block],
        feed: FeedID,
        key: SitePublicKey,
        after: FeedHead,
        isCovered: Bool,
        id: StoreRequestID
    )
    /// Give up what is stored of a feed and not attested, where ``ReceivedTails`` allows it; answer with
    /// ``SyncInput/stored(_:_:)``. Proven: what is in hand is the owner's, so nobody's word has to be taken.
    case discardTail(feed: FeedID, isProven: Bool, id: StoreRequestID)
    /// Check the signature and attest; answer with ``SyncInput/stored(_:_:)``.
    case attest(Checkpoint, key: SitePublicKey, id: StoreRequestID)
    /// Attest up to the cut-off that the roster names; answer with ``SyncInput/stored(_:_:)``. `.diverged` when what is
    /// attested is another history.
    case attestCutOff(feed: FeedID, cutOff: FeedHead, id: StoreRequestID)
    /// Lane 0 grew: fold the roster again and say ``SyncInput/rosterChanged(_:_:)`` to every session.
    case rosterEntriesArrived
    /// Give the person keys sealed for this site that follow what the mark stands for, all where the mark is empty or not
    /// known; answer with ``SyncInput/keyPackets(_:mark:)`` if there are any.
    case requestKeyPackets(site: SiteID, after: [UInt8])
    /// Hand these sealed person keys to the case store, with the mark to keep beside them; empty: none. Opaque here.
    case deliverKeys([[UInt8]], mark: [UInt8])
    /// What the peer says of other sites the roster lists.
    case deliverReports([SiteReport])
    /// Blocks for the order of this number, each beginning where the one before ends. Their chain was not checked. None:
    /// the peer holds nothing that follows.
    case fetched(number: UInt64, blocks: [Block])
    /// ``SyncSession/status`` is another than before.
    case statusChanged
    /// Something a person must see. The session goes on without the feed.
    case incident(SyncIncident)
    /// Keep this for the next session with this peer. Losing it costs bytes, never records.
    case remember(PeerMemory)
    /// Flush what was given to send, then close the transport. Nothing follows.
    case close(CloseReason, retryAfterSeconds: UInt32?)
}

/// A contradiction between two sites' holdings.
package struct SyncIncident: Hashable, Sendable {
    /// What contradicts.
    package enum Kind: UInt8, Hashable, Sendable {
        /// Both hold an entry at this position, and they are not the same: the feed has forked.
        case diverged = 1
        /// The peer holds entries of the epoch this store is writing that the store does not have: it was restored or
        /// cloned, and must open a new epoch before it writes on.
        case ownEpochAhead = 2
        /// A cut-off of the roster names another digest than the feed has.
        case cutOffDiffers = 3
    }

    package var kind: Kind
    package var feed: FeedID
    /// Where it shows; histories differ here or before.
    package var position: UInt64
    /// Whether the peer reported it.
    package var isReportedByPeer: Bool
    /// The beginning of the digest that the peer has there, where it said one.
    package var digest: ShortDigest?

    package init(
        kind: Kind,
        feed: FeedID,
        position: UInt64,
        isReportedByPeer: Bool,
        digest: ShortDigest? = nil
    ) {
        self.kind = kind
        self.feed = feed
        self.position = position
        self.isReportedByPeer = isReportedByPeer
        self.digest = digest
    }
}

/// Why a session ended. The raw values travel in BYE, and those and the rest on the control socket and in `peers.state`.
package enum CloseReason: UInt32, CaseIterable, Hashable, Sendable {
    /// Nothing is wrong: done, or a window closed.
    case finished = 0
    /// The program is ending.
    case shuttingDown = 1
    /// No protocol version in common.
    case version = 2
    /// The peer belongs to another registry.
    case registry = 3
    /// The key of the end that is told, or that was told, is not in the other's roster, and what it sent did not change
    /// that.
    case notAdmitted = 4
    /// The peer's key was revoked.
    case revoked = 5
    /// The peer broke a rule of the protocol.
    case protocolViolation = 6
    /// A frame of a critical type this program does not know.
    case unknownCriticalFrame = 7
    /// A length beyond its limit.
    case tooLarge = 8
    /// Data that is not what it claims: a broken block or chain, a signature that does not hold.
    case invalidData = 9
    /// The local store can not go on.
    case storeUnavailable = 10
    /// The peer owed something and sent nothing for too long.
    case silent = 11
    /// Another connection of the same two sites stays.
    case duplicate = 12
    /// Too many sessions here; try later.
    case busy = 13
    /// The transport went away, without a word from the peer.
    case disconnected = 14
    /// The peer said BYE for a reason this program does not know.
    case other = 15
    /// One connection after the other went away before the peer had said anything: no session knows this, who counts them
    /// does.
    case wordless = 16
}

extension CloseReason {
    /// What a peer gave as its reason: one that is told, or another.
    init(told number: UInt32) {
        let known = number < Self.disconnected.rawValue ? Self(rawValue: number) : nil
        self = known ?? .other
    }
}

extension CloseReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .finished: "finished"
        case .shuttingDown: "the program is ending"
        case .version: "the two programs have no protocol version in common; update the older one"
        case .registry: "the other site belongs to another registry"
        case .notAdmitted:
            "not admitted yet: one site is not in the roster of the other; the administrator can admit it"
        case .revoked: "the other site's key was revoked"
        case .protocolViolation: "a rule of the protocol was broken"
        case .unknownCriticalFrame: "a message was sent that the older program does not know; update it"
        case .tooLarge: "a length is beyond its limit"
        case .invalidData: "data arrived that is not what it claims to be"
        case .storeUnavailable: "the store can not read or write now"
        case .silent: "the other site owed an answer and sent nothing"
        case .duplicate: "another connection of the same two sites stays"
        case .busy: "too many connections; try again later"
        case .disconnected: "the connection was lost"
        case .other: "the other site ended it for a reason this program does not know"
        case .wordless: "the other site ends each connection without a word: it may have revoked the key of this one"
        }
    }
}

extension CloseReason {
    /// Whether a session ended because one end would not go on with what the other is or said: a person should see it.
    package var needsAttention: Bool {
        switch self {
        case .version, .registry, .notAdmitted, .revoked, .protocolViolation, .unknownCriticalFrame, .tooLarge,
            .invalidData:
            true
        case .finished, .shuttingDown, .storeUnavailable, .silent, .duplicate, .busy, .disconnected, .other, .wordless:
            false
        }
    }

    /// Whether no later session ends otherwise: of what is told again and again, as who is not admitted yet, and of what
    /// another release or another address may change, the next attempt may say something else.
    package var isFinal: Bool { self == .revoked || self == .registry }
}
