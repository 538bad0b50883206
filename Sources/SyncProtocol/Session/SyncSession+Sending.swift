import LogFormat

extension SyncSession {
    // MARK: - Choosing what goes out

    /// Gives the store its work, and the transport the next piece when it can take one.
    mutating func pump() {
        askStore()
        settleStreams()
        // A piece being read goes out first: it was chosen when the transport could take it.
        guard room != .none, sender.reading == nil else { return }
        var messages: [SyncMessage] = []
        if var joined = sender.joined {
            joined.id = joined.id ?? sender.readingCheckpoint?.id
            sender.joined = joined
            if let id = joined.id, sender.readingCheckpoint?.id == id { return }
            messages.append(.data(joined.data))
            sender.joined = nil
        }
        messages += room == .urgent ? takeCheckpoints { $0.lane <= .urgent } : takeMessages()
        send(messages)
        // The checkpoint that makes an urgent entry visible does not wait behind bulk.
        if messages.isEmpty, sender.readingCheckpoint == nil { readNext() }
    }

    /// What goes before data.
    private mutating func takeMessages() -> [SyncMessage] {
        var messages: [SyncMessage] = []
        if sender.needsHello {
            sender.needsHello = false
            prepareRosterPush()
            messages.append(.hello(hello))
        }
        messages += takeSmallMessages()
        if !hasPushWork {
            messages += takeHaves()
            messages += takeFetchMessages()
            messages += takeWants()
        }
        return messages
    }

    private mutating func takeCheckpoints(where isTaken: (FeedID) -> Bool) -> [SyncMessage] {
        let taken = sender.readyCheckpoints.filter { isTaken($0.feed) }
        sender.readyCheckpoints.removeAll { isTaken($0.feed) }
        return taken.map { .checkpoint(feed: $0.feed, head: $0.head, signature: $0.signature) }
    }

    private var hello: SyncMessage.Hello {
        SyncMessage.Hello(
            versions: SyncMessage.Hello.supportedVersions,
            features: 0,
            registry: configuration.registry,
            site: configuration.localSite,
            epoch: configuration.localEpoch,
            wallMilliseconds: moment.wallMilliseconds,
            program: configuration.program,
            keysMark: configuration.keysMark
        )
    }

    private mutating func takeSmallMessages() -> [SyncMessage] {
        var messages = takeCheckpoints { _ in true }
        messages += sender.incidents.map { .incident(kind: $0.kind, feed: $0.feed, position: $0.position) }
        sender.incidents = []
        var packets: [[UInt8]] = []
        var length = 0
        // A peer that takes us for a stranger says nothing, and would drop them.
        while receiver.hasHello, let packet = sender.keyPackets.first, length + packet.count <= 60_000 {
            packets.append(packet)
            length += packet.count + 8
            sender.keyPackets.removeFirst()
        }
        // Who has the last of them has them all.
        if !packets.isEmpty { messages.append(.keys(packets, mark: sender.keyPackets.isEmpty ? sender.keysMark : [])) }
        // Before the peer said what it holds there is something more urgent to say.
        if receiver.hasVector, !sender.reports.isEmpty {
            messages += SiteReport.messages(sender.reports)
            sender.reports = []
        }
        return messages
    }

    /// A site that was never met gets the roster at once: it may not know that we were admitted.
    private mutating func prepareRosterPush() {
        let roster = configuration.roster
        for site in roster.authorities where site != peer {
            for entry in held.feeds.entries(of: site) where entry.feed.lane == .roster {
                let feed = entry.feed
                let isThere = receiver.remembered?[feed].map { $0.isEnd(of: entry.value) } ?? false
                guard sender.streams[feed] == nil, receiver.head(of: feed) == nil, !isThere,
                    let start = roster.start(of: feed)
                else { continue }
                sender.streams[feed] = .init(at: start)
            }
        }
    }

    // MARK: - Streams

    /// What follows where the peer is can be sent without being asked for.
    mutating func resumeStream(_ feed: FeedID) {
        guard phase == .open, feed.site != peer, sender.streams[feed] == nil, let head = receiver.head(of: feed),
            let offered = offeredHead(feed), offered.position > head.position
        else { return }
        var stream = SenderHalf.Stream(at: head)
        stream.isRemembered = receiver.remembered != nil
        sender.streams[feed] = stream
    }

    /// As ``resumeStream(_:)``, of all feeds that are not where the peer is.
    mutating func resumeStreams() {
        guard let remembered = receiver.remembered ?? (receiver.hasVector ? receiver.vector : nil) else { return }
        var feeds: [FeedID] = []
        remembered.forEachDifference(from: held.vector) { feed, row, _ in if row != nil { feeds.append(feed) } }
        for feed in feeds.sorted(by: { ($0.lane, $0) < ($1.lane, $1) }) where mayBegin(feed) { resumeStream(feed) }
    }

