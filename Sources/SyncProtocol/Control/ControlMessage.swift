package import LogFormat
package import Schema

/// What the command line asks the daemon of the same store: one request and one reply a connection.
package struct ControlRequest: Hashable, Sendable {
    /// What to do.
    package enum Verb: Hashable, Sendable {
        /// Say how every peer stands.
        case status
        /// Dial now, without waiting for a window; nil: every peer.
        case syncNow(peer: SiteID?)
        /// Answer when in sync with the peer, or with every one, or when the time is over.
        case waitUntilInSync(peer: SiteID?, timeoutSeconds: UInt32)
        /// End the daemon in order.
        case stop
        /// Give blocks that follow a head as a peer holds them, for a repair: some at least, not more than fit. They were
        /// not checked, but that each begins where the one before ends.
        case fetch(peer: SiteID, feed: FeedID, after: FeedHead)
        /// Nothing more is fetched.
        case endFetch
    }

    package var verb: Verb

    package init(_ verb: Verb) { self.verb = verb }

    /// Version of the messages; another one is refused.
    package static let version: UInt32 = 0
    /// Largest request.
    package static let bytesMaximum = 64 * 1024
    /// Longest wait one request may ask for.
    package static let timeoutSecondsMaximum: UInt32 = 24 * 3600

    /// Length and message.
    package var encoded: [UInt8] {
        var wire = WireControlRequest()
        wire.version = Self.version
        switch verb {
        case .status: wire.verb = 1
        case .syncNow(let peer):
            wire.verb = 2
            if let peer { wire.peer = collected(peer.bytes) }
        case .waitUntilInSync(let peer, let timeoutSeconds):
            wire.verb = 3
            if let peer { wire.peer = collected(peer.bytes) }
            wire.timeoutSeconds = timeoutSeconds
        case .stop: wire.verb = 4
        case .fetch(let peer, let feed, let head):
            wire.verb = 5
            wire.peer = collected(peer.bytes)
            wire.feed = WireFeed(feed)
            wire.position = head.position
            wire.digest = collected(head.digest.bytes)
        case .endFetch: wire.verb = 6
        }
        return ControlFrame.encode(wire.encodedBytes())
    }

    /// Reads the request at the start of `bytes`.
    ///
    /// - Returns: nil while more bytes are needed.
    /// - Throws: `.tooLarge`, `.illFormed`; `.notAllowed` for another version.
    package static func decode(_ bytes: [UInt8]) throws(SyncError) -> ControlRequest? {
        guard let payload = try ControlFrame.decode(bytes, limitBytes: bytesMaximum) else { return nil }
        return try ControlRequest(WireControlRequest(peerBytes: payload))
    }

    /// Reads a request from its message.
    ///
    /// - Throws: `.illFormed`; `.tooLarge`; `.notAllowed` for another version.
    package init(_ wire: WireControlRequest) throws(SyncError) {
        guard wire.version == Self.version else {
            throw SyncError(.notAllowed, "abscope and abscoped are of different versions; restart the daemon.")
        }
        guard !wire.hasPeer || wire.peer.count == SiteID.lengthBytes else {
            throw SyncError(.illFormed, "A peer is named by 16 bytes.")
        }
        let peer = SiteID(wire.peer)
        switch wire.verb {
        case 1: self.init(.status)
        case 2: self.init(.syncNow(peer: peer))
        case 3:
            guard wire.timeoutSeconds <= Self.timeoutSecondsMaximum else {
                throw SyncError(.tooLarge, "A request waits at most a day.")
            }
            self.init(.waitUntilInSync(peer: peer, timeoutSeconds: wire.timeoutSeconds))
        case 4: self.init(.stop)
        case 5:
            guard let peer, wire.hasFeed, wire.position <= Limits.position, let digest = ChainDigest(wire.digest) else {
                throw SyncError(.illFormed, "What is fetched is named by a site, a feed, a position and a digest.")
            }
            let head = FeedHead(position: wire.position, digest: digest)
            self.init(.fetch(peer: peer, feed: try wire.feed.feedID(), after: head))
        case 6: self.init(.endFetch)
        default: throw SyncError(.illFormed, "The daemon does not know request \(wire.verb).")
        }
    }
}

