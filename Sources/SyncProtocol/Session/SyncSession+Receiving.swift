import LogFormat

extension SyncSession {
    // MARK: - What is taken

    /// Whether a feed is taken from this peer at all, and how far.
    func bound(of feed: FeedID) -> Roster.Bound {
        if phase == .stranger {
            // An administrator that is not known yet may be appointed in any of them.
            guard feed.lane == .roster, configuration.roster[feed.site] != nil else { return .nothing }
        }
        guard configuration.roster.reads(configuration.localSite, feed) else { return .nothing }
        if SeededBug.cutOffIgnored.isPlanted { return .open }
        return configuration.roster.bound(of: feed)
    }

    /// Whether nothing is taken of a feed now, for each side holds another history, or nothing proves what the peer sent.
    func isLeftAlone(_ feed: FeedID) -> Bool { receiver.incidents.contains(feed) || receiver.doubted[feed] != nil }

    func isOwnCurrent(_ feed: FeedID) -> Bool {
        feed.site == configuration.localSite && feed.epoch == configuration.localEpoch
    }

    /// The end of what arrived of a feed.
    func expected(_ feed: FeedID) -> FeedHead? {
        // Of a stranger nothing is stored that is not proven, so what is not proven here does not matter.
        let here = phase == .stranger ? held[feed]?.attested : held[feed]?.stored
        return receiver.intakes[feed]?.expected ?? here ?? configuration.roster.start(of: feed)
    }

    // MARK: - HAVE

    mutating func takeHave(_ have: SyncMessage.Have) {
        if have.asksForFull {
            sender.hasSaid = false
            sender.base = nil
        }
        guard let result = have.result else { return }
        if have.base == nil { receiver.awaitsFull = false }
        guard let former = base(of: have) else { return doubt() }
        var vector = former
        for row in have.rows { vector[row.feed] = row.row }
        guard vector.count <= Limits.vectorFeeds else {
            return close(.tooLarge, detail: "More feeds than anybody has.")
        }
        guard vector.feedsOfOneSite(among: have.rows) <= Limits.feedsPerSite else {
            return close(.tooLarge, retryAfterSeconds: 600, detail: "More feeds than one site may have.")
        }
        guard vector.digest == result else { return doubt() }
        if have.base == nil || receiver.remembered != nil { hasAccounts = false }
        receiver.vector = vector
        receiver.hasVector = !have.isContinued
        receiver.hasNews = true
        receiver.reconsiders = true
        let wasRemembered = receiver.remembered != nil
        receiver.remembered = nil
        for row in have.rows {
            // Of what came from here it says ACK, but for its first HAVE.
            let isUnanswered = sender.pushed.contains { $0.feed == row.feed && $0.position <= row.row.position }
            if receiver.wasTold, have.base != nil, isUnanswered { sender.elsewhere.insert(row.feed) }
            peerHolds(row.feed, row.row, formerly: receiver.wasTold ? former.head(of: row.feed) : nil)
            considerAccount(of: row.feed)
        }
        if wasRemembered {
            // Of others it says by saying nothing that they are where they were.
            for feed in sender.streams.pending.sorted() {
                if let row = vector[feed] { peerHolds(feed, row, formerly: nil) }
            }
        }
        guard receiver.hasVector else { return }
        receiver.wasTold = true
        // A feed that is said later is not one that the peer has never had anything of.
        guard !hasAccounts else { return }
        openAccounts()
        beginStreams(of: accounts.accounts.keys)
    }

    /// The vector a HAVE changes; nil when that is not known here.
    private func base(of have: SyncMessage.Have) -> HaveVector? {
        guard let base = have.base else { return HaveVector() }
        if let remembered = receiver.remembered, base == remembered.digest { return remembered }
        return base == receiver.vector.digest ? receiver.vector : nil
    }

    private mutating func doubt() {
        receiver.hasVector = false
        // What was on its way before the peer reads it does not fit either.
        guard !receiver.awaitsFull else { return }
        receiver.awaitsFull = true
        sender.asksForFull = true
    }

    // MARK: - Data