    /// More than a few hundred streams are not begun by themselves: no more can be pushed, and the peer asks for the others.
    private func mayBegin(_ feed: FeedID) -> Bool {
        feed.lane <= .urgent || sender.streams.pending.count < SenderHalf.begunMaximum
    }

    /// Lays streams to rest that have come to their end, and forgets those that can be resumed from what the peer said.
    private mutating func settleStreams() {
        for feed in sender.streams.pending {
            guard let stream = sender.streams[feed], stream.marks.count == 1, !stream.owesCheckpoint,
                sender.reading?.feed != feed, offeredHead(feed)?.position ?? 0 <= stream.sent.position
            else { continue }
            let isSpent = !stream.isWanted && stream.creditBytes <= stream.sentBytes
            if isSpent, receiver.remembered == nil, receiver.vector.head(of: feed) == stream.sent {
                sender.streams[feed] = nil
            } else {
                sender.streams.rest(feed)
            }
        }
    }

    // MARK: - WANT and data

    mutating func takeWant(_ want: SyncMessage.Want) {
        guard phase == .open, let offered = offeredHead(want.feed), !receiver.incidents.contains(want.feed) else {
            return
        }
        guard want.after.position < offered.position || want.after == offered else {
            return answer(unknown: want.after, of: want.feed, offered: offered)
        }
        if want.after.position < offered.position { sender.elsewhere.remove(want.feed) }
        sender.unknown[want.feed] = nil
        var stream = sender.streams[want.feed] ?? .init(at: want.after)
        if let index = stream.marks.firstIndex(where: { $0.head == want.after }), !want.restarts {
            stream.creditBytes = stream.marks[index].sentBytes + want.creditBytes
            stream.forget(before: want.after.position)
        } else {
            stream = .init(at: want.after)
            stream.creditBytes = want.creditBytes
        }
        stream.isWanted = true
        // It is there now, whatever was remembered of it: when that head is not one of ours, it waits for an answer.
        stream.isRemembered = false
        stream.isStalled = false
        stream.owesCheckpoint = true
        sender.streams[want.feed] = stream
    }

    /// The peer goes on from a head that is not one of ours. What it said it holds is attested there: then the feed has
    /// forked. Beyond that it may have been given something false, and the owner's word is what it needs.
    mutating func answer(unknown head: FeedHead, of feed: FeedID, offered: FeedHead) {
        let isBeyond = head.position > offered.position
        if receiver.vector[feed]?.position ?? 0 >= head.position {
            guard !isBeyond else { return }
            sender.streams[feed] = nil
            // What somebody else holds of what this site is writing is what it wrote before it was set back.
            return report(
                SyncIncident(
                    kind: isOwnCurrent(feed) ? .ownEpochAhead : .diverged,
                    feed: feed,
                    position: head.position,
                    isReportedByPeer: false,
                    digest: ShortDigest(head.digest)
                )
            )
        }
        sender.unknown[feed] = head
        sender.doubts[feed] = head.position
        guard !isBeyond else { return }
        // Nothing more is sent of it before it is asked for.
        sender.streams[feed] = .init(at: offered)
        sender.streams[feed]?.isWanted = true
        // However often it asks before it takes anything.
        guard !sender.incidents.contains(where: { $0.feed == feed }) else { return }
        sender.incidents.append(
            SyncIncident(kind: .diverged, feed: feed, position: head.position, isReportedByPeer: false)
        )
    }

    private func isPushable(_ feed: FeedID, _ stream: SenderHalf.Stream) -> Bool {
        // A site that has lost some of its own asks for it.
        guard feed.site != peer, sender.pushRoomBytes(of: feed.lane) > 0, !stream.isStalled,
            !receiver.incidents.contains(feed),
            feed.lane <= .urgent || !sender.elsewhere.contains(feed), let offered = offeredHead(feed)
        else { return false }
        // Behind a peer that already holds more there is nothing to push.
        return offered.position > stream.sent.position
            && (receiver.vector[feed]?.position ?? 0) <= stream.sent.position
            && stream.sentBytes >= stream.creditBytes
            && (!stream.isWanted || receiver.vector[feed]?.position == stream.sent.position)
    }

    /// A feed the peer has never had anything of is pushed from its start: nobody has to ask for a site's first urgent
    /// entry. But not the beginning of a long one, which the peer may have although none of it is attested there yet.
    mutating func beginStreams(of feeds: some Sequence<FeedID>) {
        guard receiver.hasVector, phase == .open else { return }
        let unknown = feeds.filter { receiver.vector[$0] == nil && !receiver.received.contains($0) }
        for feed in unknown.sorted(by: { ($0.lane, $0) < ($1.lane, $1) }) {
            guard mayBegin(feed), feed.site != peer, let row = offeredRow(feed),
                row.bytes <= SenderHalf.pushBytesMaximum,
                let start = configuration.roster.start(of: feed)
            else { continue }
            if let stream = sender.streams[feed], stream.marks.count > 1 || stream.isWanted { continue }
            sender.streams[feed] = .init(at: start)
        }
    }