/// What the daemon answers.
package struct ControlReply: Hashable, Sendable {
    /// How it went.
    package enum Outcome: UInt32, Hashable, Sendable {
        case done = 0
        case refused = 1
        case timedOut = 2
        case notUnderstood = 3
        /// Nobody who was meant can be dialled from here or is connected.
        case unreachable = 4
        /// The bytes of the link are spent, so that nothing goes over it.
        case spent = 5
    }

    /// How one peer stands, as far as the daemon was told.
    package struct Peer: Hashable, Sendable {
        package var site: SiteID
        package var epoch: EpochID?
        package var status: SyncStatus
        /// How long ago the site was last heard from, 0 while connected; nil: never, as far as is known.
        package var ageSeconds: UInt64?
        /// Age of the last moment in sync; nil: never, as far as is known.
        package var inSyncAgeSeconds: UInt64?
        /// Why there is no session, in words; nil while connected.
        package var closed: String?
        /// Why the last one ended; nil while connected, and where there was none.
        package var closedReason: CloseReason?
        package var isConnected: Bool
        package var openIncidents: UInt32
        /// Who told age, program, clock, incidents and the peer's heads of own feeds; nil for the peer itself.
        package var reportedBy: SiteID?

        package init(
            site: SiteID,
            epoch: EpochID?,
            status: SyncStatus,
            ageSeconds: UInt64?,
            inSyncAgeSeconds: UInt64?,
            closed: String?,
            closedReason: CloseReason? = nil,
            isConnected: Bool,
            openIncidents: UInt32,
            reportedBy: SiteID? = nil
        ) {
            self.reportedBy = reportedBy
            self.site = site
            self.epoch = epoch
            self.status = status
            self.ageSeconds = ageSeconds
            self.inSyncAgeSeconds = inSyncAgeSeconds
            self.closed = closed
            self.closedReason = closedReason
            self.isConnected = isConnected
            self.openIncidents = openIncidents
        }

        /// Whether the site said last that the key of this one, or its own, was revoked.
        package var turnsAway: Bool { !isConnected && closedReason == .revoked }

        /// Whether the site ends each connection before it has said anything, as one does that has revoked this one's key.
        package var isWordless: Bool { !isConnected && closedReason == .wordless }
    }

    package var outcome: Outcome
    /// A sentence for people; empty when the outcome says it all.
    package var message: String
    package var peers: [Peer]
    /// The daemon's process id.
    package var process: UInt32
    package var program: String
    /// To ``ControlRequest/Verb/fetch(peer:feed:after:)``; together at most ``blockBytesMaximum``, or one.
    package var blocks: [Block]
    /// Absent in a reply with blocks.
    package var link: LinkReport?

    /// Largest reply. Every site of which feeds fit into a have-vector has room in it, with all that can be said of it.
    package static let bytesMaximum = 32 * 1024 * 1024
    /// Most of blocks in one reply. One alone fits always.
    package static let blockBytesMaximum = 60 * 1024

    package init(
        outcome: Outcome,
        message: String = "",
        peers: [Peer] = [],
        process: UInt32,
        program: String,
        blocks: [Block] = [],
        link: LinkReport? = nil
    ) {
        self.outcome = outcome
        self.message = message
        self.peers = peers
        self.process = process
        self.program = program
        self.blocks = blocks
        self.link = link
    }

    /// Length and message.
    package var encoded: [UInt8] { ControlFrame.encode(wire.encodedBytes()) }

    /// The message. Peers beyond what fits into ``bytesMaximum`` are left out, and it says how many.
    package var wire: WireControlReply { wire(limitBytes: Self.bytesMaximum) }

    /// - Complexity: O(sites); O(sites log sites) where they do not fit.
    func wire(limitBytes: Int) -> WireControlReply {
        let whole = wire(showing: peers.count)
        guard whole.encodedBytes().count > limitBytes else { return whole }
        var (fitting, tooMany) = (0, peers.count)
        while tooMany - fitting > 1 {
            let middle = fitting + (tooMany - fitting) / 2
            if wire(showing: middle).encodedBytes().count > limitBytes { tooMany = middle } else { fitting = middle }
        }
        return wire(showing: fitting)
    }

    private func wire(showing count: Int) -> WireControlReply {
        var wire = WireControlReply()
        wire.version = ControlRequest.version
        wire.outcome = outcome.rawValue
        wire.message = String(message.prefix(1000))
        if count < peers.count { wire.message += " (\(peers.count - count) more sites are not listed.)" }
        wire.process = process
        wire.program = program.prefix(scalars: Limits.programScalars)
        wire.peers = peers.prefix(count).map { peer in
            var row = WireControlPeer()
            row.site = collected(peer.site.bytes)
            if let epoch = peer.epoch { row.epoch = collected(epoch.bytes) }
            row.word = peer.status.word.rawValue
            row.entriesToSend = peer.status.toSend.entries
            row.bytesToSend = peer.status.toSend.bytes
            row.entriesToReceive = peer.status.toReceive.entries
            row.bytesToReceive = peer.status.toReceive.bytes
            if let age = peer.ageSeconds { row.ageSeconds = age }
            if let age = peer.inSyncAgeSeconds { row.inSyncAgeSeconds = age }
            if let offset = peer.status.clockOffsetMilliseconds { row.clockOffsetMilliseconds = offset }
            if let program = peer.status.peerProgram { row.program = program }
            if let closed = peer.closed { row.closed = closed }
            if let reason = peer.closedReason { row.closedReason = reason.rawValue }
            row.connected = peer.isConnected
            row.openIncidents = peer.openIncidents
            if let rate = peer.status.sendBytesPerSecond { row.sendBytesPerSecond = rate }
            row.ownHeads = peer.status.ownHeads.map(\.wire)
            if let reporter = peer.reportedBy { row.reportedBy = collected(reporter.bytes) }
            return row
        }
        if let link { wire.link = link.wire }
        if !blocks.isEmpty {
            var bytes: [UInt8] = []
            for block in blocks { block.encode(into: &bytes) }
            wire.blocks = collected(bytes)
        }
        return wire
    }

    /// Reads the reply at the start of `bytes`.
    ///
    /// - Returns: nil while more bytes are needed.
    /// - Throws: `.tooLarge`, `.illFormed`; `.notAllowed` for another version.
    package static func decode(_ bytes: [UInt8]) throws(SyncError) -> ControlReply? {
        guard let payload = try ControlFrame.decode(bytes, limitBytes: bytesMaximum) else { return nil }
        let wire = try WireControlReply(peerBytes: payload)
        guard wire.version == ControlRequest.version else {
            throw SyncError(.notAllowed, "abscope and abscoped are of different versions; restart the daemon.")
        }
        guard let outcome = Outcome(rawValue: wire.outcome) else {
            throw SyncError(.illFormed, "The daemon's answer is not understood.")
        }
        var peers: [Peer] = []
        for row in wire.peers {
            guard let site = SiteID(row.site), let word = SyncStatus.Word(rawValue: row.word) else {
                throw SyncError(.illFormed, "The daemon's answer is not understood.")
            }
            var status = SyncStatus()
            status.word = word
            status.toSend.entries = row.entriesToSend
            status.toSend.bytes = row.bytesToSend
            status.toReceive.entries = row.entriesToReceive
            status.toReceive.bytes = row.bytesToReceive
            status.clockOffsetMilliseconds = row.hasClockOffsetMilliseconds ? row.clockOffsetMilliseconds : nil
            status.peerProgram = row.hasProgram ? row.program : nil
            status.sendBytesPerSecond = row.hasSendBytesPerSecond ? row.sendBytesPerSecond : nil
            for head in row.ownHeads { status.note(try OwnHead(head)) }
            peers.append(
                Peer(
                    site: site,
                    epoch: EpochID(row.epoch),
                    status: status,
                    ageSeconds: row.hasAgeSeconds ? row.ageSeconds : nil,
                    inSyncAgeSeconds: row.hasInSyncAgeSeconds ? row.inSyncAgeSeconds : nil,
                    closed: row.hasClosed ? row.closed : nil,
                    closedReason: row.hasClosedReason ? CloseReason(rawValue: row.closedReason) ?? .other : nil,
                    isConnected: row.connected,
                    openIncidents: row.openIncidents,
                    reportedBy: SiteID(row.reportedBy)
                )
            )
        }
        return ControlReply(
            outcome: outcome,
            message: wire.message,
            peers: peers,
            process: wire.process,
            program: wire.program,
            blocks: try blocks(in: wire),
            link: wire.hasLink ? try LinkReport(wire.link) : nil
        )
    }

    private static func blocks(in wire: WireControlReply) throws(SyncError) -> [Block] {
        let bytes = [UInt8](wire.blocks)
        do throws(FormatError) {
            return try Block.decodeAll(bytes)
        } catch {
            throw SyncError(.illFormed, "The daemon's answer is not understood.")
        }
    }
}

/// Length in 4 bytes, least significant first, then the message.
enum ControlFrame {
    static func encode(_ payload: [UInt8]) -> [UInt8] {
        UInt32(payload.count).littleEndianBytes + payload
    }

    static func decode(_ bytes: [UInt8], limitBytes: Int) throws(SyncError) -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let length = UInt32(littleEndianBytes: bytes[..<4])
        guard length <= UInt32(limitBytes) else {
            throw SyncError(.tooLarge, "A message of the control socket claims \(length) bytes.")
        }
        guard bytes.count >= 4 + Int(length) else { return nil }
        return Array(bytes[4..<4 + Int(length)])
    }
}
