package import LogFormat

/// One connection of two sites as a value: inputs in, actions out; no socket, no clock, no store of its own.
///
/// The driver feeds every ``SyncInput`` to ``handle(_:at:)`` and carries out the actions in order. It never needs to look
/// into a message. The session keeps no more than: one frame being received, the blocks it gave credit for, one block
/// being sent, and a few words for each feed.
///
/// Promises: data goes out only when the transport said ``SyncInput/writable`` and in lane order; nothing is offered that
/// is not durable and attested; nothing is sent to a peer the roster does not list; nothing is sent when nothing changed.
package struct SyncSession: ~Copyable, Sendable {
    /// How the two stores stand to each other.
    package internal(set) var status = SyncStatus()
    /// Set when the session has closed.
    package var isClosed: Bool { phase == .closed }

    var configuration: SyncConfiguration
    let peer: SiteID
    var phase = Phase.idle
    var held = HeldFeeds()
    /// How both stand to each other, from the moment the peer said what it holds.
    var accounts = SyncAccounts()
    var hasAccounts = false
    /// Open accounts that changed since it was last looked what to ask for.
    var changedAccounts: Set<FeedID> = []
    var sender = SenderHalf()
    var receiver = ReceiverHalf()
    var actions: [SyncAction] = []
    var moment = SyncMoment(steadyNanoseconds: 0, wallMilliseconds: 0)
    private var decoder = FrameDecoder()
    private var startedNanoseconds: UInt64 = 0
    private var lastHeardNanoseconds: UInt64 = 0
    var rememberedNanoseconds: UInt64 = 0
    private var strangerBytes = 0
    private var nextRequest: UInt64 = 1
    private(set) var room = Room.all

    /// What the transport takes now.
    enum Room {
        case none
        /// ``SyncInput/overtaking``.
        case urgent
        case all
    }

    /// How far a session is.
    enum Phase: Hashable, Sendable {
        case idle
        /// Not in the roster: nothing is sent, the roster may arrive.
        case stranger
        /// Both speak; the peer's HELLO may still be on its way.
        case open
        /// The transport is gone; what had arrived goes into the store, for it would have to be sent again.
        case draining
        case closed
    }

    package init(_ configuration: SyncConfiguration) {
        self.configuration = configuration
        peer = configuration.peerKey.siteID
    }

    /// Takes one input.
    ///
    /// - Parameters:
    ///   - input: What happened; after the session closed everything is ignored.
    ///   - moment: When. The steady count never goes back.
    ///   - compressor: Of nobody else for now; what it did before does not matter.
    /// - Returns: What to do, in order.
    package mutating func handle(
        _ input: SyncInput,
        at moment: SyncMoment,
        using compressor: inout PieceCompressor
    ) -> [SyncAction] {
        guard phase != .closed else { return [] }
        if phase == .draining, case .finish = input { return [] }
        self.moment = moment
        switch input {
        case .started(let feeds): start(feeds)
        case .received(let bytes): receive(bytes)
        case .tick:
            tick()
            // What follows depends on the time in these two cases only, and goes through all feeds.
            if phase != .closed, !receiver.reconsiders, !sender.owesCheckpoints { return takeActions() }
        case .writable: becameWritable()
        case .overtaking: if room == .none { room = .urgent }
        case .heldChanged(let feeds): update(feeds)
        case .blocksRead(let id, let result): blocksRead(id, result, using: &compressor)
        case .checkpointRead(let id, let result):
            if let claim = receiver.ownClaims.removeValue(forKey: id) {
                judge(claim, by: result)
            } else {
                checkpointRead(id, result)
            }
        case .stored(let id, let result): stored(id, result)
        case .rewound(let now): rewoundElsewhere(now)
        case .fellBack(let now): fellBack(now)
        case .fetch(let order): fetch(order)
        case .endFetch: endFetches()
        case .keyPackets(let packets, let mark):
            sender.keyPackets.append(contentsOf: packets.filter { $0.count <= 60_000 })
            sender.keysMark = mark
        case .reports(let reports): sender.reports = reports
        case .rosterChanged(let roster, let extent): rosterChanged(roster, extent)
        case .finish(let reason, let retryAfterSeconds): close(reason, retryAfterSeconds: retryAfterSeconds)
        case .disconnected: if phase == .open { phase = .draining } else { end(.disconnected, retryAfterSeconds: nil) }
        }
        switch phase {
        case .open: pump()
        case .stranger: askStore()
        case .draining: drain()
        case .idle, .closed: break
        }
        refreshStatus()
        return takeActions()
    }

    private mutating func takeActions() -> [SyncAction] {
        defer { actions = [] }
        return actions
    }

    // MARK: - Beginning

    private mutating func start(_ feeds: HeldFeeds) {
        precondition(phase == .idle, "a session starts once")
        startedNanoseconds = moment.steadyNanoseconds
        lastHeardNanoseconds = moment.steadyNanoseconds
        held = feeds
        switch configuration.roster.standing(of: configuration.peerKey) {
        case .member: open()
        case .stranger: phase = .stranger
        case .revoked: end(.revoked, retryAfterSeconds: nil)
        }
    }

    private mutating func open() {
        phase = .open
        sender.needsHello = true
        receiver.remembered = configuration.memory?.vector
        sender.base = configuration.memory?.said
        resumeStreams()
        rememberedNanoseconds = moment.steadyNanoseconds
        if receiver.hasHello { requestKeyPackets() }
    }

    /// The peer has said what it has.
    private mutating func requestKeyPackets() {
        actions.append(.requestKeyPackets(site: peer, after: receiver.keysMark))
    }

    private mutating func rosterChanged(_ roster: Roster, _ extent: RosterExtent) {
        for site in configuration.roster.sites(missingIn: roster) where !receiver.vector.feeds(of: site).isEmpty {
            receiver.struckOff.insert(site)
        }
        configuration.roster = roster
        configuration.rosterExtent = extent
        settleCutStreams()
        // Also when the session ends with it: its last status is about this roster.
        if hasAccounts { openAccounts() }
        switch (roster.standing(of: configuration.peerKey), phase) {
        case (.revoked, _): close(.revoked, retryAfterSeconds: nil)
        case (.member, .stranger):
            open()
            // Of a stranger less is taken.
            if hasAccounts { openAccounts() }
            offerAll()
        case (.stranger, .open): close(.notAdmitted, retryAfterSeconds: nil)
        default: offerAll()
        }
    }

    private mutating func update(_ feeds: HeldFeeds) {
        let changed = held.changes(in: feeds)
        for feed in changed {
            // What the store said of an earlier moment may come late.
            if let known = held[feed.feed],
                (known.stored.position, known.attested.position) > (feed.stored.position, feed.attested.position),
                !SeededBug.staleHeadsTaken.isPlanted
            {
                continue
            }
            noteElsewhere(feed)
            hold(feed)
        }
        held.share(feeds)
        beginStreams(of: changed.map(\.feed))
    }

    /// Of several peers that have a feed one is enough: the one that was faster. The others are asked when it stops.
    private mutating func noteElsewhere(_ feed: HeldFeed) {
        let storing = receiver.storing.flatMap { $0.feed == feed.feed ? $0.last : nil }
        guard feed.feed.site != configuration.localSite,
            feed.stored.position > max(held[feed.feed]?.stored.position ?? 0, storing ?? 0)
        else { return }
        receiver.elsewhere[feed.feed] = moment.steadyNanoseconds
    }

    /// Takes over how a feed stands here.
    mutating func hold(_ feed: HeldFeed) {
        // The peer may be where this store was.
        if let former = held[feed.feed]?.attested { receiver.note(former, of: feed.feed) }
        held[feed.feed] = feed
        sender.dirty.insert(feed.feed)
        sender.streams[feed.feed]?.isStalled = false
        receiver.advance(feed)
        if receiver.checkpoints[feed.feed] != nil { receiver.usable.insert(feed.feed) }
        // What was read here now the peer may have said to hold before: it need not be sent.
        if phase == .open, let row = receiver.vector[feed.feed] { peerHolds(feed.feed, row, formerly: nil) }
        resumeStream(feed.feed)
        considerAccount(of: feed.feed)
    }

    private mutating func offerAll() {
        sender.dirty.formUnion(feedsToSay(since: sender.said))
        sender.streams.wakeAll()
        resumeStreams()
        beginStreams(of: accounts.accounts.keys)
        receiver.reconsiders = true
    }

    // MARK: - Bytes

    private mutating func receive(_ bytes: [UInt8]) {
        lastHeardNanoseconds = moment.steadyNanoseconds
        if phase == .stranger {
            strangerBytes += bytes.count
            guard strangerBytes <= Limits.strangerBytes else { return turnAway() }
        }
        decoder.append(bytes)
        do throws(SyncError) {
            while phase != .closed, let frame = try decoder.next() { take(try SyncMessage(frame)) }
        } catch {
            close(CloseReason(error), retryAfterSeconds: 60, detail: error.message)
        }
    }

    private mutating func take(_ message: SyncMessage) {
        if case .hello(let hello) = message { return takeHello(hello) }
        if case .bye(let reason, _, let seconds) = message { return end(reason, retryAfterSeconds: seconds) }
        guard receiver.hasHello else { return close(.protocolViolation, detail: "The first message is HELLO.") }
        switch message {
        case .have(let have): takeHave(have)
        case .want(let want): takeWant(want)
        case .data(let data): takeData(data)
        case .checkpoint(let feed, let head, let signature): takeCheckpoint(feed, head, signature)
        case .ack(let feed, let row): takeAck(feed, row)
        case .keys(let packets, let mark):
            if phase == .open, !packets.isEmpty { actions.append(.deliverKeys(packets, mark: mark)) }
        case .incident(let kind, let feed, let position):
            // About feeds nobody here has heard of there is nothing to note.
            if phase == .open, let kind, held[feed] != nil || receiver.vector[feed] != nil {
                if kind == .diverged, contests(feed, at: position) { return }
                // Of the epoch this site is writing it judges itself, by the row the peer said, and does more than note it.
                if kind == .diverged, isOwnCurrent(feed) { return receiver.reconsiders = true }
                report(SyncIncident(kind: kind, feed: feed, position: position, isReportedByPeer: true))
            }
        case .report(let reports):
            let others = reports.filter {
                $0.site != configuration.localSite && $0.site != peer && configuration.roster[$0.site] != nil
            }
            if phase == .open, !others.isEmpty { actions.append(.deliverReports(others)) }
        case .hello, .bye: break
        }
    }

    private mutating func takeHello(_ hello: SyncMessage.Hello) {
        guard !receiver.hasHello else { return close(.protocolViolation, detail: "HELLO comes once.") }
        guard hello.versions.overlaps(SyncMessage.Hello.supportedVersions) else { return close(.version) }
        guard hello.registry == configuration.registry else { return close(.registry) }
        guard hello.site == peer else {
            return close(.protocolViolation, detail: "HELLO names another site than the key that was proven.")
        }
        receiver.hasHello = true
        receiver.peerEpoch = hello.epoch
        receiver.keysMark = hello.keysMark
        if phase == .open { requestKeyPackets() }
        let offset = hello.wallMilliseconds.subtractingReportingOverflow(moment.wallMilliseconds)
        status.clockOffsetMilliseconds = offset.overflow ? nil : offset.partialValue
        status.peerProgram = hello.program
        actions.append(.statusChanged)
    }

    /// Bytes that came from the peer and wait for the rest of their frame, or for the store.
    package var waitingBytes: Int { decoder.bufferedBytes + receiver.queuedBytes }

    /// The peer's epoch, once it said HELLO; with the site it names the pair of a connection.
    package var peerEpoch: EpochID? { receiver.peerEpoch }

    // MARK: - Time

    /// Whether something here depends on the time: then ``SyncInput/tick`` has to come within a second. An idle session
    /// needs none, and a hub has a thousand of them.
    package var dependsOnTime: Bool {
        switch phase {
        case .stranger: true
        case .open:
            receiver.reconsiders || receiver.hasNews || !receiver.doubted.isEmpty || sender.owesCheckpoints
                || !sender.unread.isEmpty || isOwed
        case .idle, .draining, .closed: false
        }
    }

    /// The peer has to say something.
    private var isOwed: Bool { !receiver.hasVector || receiver.isOwedData || sender.isOwedAcknowledgement }

    private mutating func tick() {
        let now = moment.steadyNanoseconds
        let second: UInt64 = 1_000_000_000
        if phase == .stranger, now - startedNanoseconds >= UInt64(Limits.strangerSeconds) * second {
            return turnAway()
        }
        forgetDoubts()
        readAgain()
        // Who is killed later still knows about where the peer was.
        if phase == .open, receiver.hasNews, now - rememberedNanoseconds >= Self.rememberedSeconds * second {
            remember()
        }
        guard phase == .open, now > lastHeardNanoseconds else { return }
        let last = max(lastHeardNanoseconds, sender.lastProgressNanoseconds)
        if isOwed, now - last >= UInt64(Limits.silenceSeconds) * second {
            close(.silent, retryAfterSeconds: nil)
        }
    }

    // MARK: - Sending

    private mutating func becameWritable() {
        room = .all
        sender.rate.drained(at: moment.steadyNanoseconds)
        sender.lastProgressNanoseconds = moment.steadyNanoseconds
    }

    /// Hands messages to the transport, which then has to say that it is writable again.
    mutating func send(_ messages: [SyncMessage]) {
        guard !messages.isEmpty else { return }
        var bytes: [UInt8] = []
        for message in messages { message.frame.encode(into: &bytes) }
        room = .none
        sender.rate.sent(bytes.count, at: moment.steadyNanoseconds)
        sender.lastProgressNanoseconds = moment.steadyNanoseconds
        actions.append(.send(bytes))
    }

    mutating func request() -> StoreRequestID {
        defer { nextRequest += 1 }
        return StoreRequestID(number: nextRequest)
    }

    mutating func report(_ incident: SyncIncident) {
        guard receiver.incidents.insert(incident.feed).inserted else { return }
        // Both leave the feed alone from now on: nobody owes anything of it any more.
        sender.streams[incident.feed] = nil
        sender.pushed.removeAll { $0.feed == incident.feed }
        considerAccount(of: incident.feed)
        actions.append(.incident(incident))
        if !incident.isReportedByPeer { sender.incidents.append(incident) }
    }
}
