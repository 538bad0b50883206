package import LogFormat

/// Who the two ends of a session are, and what is remembered of the peer.
package struct SyncConfiguration: Sendable {
    /// The registry the local store belongs to.
    package var registry: RegistryID
    package var localSite: SiteID
    /// The epoch the local store writes.
    package var localEpoch: EpochID
    /// The key the peer proved in the TLS handshake.
    package var peerKey: SitePublicKey
    package var roster: Roster
    /// What the roster was folded from.
    package var rosterExtent: RosterExtent
    /// Program and version, for the peer's status page; at most 64 characters.
    package var program: String
    /// From the last session with this peer.
    package var memory: PeerMemory?
    /// The mark of the last keys of the peer that are kept here; empty for none.
    package var keysMark: [UInt8]

    package init(
        registry: RegistryID,
        localSite: SiteID,
        localEpoch: EpochID,
        peerKey: SitePublicKey,
        roster: Roster,
        rosterExtent: RosterExtent,
        program: String,
        memory: PeerMemory? = nil,
        keysMark: [UInt8] = []
    ) {
        self.registry = registry
        self.localSite = localSite
        self.localEpoch = localEpoch
        self.peerKey = peerKey
        self.roster = roster
        self.rosterExtent = rosterExtent
        self.program = program
        self.memory = memory
        self.keysMark = keysMark
    }
}

/// What is remembered of a peer: what it last said it holds.
///
/// A hint: data that continues it is sent before the peer has spoken, and dropped by the peer when it does not fit.
package struct PeerMemory: Hashable, Sendable {
    /// The epoch it wrote; nil when it never said.
    package var epoch: EpochID?
    /// When it said so, by its own clock, in milliseconds since 1970.
    package var wallMilliseconds: Int64
    package var vector: HaveVector
    /// Rows of the vector whose whole digest is known here; pushes begin at these heads. Sorted by feed, each once.
    package var acknowledged: [Frontier.Row]

    package init(
        epoch: EpochID? = nil,
        wallMilliseconds: Int64 = 0,
        vector: HaveVector = HaveVector(),
        acknowledged: [Frontier.Row]
    ) {
        self.epoch = epoch
        self.wallMilliseconds = wallMilliseconds
        self.vector = vector
        self.acknowledged = acknowledged
    }
}
