package import LogFormat
package import SyncProtocol

/// A site as a ``SimulatedNetwork`` drives it: what the daemon's store desk is to a real session.
package protocol SimulatedPeer: AnyObject {
    var name: String { get }
    var site: SiteID { get }
    var epoch: EpochID { get }
    var signingKey: SitePublicKey { get }
    var roster: Roster { get }
    /// Every feed, ascending.
    var allHeld: [HeldFeed] { get }
    /// Everything attested.
    var frontier: Frontier { get }
    var memories: [SiteID: PeerMemory] { get set }

    /// Appends durably to an own feed.
    func append(_ entries: [[UInt8]], to lane: Lane) throws -> FeedID
    func held(_ id: FeedID) -> HeldFeed?
    func read(_ id: FeedID, after: FeedHead, limitBytes: Int) -> Result<[Block], StoreFailure>
    func checkpoint(_ id: FeedID, through position: UInt64) -> Result<Checkpoint?, StoreFailure>
    func store(_ blocks: [Block], _ id: FeedID, key: SitePublicKey, after: FeedHead) -> Result<HeldFeed, StoreFailure>
    func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws -> Result<HeldFeed, StoreFailure>
    func attest(_ cutOff: FeedHead, of id: FeedID) throws -> Result<HeldFeed, StoreFailure>
    /// Gives up what is stored and not attested.
    func discard(_ id: FeedID) -> Result<HeldFeed, StoreFailure>
    /// The head of what is attested at a position.
    func head(_ id: FeedID, at position: UInt64) -> FeedHead?
    /// What the process knows of who brought what.
    var tails: ReceivedTails { get set }
}

extension SimulatedPeer {
    /// What the roster is folded from.
    package var rosterExtent: RosterExtent {
        RosterExtent(
            Dictionary(
                uniqueKeysWithValues: allHeld.filter { $0.feed.lane == .roster }.map { ($0.feed, $0.attested.position) }
            )
        )
    }
}