    mutating func takeData(_ data: SyncMessage.DataBlocks) {
        let feed = data.feed
        if takeFetched(data) { return }
        let bound = bound(of: feed)
        if isOwnCurrent(feed) {
            // What comes back of what is held here says nothing new; more than that does.
            guard data.lastPosition > held[feed]?.stored.position ?? 0 else { return }
            return askAboutOwn(.init(feed: feed, position: data.lastPosition, digest: nil))
        }
        let isLeftAlone = isLeftAlone(feed)
        guard bound != .nothing, !isLeftAlone, let expected = expected(feed) else {
            // A push may come for a feed this roster does not list yet, and what was asked for was on its way when the
            // roster cut it off; unasked data that is no push is a mistake.
            let wasAsked = receiver.intakes[feed]?.wasAsked ?? false
            receiver.intakes[feed]?.creditBytes -= data.blockBytes
            let isWithinCredit = receiver.intakes[feed]?.isWithinCredit ?? true
            if data.isPushed || isLeftAlone || phase == .stranger || wasAsked && isWithinCredit {
                receiver.dropped.insert(feed)
                considerAccount(of: feed)
                if receiver.dropped.count > Limits.vectorFeeds { close(.tooLarge) }
                return
            }
            return close(.protocolViolation, detail: "Data of a feed that was not asked for.")
        }
        // Who made up an epoch knows as well as anybody with what digest it begins.
        guard data.after > 0 || data.digest == configuration.roster.start(of: feed).map({ ShortDigest($0.digest) })
        else {
            return close(.invalidData, retryAfterSeconds: 60, detail: "A feed begins with another digest.")
        }
        guard receiver.intakes[feed] != nil || receiver.intakes.count < Limits.vectorFeeds else {
            return close(.tooLarge, detail: "More feeds than anybody has.")
        }
        var intake = receiver.intakes[feed] ?? .init(expected: expected)
        if data.after > intake.expected.position, intake.isRestarting { return }
        intake.isRestarting = false
        if data.isPushed {
            guard receiver.pushedBytes <= Limits.pushBytes + Limits.dataFrameBytes else {
                return close(.protocolViolation, detail: "More pushed than allowed.")
            }
        } else {
            guard intake.wasAsked else {
                return close(.protocolViolation, detail: "Data of a feed that was not asked for.")
            }
            intake.creditBytes -= data.blockBytes
            guard intake.isWithinCredit else {
                return close(.protocolViolation, detail: "More sent than credit was given for.")
            }
        }
        defer {
            // Of a feed that is left alone from now on nothing is owed.
            if receiver.incidents.contains(feed) { intake.isWanted = false }
            receiver.intakes[feed] = intake
        }
        // What was asked for may have been on its way when the roster cut the feed off.
        if case .until(let cutOff) = bound, data.after >= cutOff.position { return }
        if data.after > intake.expected.position {
            receiver.dropped.insert(feed)
            considerAccount(of: feed)
            if !data.isPushed { close(.protocolViolation, detail: "Data that leaves a gap.") }
            return
        }
        if data.after == intake.expected.position, data.digest != ShortDigest(intake.expected.digest) {
            guard data.after > held[feed]?.attested.position ?? 0 else {
                return report(.init(kind: .diverged, feed: feed, position: data.after, isReportedByPeer: false))
            }
            // One of the two is false. Asked for what follows our end, the peer says what it has there.
            giveUpArrived(feed)
            intake = receiver.intakes[feed] ?? intake
            return
        }
        do throws(FormatError) {
            let blocks = try WireBlocks.trimmed(data.blocks, after: intake.expected, bound: bound)
            // Of what is here already the peer has heard, or will by HAVE: it came by another way.
            guard let last = blocks.last else { return }
            receiver.received.insert(feed)
            let bytes = blocks.reduce(0) { $0 + $1.header.encodedLengthBytes }
            receiver.queue.append(
                .init(
                    feed: feed,
                    after: intake.expected,
                    blocks: blocks,
                    bytes: bytes,
                    isPushed: data.isPushed,
                    overlaps: data.after < intake.expected.position
                )
            )
            intake.expected = last.header.head
            if case .until(let cutOff) = bound, intake.expected.position == cutOff.position, intake.expected != cutOff {
                // Nobody has proven that this is the feed's: the peer is not asked for it again for a while.
                receiver.doubted[feed] = moment.steadyNanoseconds + ReceivedTails.doubtNanoseconds
                giveUpArrived(feed)
                intake = receiver.intakes[feed] ?? intake
            }
        } catch {
            close(.invalidData, retryAfterSeconds: 60, detail: "A block is broken: \(error).")
        }
    }

