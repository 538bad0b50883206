import LogFormat

/// What the sending side of a session knows: what it said it holds, and how far each feed was sent.
struct SenderHalf: Sendable {
    var needsHello = false
    /// The vector the peer was told, with every later change of a row.
    var said = HaveVector()
    var hasSaid = false
    /// What the peer was told in an earlier session: the first HAVE says what changed since.
    var base: HaveVector?
    /// The peer's deltas do not fit what is known: it is asked to begin anew.
    var asksForFull = false
    /// Feeds whose row may differ from the one said.
    var dirty: Set<FeedID> = []
    /// Feeds on their way. Where the peer is known to be, and there is nothing to send, a feed needs none.
    var streams = FeedTable<Stream>()
    /// Pushed without being asked and not yet acknowledged, in order.
    var pushed: [(feed: FeedID, position: UInt64, bytes: Int)] = []
    /// Feeds that came to the peer by another way before what was sent here: not pushed, until it asks for them.
    var elsewhere: Set<FeedID> = []
    var keyPackets: [[UInt8]] = []
    /// Stands for the keys up to the last of the packets.
    var keysMark: [UInt8] = []
    var incidents: [SyncIncident] = []
    var reports: [SiteReport] = []
    var readyCheckpoints: [Checkpoint] = []
    var reading: (id: StoreRequestID, feed: FeedID, after: FeedHead, isPush: Bool)?
    var readingCheckpoint: (id: StoreRequestID, feed: FeedID, doubted: UInt64?)?
    /// A small push that ends its feed: it goes out in one piece with its checkpoint, which the store is asked for.
    var joined: (data: SyncMessage.DataBlocks, id: StoreRequestID?)?
    /// Feeds whose end at the peer is not one of ours, with its position: answered with the owner's word.
    var doubts: [FeedID: UInt64] = [:]
    /// Where the peer last asked for more of a feed from a head that is not one of ours, and had not said that it holds it.
    var unknown: [FeedID: FeedHead] = [:]
    /// Feeds of which the store could not read something.
    var unread: Set<FeedID> = []
    /// When it is asked again.
    var unreadNanoseconds: UInt64 = 0
    var rate = SendRate()
    var lastProgressNanoseconds: UInt64 = 0
    private var serviceCount: UInt64 = 0

    /// A little less than the limit: HELLO and HAVE count too when the peer does not know us yet.
    static let pushBytesMaximum = Limits.pushBytes - 16 * 1024
    /// Of that, what is left for what is urgent: behind bulk it would have to be asked for.
    static let urgentPushBytes = 16 * 1024

    /// What is larger goes out at once: its checkpoint is a small part of it.
    static let joinedBytesMaximum = 4 * 1024

    /// After so long the store is asked again for what it could not read.
    static let unreadWaitNanoseconds: UInt64 = 5_000_000_000

    /// So many checkpoints wait to be taken at most.
    static let readyCheckpointsMaximum = 16

    /// Most streams that are begun without being asked for, but for what is urgent.
    static let begunMaximum = 256

    /// So much is rather sent twice than after another round trip.
    static let doubtfulBytesMaximum = 4 * 1024

    /// While a feed is on its way, what the peer has of it is made visible there about so often...
    static let checkpointNanoseconds: UInt64 = 1_000_000_000
    /// ...but not for less than this, so that checkpoints stay below two percent of what a slow link carries.
    static let checkpointBytesMinimum = 8 * 1024

    /// One feed on its way to the peer.
    struct Stream: Sendable, FeedWork {
        /// The end of what was sent, or of what the peer holds anyway.
        var sent: FeedHead
        /// Bytes of blocks sent since the stream began.
        var sentBytes = 0
        /// Bytes the peer allowed, on the same count.
        var creditBytes = 0
        /// Ends of DATA frames, each with `sentBytes` there, since the last WANT or ACK.
        var marks: [(head: FeedHead, sentBytes: Int)]
        /// It begins where the peer is only remembered to have been: it may be anywhere, or we may.
        var isRemembered = false
        /// The peer asked, now or before.
        var isWanted = false
        var owesCheckpoint = false
        /// When the last checkpoint was asked for, or the first entry was sent that none covers.
        var checkpointNanoseconds: UInt64 = 0
        /// Of `sentBytes`, what went out before the last checkpoint was asked for.
        var checkpointBytes = 0
        /// The store had nothing although more is held; until something changes it is not asked again.
        var isStalled = false
        /// How many bytes in the store became one on the wire in the last piece; 1 where they go as they lie.
        var shrinkage = 1.0
        var lastServed: UInt64 = 0

        init(at head: FeedHead) {
            sent = head
            marks = [(head, 0)]
        }

        /// The session lays it to rest, which knows how far the feed goes.
        var isPending: Bool { true }

        /// How much to read for a piece of so many bytes: a little less than fits when all goes on as it was, for what does not
        /// fit is compressed twice, and no more than one block can hold.
        func readBytes(for limitBytes: Int) -> Int {
            max(limitBytes, min(Int(Double(limitBytes) * shrinkage * 0.75), Limits.blockRawBytes))
        }

        mutating func forget(before position: UInt64) {
            while marks.count > 1, marks[0].head.position < position { marks.removeFirst() }
        }
    }

    /// Feeds of which much is on its way: some of that has arrived, and what is pushed in the next session from the head that
    /// was acknowledged would be sent twice.
    var doubtful: [FeedID] {
        streams.pending.filter { feed in
            guard let marks = streams[feed]?.marks, let first = marks.first, let last = marks.last else { return false }
            return last.sentBytes - first.sentBytes > Self.doubtfulBytesMaximum
        }
    }

    /// How many bytes of a lane may be pushed now.
    func pushRoomBytes(of lane: Lane) -> Int {
        Self.pushBytesMaximum - (lane > .urgent ? Self.urgentPushBytes : 0) - pushed.reduce(0) { $0 + $1.bytes }
    }

    /// Something was sent that no checkpoint follows yet.
    var owesCheckpoints: Bool { streams.pending.contains { streams[$0]?.owesCheckpoint ?? false } }

    /// The peer owes an ACK for something it asked for; judged by the session with what the peer said it holds.
    var isOwedAcknowledgement: Bool {
        streams.pending.contains { feed in streams[feed].map { $0.isWanted && $0.marks.count > 1 } ?? false }
    }

    mutating func nextService() -> UInt64 {
        serviceCount += 1
        return serviceCount
    }
}
