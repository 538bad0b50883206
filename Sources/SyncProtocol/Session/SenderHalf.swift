import LogFormat

/// What the sending side of a session knows: what it said it holds, and how far each feed was sent.
struct SenderHalf: Sendable {
    var needsHello = false
    /// The vector the peer was told, with every later change of a row.
    var said = HaveVector()
    var hasSaid = false
    /// The peer's deltas do not fit what is known: it is asked to begin anew.
    var asksForFull = false
    /// Feeds whose row may differ from the one said.
    var dirty: Set<FeedID> = []
    var streams: [FeedID: Stream] = [:]
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
    var rate = SendRate()
    var lastProgressNanoseconds: UInt64 = 0
    /// Where the peer acknowledged feeds, with whole digests.
    var acknowledged: [FeedID: FeedHead] = [:]
    private var serviceCount: UInt64 = 0

    /// A little less than the limit: HELLO and HAVE count too when the peer does not know us yet.
    static let pushBytesMaximum = Limits.pushBytes - 16 * 1024
    /// Of that, what is left for what is urgent: behind bulk it would have to be asked for.
    static let urgentPushBytes = 16 * 1024

    /// What is larger goes out at once: its checkpoint is a small part of it.
    static let joinedBytesMaximum = 4 * 1024

    /// So much is rather sent twice than after another round trip.
    static let doubtfulBytesMaximum = 4 * 1024

    /// While a feed is on its way, what the peer has of it is made visible there about so often...
    static let checkpointNanoseconds: UInt64 = 1_000_000_000
    /// ...but not for less than this, so that checkpoints stay below two percent of what a slow link carries.
    static let checkpointBytesMinimum = 8 * 1024

    /// One feed on its way to the peer.
    struct Stream: Sendable {
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
        var lastServed: UInt64 = 0

        init(at head: FeedHead) {
            sent = head
            marks = [(head, 0)]
        }

        mutating func forget(before position: UInt64) {
            while marks.count > 1, marks[0].head.position < position { marks.removeFirst() }
        }
    }

    /// Heads to push from in the next session: without feeds of which much is on its way: some of that has arrived, and
    /// what is pushed from the head acknowledged would be sent twice.
    var surelyAcknowledged: [Frontier.Row] {
        let sure = acknowledged.filter { feed, _ in
            guard let marks = streams[feed]?.marks, let first = marks.first, let last = marks.last else { return true }
            return last.sentBytes - first.sentBytes <= Self.doubtfulBytesMaximum
        }
        return sure.sorted { $0.key < $1.key }.map { .init(feed: $0.key, head: $0.value) }
    }

    /// How many bytes of a lane may be pushed now.
    func pushRoomBytes(of lane: Lane) -> Int {
        Self.pushBytesMaximum - (lane > .urgent ? Self.urgentPushBytes : 0) - pushed.reduce(0) { $0 + $1.bytes }
    }

    /// Something was sent that no checkpoint follows yet.
    var owesCheckpoints: Bool { streams.values.contains(where: \.owesCheckpoint) }

    /// The peer owes an ACK for something it asked for; judged by the session with what the peer said it holds.
    var isOwedAcknowledgement: Bool { streams.values.contains { $0.isWanted && $0.marks.count > 1 } }

    /// Begins where the peer is remembered to have been, and where it probably is from what it is remembered to hold.
    mutating func begin(memory: PeerMemory?, held: [FeedID: HeldFeed]) {
        func begin(_ feed: FeedID, at head: FeedHead) {
            acknowledged[feed] = head
            streams[feed] = Stream(at: head)
            streams[feed]?.isRemembered = true
        }
        guard let memory else { return }
        for (feed, row) in memory.vector.rows {
            if let end = held[feed]?.attested, end.position == row.position, ShortDigest(end.digest) == row.digest {
                begin(feed, at: end)
            }
        }
        for row in memory.acknowledged { begin(row.feed, at: row.head) }
    }

    mutating func nextService() -> UInt64 {
        serviceCount += 1
        return serviceCount
    }
}
