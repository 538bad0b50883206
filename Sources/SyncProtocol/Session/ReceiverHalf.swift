import LogFormat

/// What the receiving side of a session knows: what the peer said it holds, and what is on its way into the store.
struct ReceiverHalf: Sendable {
    var hasHello = false
    var peerEpoch: EpochID?
    /// The mark of the last keys from here that the peer has kept.
    var keysMark: [UInt8] = []
    /// What the peer holds, as last said.
    var vector = HaveVector()
    /// A whole HAVE has arrived.
    var hasVector = false
    /// A whole HAVE has arrived in this session, whatever came behind it.
    var wasTold = false
    /// What the peer said in an earlier session, until it says something in this one.
    var remembered: HaveVector?
    /// The peer said more since what it holds was last remembered.
    var hasNews = false
    /// Something changed that may change what to ask for.
    var reconsiders = false
    /// Sites whose feeds the peer said it holds, and which a later roster no longer lists: those rows can not be taken back.
    var struckOff: Set<SiteID> = []
    /// The peer was asked to say all it holds, and has not begun to.
    var awaitsFull = false
    var intakes = FeedTable<Intake>()
    /// Blocks that wait for the store, in order of arrival.
    var queue: [Arrival] = []
    /// The one question the store is working on.
    var storing: Storing?
    /// Statements of the origin beyond what is attested here, ascending by position; at most
    /// ``checkpointsMaximum`` of a feed.
    var checkpoints: [FeedID: [Statement]] = [:]
    /// Those of them that may be of use now: something came of the feed, or of what is said of it.
    var usable: Set<FeedID> = []
    /// Cut-offs that the store found in what is attested here.
    var provenCutOffs: [FeedID: FeedHead] = [:]
    /// Feeds whose stored, unattested end the peer does not know, and how they stood when it said so.
    var contested: [FeedID: HeldFeed] = [:]
    /// What of these feeds the store was asked to give up, so that it is asked once.
    var yieldAsked: [FeedID: HeldFeed] = [:]
    /// Feeds about which the peer is not believed before a moment of the steady clock.
    var doubted: [FeedID: UInt64] = [:]
    /// Claims of the peer about the feed this store writes that go beyond what the driver told; the store is asked.
    var ownClaims: [StoreRequestID: OwnClaim] = [:]
    /// The furthest claim the store was asked about, for each feed.
    var ownAsked: [FeedID: UInt64] = [:]
    /// Feeds of which the peer sent something in this session: it learns of them by ACK.
    var received: Set<FeedID> = []
    /// Feeds of which something was dropped since the last WANT, which then says so.
    var dropped: Set<FeedID> = []
    /// Feeds that another session of this store brings further, and when that was last seen: they are not asked for here.
    var elsewhere: [FeedID: UInt64] = [:]
    /// Feeds that are left alone for the rest of the session.
    var incidents: Set<FeedID> = []
    /// Feeds of which the past is asked for again, or was in this session.
    var fetches: [FeedID: Fetch] = [:]

    /// Blocks of one DATA frame, trimmed to what continues the feed.
    struct Arrival: Sendable {
        var feed: FeedID
        var after: FeedHead
        var blocks: [Block]
        var bytes: Int
        var isPushed: Bool
        /// The peer began before the end of what was here, so it did not say that it knows that end.
        var overlaps: Bool
    }

    /// What the origin signed: its feed has this head.
    struct Statement: Sendable {
        var head: FeedHead
        var signature: [UInt8]
    }

    /// A question to the store.
    struct Storing: Sendable {
        enum Question: Sendable {
            case blocks(overlap: Bool)
            case checkpoint(Statement)
            case cutOff(FeedHead)
            case discard
        }

        var id: StoreRequestID
        var feed: FeedID
        var question: Question
        var bytes = 0
        var isPushed = false
        /// The last position handed over.
        var last: UInt64 = 0
    }

    /// More of the feed this store writes than the session knows of.
    struct OwnClaim: Sendable {
        var feed: FeedID
        var position: UInt64
        /// nil where the peer's message names none.
        var digest: ShortDigest?
    }