    /// Something can be pushed, and goes before the HAVE that would make the peer ask for it.
    private var hasPushWork: Bool {
        sender.streams.pending.contains { feed in sender.streams[feed].map { isPushable(feed, $0) } ?? false }
    }

    /// Asks the store for the next piece: the lowest lane first, within a lane the feed that waited longest.
    private mutating func readNext() {
        guard sender.reading == nil else { return }
        var best: (feed: FeedID, isPush: Bool, served: UInt64)?
        for feed in sender.streams.pending {
            guard let stream = sender.streams[feed], let offered = offeredHead(feed),
                !receiver.incidents.contains(feed), room == .all || feed.lane <= .urgent
            else { continue }
            let hasCredit = stream.sentBytes < stream.creditBytes
            let isGranted = (hasCredit || SeededBug.creditIgnored.isPlanted && stream.isWanted) && !stream.isStalled
            let isPush = !isGranted && isPushable(feed, stream)
            guard offered.position > stream.sent.position, isGranted || isPush else { continue }
            let candidate = (feed: feed, isPush: isPush, served: stream.lastServed)
            if let current = best {
                let isBefore =
                    (candidate.feed.lane, candidate.served, candidate.feed) < (
                        current.feed.lane, current.served, current.feed
                    )
                if isBefore != SeededBug.lanesIgnored.isPlanted { best = candidate }
            } else {
                best = candidate
            }
        }
        guard let best, let stream = sender.streams[best.feed] else { return }
        let id = request()
        let limitBytes =
            best.isPush ? min(sender.rate.frameBytes, sender.pushRoomBytes(of: best.feed.lane)) : sender.rate.frameBytes
        sender.reading = (id, best.feed, stream.sent, best.isPush)
        actions.append(
            .readBlocks(feed: best.feed, after: stream.sent, limitBytes: stream.readBytes(for: limitBytes), id: id)
        )
    }

    mutating func blocksRead(
        _ id: StoreRequestID,
        _ result: Result<[Block], StoreFailure>,
        using compressor: inout PieceCompressor
    ) {
        guard let reading = sender.reading, reading.id == id else { return }
        sender.reading = nil
        guard phase == .open, var stream = sender.streams[reading.feed], stream.sent == reading.after else { return }
        switch result {
        case .failure(.diverged) where stream.isRemembered:
            // The peer is not where it was, or this store was set back: it has to say.
            sender.streams[reading.feed] = nil
            receiver.remembered?.forgetHead(of: reading.feed)
            receiver.vector.forgetHead(of: reading.feed)
            return
        case .failure(.diverged):
            guard let offered = offeredHead(reading.feed) else { return }
            return answer(unknown: reading.after, of: reading.feed, offered: offered)
        case .failure:
            stream.isStalled = true
            isUnread(reading.feed)
        case .success(let blocks):
            guard let offered = offeredHead(reading.feed) else { return }
            // A sealed block may be larger than what may be pushed now.
            let room =
                reading.isPush
                ? max(sender.pushRoomBytes(of: reading.feed.lane), SendRate.smallestBlockBytes) : Int.max
            let fitted: [Block]
            do throws(FormatError) {
                fitted = try WireBlocks.fitted(
                    blocks,
                    after: reading.after,
                    through: offered.position,
                    limitBytes: min(sender.rate.frameBytes, room),
                    blockBytes: min(sender.rate.blockBytes, room),
                    using: &compressor
                )
            } catch {
                // What the store holds is not what it published: the feed can not be sent.
                stream.isStalled = true
                sender.streams[reading.feed] = stream
                return
            }
            guard let last = fitted.last else {
                stream.isStalled = true
                break
            }
            let data = SyncMessage.DataBlocks(
                feed: reading.feed,
                after: reading.after.position,
                digest: ShortDigest(reading.after.digest),
                isPushed: reading.isPush,
                blocks: fitted
            )
            stream.sent = last.header.head
            let rawBytes = fitted.reduce(0) { $0 + Int($1.header.rawLengthBytes) }
            stream.shrinkage = blocks.first?.header.method == .plain ? Double(rawBytes) / Double(data.blockBytes) : 1
            if stream.sentBytes == stream.checkpointBytes { stream.checkpointNanoseconds = moment.steadyNanoseconds }
            stream.sentBytes += data.blockBytes
            if reading.isPush {
                sender.pushed.append((reading.feed, stream.sent.position, data.blockBytes))
            }
            stream.marks.append((stream.sent, stream.sentBytes))
            stream.owesCheckpoint = true
            stream.lastServed = sender.nextService()
            sender.streams[reading.feed] = stream
            // Each piece costs a packet and its acknowledgement, more than a small entry.
            if reading.isPush, stream.sent == offered, sender.readingCheckpoint == nil,
                data.blockBytes <= SenderHalf.joinedBytesMaximum
            {
                return sender.joined = (data, nil)
            }
            return send([.data(data)])
        }
        sender.streams[reading.feed] = stream
    }
}
