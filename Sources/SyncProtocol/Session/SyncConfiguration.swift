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

/// What is remembered of a peer: what it last said it holds, and what it was told.
///
/// A hint: data that continues it is sent before the peer has spoken, and dropped by the peer when it does not fit; and what
/// is held is said as a change of what was said before, which the peer takes when it remembers the same, or asks for all.
package struct PeerMemory: Hashable, Sendable {
    /// The epoch it wrote; nil when it never said.
    package var epoch: EpochID?
    /// When it said so, by its own clock, in milliseconds since 1970.
    package var wallMilliseconds: Int64
    /// What it said it holds. Pushes begin at rows whose whole digest is known.
    package var vector: HaveVector
    /// What it was told last; nil when it was told nothing, or may not have heard all of it.
    package var said: HaveVector?

    /// - Parameters:
    ///   - epoch: That it wrote.
    ///   - wallMilliseconds: When it said what it holds, by its own clock.
    ///   - vector: What it said.
    ///   - acknowledged: Rows of the vector whose whole digest is known beside those of which the vector knows it.
    ///   - said: What it was told.
    package init(
        epoch: EpochID? = nil,
        wallMilliseconds: Int64 = 0,
        vector: HaveVector = HaveVector(),
        acknowledged: [Frontier.Row],
        said: HaveVector? = nil
    ) {
        self.epoch = epoch
        self.wallMilliseconds = wallMilliseconds
        self.vector = vector
        self.said = said
        for row in acknowledged { self.vector.note(row.head, of: row.feed) }
    }

    /// Rows of the vector whose whole digest is known here; pushes begin at these heads. Ascending by feed.
    package var acknowledged: [Frontier.Row] { vector.heads }
}