    /// One ``FetchOrder``.
    struct Fetch: Sendable {
        var number: UInt64
        /// The end of what has come; its chain is checked by whoever ordered it.
        var reached: FeedHead
        var creditBytes = 0
        var isActive = true
        var wantsMore = true
        /// A WANT was sent.
        var wasAsked = false
        /// The peer sent some of it and waits to hear how the feed stands.
        var owesRow = false
    }

    /// One feed on its way here.
    struct Intake: Sendable, FeedWork {
        /// The end of what has arrived, stored or not.
        var expected: FeedHead
        var creditBytes = 0
        /// What may still come beyond that of a larger credit given before: the peer may have sent it already, or not have
        /// taken the later WANT for one of what follows.
        private(set) var formerBytes = 0
        /// The credit last given. It doubles from one WANT to the next, for another peer may turn out to be faster.
        var grantedBytes = ReceiverHalf.firstCreditBytes / 2
        var isWanted = false
        /// A WANT was sent at some time.
        var wasAsked = false
        /// What had arrived was given up. Until the peer begins again, what it had sent before leaves a gap.
        var isRestarting = false
        /// A WANT asked for the checkpoint at this position.
        var askedCheckpoint: UInt64 = 0

        var isPending: Bool { isWanted }

        /// A WANT gives credit anew.
        mutating func grant(_ bytes: Int) {
            formerBytes = max(0, creditBytes + formerBytes - bytes)
            creditBytes = bytes
        }

        /// Whether the peer has sent no more than it may: credit is exceeded by less than a frame.
        var isWithinCredit: Bool { creditBytes + formerBytes > -Limits.dataFrameBytes }
    }

    /// Most bytes that may wait for the store before credit is renewed.
    static let queueBytesMaximum = Limits.wantBytesMaximum
    /// Most bytes that are handed to the store at once, beyond the first frame.
    static let storedBytesMaximum = 256 * 1024
    /// Most feeds that have credit at once.
    static let wantedMaximum = 64
    static let checkpointsMaximum = 8
    /// Most feeds with checkpoints in hand: they are used up as entries are stored, so only a liar has as many.
    static let checkpointFeedsMaximum = 16 * 1024
    /// Credit of the first WANT of a feed.
    static let firstCreditBytes = 128 * 1024

    /// How long a feed is left to another session after that one last brought it further.
    ///
    /// Two sessions that see each other both stop; then the more impatient one goes on, and the other sees it. So no two
    /// sites are alike but by chance.
    static func patienceNanoseconds(with peer: SiteID) -> UInt64 {
        1_000_000_000 + UInt64(peer.bytes.first ?? 0) * 8_000_000
    }

    var queuedBytes: Int { queue.reduce(storing?.bytes ?? 0) { $0 + $1.bytes } }
    var pushedBytes: Int {
        queue.reduce(storing.map { $0.isPushed ? $0.bytes : 0 } ?? 0) { $0 + ($1.isPushed ? $1.bytes : 0) }
    }

    /// The peer was asked for something and has more than has arrived.
    var isOwedData: Bool {
        intakes.pending.contains { feed in
            intakes[feed].map { $0.expected.position < vector[feed]?.position ?? 0 } ?? false
        }
    }

    /// Where a feed of the peer is known to end, or to have ended when it last spoke.
    func head(of feed: FeedID) -> FeedHead? { (remembered ?? vector).head(of: feed) }

    /// Takes note of a head of this store: a row of the peer may be that.
    mutating func note(_ head: FeedHead, of feed: FeedID) {
        remembered?.note(head, of: feed)
        vector.note(head, of: feed)
    }

    /// The store stands elsewhere: what arrived by another way need not arrive again.
    mutating func advance(_ held: HeldFeed) {
        reconsiders = true
        if let intake = intakes[held.feed], intake.expected.position < held.stored.position {
            intakes[held.feed]?.expected = held.stored
        }
    }
}