    mutating func takeCheckpoint(_ feed: FeedID, _ head: FeedHead, _ signature: [UInt8]) {
        guard bound(of: feed) != .nothing, !isOwnCurrent(feed), !receiver.incidents.contains(feed) else { return }
        var known = receiver.checkpoints[feed] ?? []
        guard head.position > held[feed]?.attested.position ?? 0,
            !known.contains(where: { $0.head.position == head.position }),
            !known.isEmpty || receiver.checkpoints.count < ReceiverHalf.checkpointFeedsMaximum
        else { return }
        receiver.received.insert(feed)
        known.append(.init(head: head, signature: signature))
        known.sort { $0.head.position < $1.head.position }
        // The nearest can be used first, and the furthest covers most.
        if known.count > ReceiverHalf.checkpointsMaximum { known.remove(at: known.count / 2) }
        receiver.checkpoints[feed] = known
        receiver.usable.insert(feed)
    }

    // MARK: - WANT

    /// How far a feed is to be had from the peer, and taken.
    func target(_ feed: FeedID, _ row: HaveRow) -> UInt64? {
        guard !isLeftAlone(feed) else { return nil }
        switch bound(of: feed) {
        case .nothing: return nil
        case .open: return row.position
        case .until(let head): return min(row.position, head.position)
        }
    }

    /// The end of what counts here: attested, and not beyond a cut-off; nil while the store has not said whether the
    /// cut-off names what is attested.
    func settled(_ feed: FeedID) -> FeedHead? {
        guard let local = held[feed] else { return nil }
        guard case .until(let cutOff) = configuration.roster.bound(of: feed),
            local.attested.position >= cutOff.position
        else { return local.attested }
        return local.attested == cutOff || receiver.provenCutOffs[feed] == cutOff ? cutOff : nil
    }

    mutating func takeWants() -> [SyncMessage] {
        guard receiver.reconsiders || receiver.isOwedData, receiver.hasVector else { return [] }
        receiver.reconsiders = false
        var messages: [SyncMessage] = []
        // With few that are open each is looked at every time; of many, those of which something changed.
        let isFew = accounts.open.count <= ReceiverHalf.wantedMaximum
        let considered = isFew ? accounts.open.sorted() : changedAccounts.sorted()
        changedAccounts = []
        for feed in considered {
            guard let row = receiver.vector[feed], let target = target(feed, row), let expected = expected(feed) else {
                continue
            }
            if isOwnCurrent(feed) {
                checkOwn(feed, row)
                continue
            }
            // The peer reads on in its past for us, and can be at one place only.
            if receiver.fetches[feed]?.isActive == true { continue }
            if let local = held[feed], local.attested.position == row.position,
                ShortDigest(local.attested.digest) != row.digest
            {
                report(.init(kind: .diverged, feed: feed, position: row.position, isReportedByPeer: false))
                continue
            }
            if target > expected.position { continue }
            receiver.intakes[feed]?.isWanted = false
            let isDone =
                (settled(feed)?.position ?? 0) >= target
                || receiver.checkpoints[feed]?.contains { $0.head.position <= expected.position } ?? false
            let isStored = held[feed].map { $0.stored == expected } ?? false
            guard !isDone, isStored, receiver.storing?.feed != feed,
                !receiver.received.contains(feed) || receiver.dropped.contains(feed),
                (receiver.intakes[feed]?.askedCheckpoint ?? 0) < expected.position
            else { continue }
            var intake = receiver.intakes[feed] ?? .init(expected: expected)
            intake.askedCheckpoint = expected.position
            intake.grant(Limits.wantBytesMinimum)
            intake.wasAsked = true
            receiver.intakes[feed] = intake
            receiver.dropped.remove(feed)
            messages.append(
                .want(.init(feed: feed, after: expected, creditBytes: Limits.wantBytesMinimum, restarts: false))
            )
        }
        guard receiver.queuedBytes < ReceiverHalf.queueBytesMaximum else {
            receiver.reconsiders = true
            return messages
        }
        let active = lacking
        let window = max(Limits.wantBytesMinimum, Limits.wantBytesMaximum / max(1, active.count))
        for feed in active {
            guard let expected = expected(feed) else { continue }
            if isComingElsewhere(feed) {
                // What was asked for already comes all the same.
                receiver.intakes[feed]?.isWanted = false
                receiver.reconsiders = true
                continue
            }
            var intake = receiver.intakes[feed] ?? .init(expected: expected)
            let restarts = receiver.dropped.contains(feed) && !SeededBug.restartForgotten.isPlanted
            guard !intake.isWanted || restarts || intake.creditBytes <= intake.grantedBytes / 2 else { continue }
            let credit = min(window, intake.grantedBytes * 2)
            messages.append(
                .want(.init(feed: feed, after: expected, creditBytes: credit, restarts: restarts))
            )
            intake.isWanted = true
            intake.wasAsked = true
            receiver.dropped.remove(feed)
            intake.grant(credit)
            intake.grantedBytes = credit
            receiver.intakes[feed] = intake
        }
        return messages
    }

    /// The first feeds, by lane, of which the peer has something that has not arrived.
    private var lacking: [FeedID] {
        var lacking: [FeedID] = []
        for feed in accounts.open {
            guard let row = receiver.vector[feed], let target = target(feed, row), !isOwnCurrent(feed),
                receiver.fetches[feed]?.isActive != true, target > expected(feed)?.position ?? .max,
                // Of an end the peer does not know nothing can follow.
                receiver.contested[feed] == nil || receiver.contested[feed] != held[feed]
            else { continue }
            lacking.append(feed)
            if lacking.count == ReceiverHalf.wantedMaximum { break }
        }
        return lacking
    }

    /// Whether a feed is left to another session, which has just brought it further. What is urgent comes by every way, and
    /// the owner is always asked: two sessions that wait for each other bring nothing.
    private func isComingElsewhere(_ feed: FeedID) -> Bool {
        guard feed.lane > .urgent, feed.site != peer, let seen = receiver.elsewhere[feed] else { return false }
        return moment.steadyNanoseconds < seen + ReceiverHalf.patienceNanoseconds(with: peer)
    }

    /// What the peer holds of the feeds this store is writing can not be more than the store has. It can be more than
    /// this session was told: an entry may come back by way of other sites before the driver says that it was made.
    private mutating func checkOwn(_ feed: FeedID, _ row: HaveRow) {
        let local = held[feed]?.attested
        let isMore = row.position > local?.position ?? 0
        let isOther = local.map { $0.position == row.position && ShortDigest($0.digest) != row.digest } ?? false
        if isMore {
            askAboutOwn(.init(feed: feed, position: row.position, digest: row.digest))
        } else if isOther {
            report(
                .init(
                    kind: .ownEpochAhead,
                    feed: feed,
                    position: row.position,
                    isReportedByPeer: false,
                    digest: row.digest
                )
            )
        }
    }

    /// Asks the store, which alone knows how far it has come.
    private mutating func askAboutOwn(_ claim: ReceiverHalf.OwnClaim) {
        guard phase == .open, !receiver.incidents.contains(claim.feed),
            claim.position > receiver.ownAsked[claim.feed] ?? 0
        else { return }
        receiver.ownAsked[claim.feed] = claim.position
        let id = request()
        receiver.ownClaims[id] = claim
        actions.append(.readCheckpoint(feed: claim.feed, through: claim.position, id: id))
    }

    mutating func judge(_ claim: ReceiverHalf.OwnClaim, by result: Result<Checkpoint?, StoreFailure>) {
        switch result {
        case .failure:
            // Not known; asked again when the peer says so again.
            receiver.ownAsked[claim.feed] = nil
        case .success(let checkpoint):
            let isHere =
                checkpoint.map { own in
                    own.head.position == claim.position
                        && (claim.digest.map { ShortDigest(own.head.digest) == $0 } ?? true)
                } ?? false
            guard !isHere else { return }
            report(
                .init(
                    kind: .ownEpochAhead,
                    feed: claim.feed,
                    position: claim.position,
                    isReportedByPeer: false,
                    digest: claim.digest
                )
            )
        }
    }
}
