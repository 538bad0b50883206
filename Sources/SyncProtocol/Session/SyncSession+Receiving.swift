import LogFormat

extension SyncSession {
    // MARK: - What is taken

    /// Whether a feed is taken from this peer at all, and how far.
    private func bound(of feed: FeedID) -> Roster.Bound {
        if phase == .stranger {
            guard feed.lane == .roster, feed.site == configuration.roster.administrator else { return .nothing }
        }
        guard configuration.roster.reads(configuration.localSite, feed) else { return .nothing }
        return configuration.roster.bound(of: feed)
    }

    private func isOwnCurrent(_ feed: FeedID) -> Bool {
        feed.site == configuration.localSite && feed.epoch == configuration.localEpoch
    }

    /// The end of what arrived of a feed.
    private func expected(_ feed: FeedID) -> FeedHead? {
        receiver.intakes[feed]?.expected ?? held[feed]?.stored ?? configuration.roster.start(of: feed)
    }

    // MARK: - HAVE

    mutating func takeHave(_ have: SyncMessage.Have) {
        if have.asksForFull { sender.hasSaid = false }
        guard let result = have.result else { return }
        var vector = have.base == nil ? HaveVector() : receiver.vector
        if let base = have.base, base != vector.digest { return doubt() }
        for row in have.rows { vector[row.feed] = row.row }
        guard vector.rows.count <= HaveVector.rowsMaximum else {
            return close(.tooLarge, detail: "More feeds than anybody has.")
        }
        guard vector.digest == result else { return doubt() }
        receiver.vector = vector
        receiver.hasVector = !have.isContinued
        receiver.reconsiders = true
        for row in have.rows { peerHolds(row.feed, row.row) }
        beginStreams(of: held.keys)
    }

    private mutating func doubt() {
        receiver.hasVector = false
        sender.asksForFull = true
    }

    // MARK: - Data

    mutating func takeData(_ data: SyncMessage.DataBlocks) {
        let feed = data.feed
        let bound = bound(of: feed)
        if isOwnCurrent(feed) {
            // What comes back of what is held here says nothing new; more than that does.
            guard data.lastPosition > held[feed]?.stored.position ?? 0 else { return }
            return askAboutOwn(.init(feed: feed, position: data.lastPosition, digest: nil))
        }
        guard bound != .nothing, !receiver.incidents.contains(feed), let expected = expected(feed) else {
            // A push may come for a feed this roster does not list yet; unasked data that is no push is a mistake.
            if data.isPushed || receiver.incidents.contains(feed) || phase == .stranger {
                receiver.dropped.insert(feed)
                if receiver.dropped.count > HaveVector.rowsMaximum { close(.tooLarge) }
                return
            }
            return close(.protocolViolation, detail: "Data of a feed that was not asked for.")
        }
        var intake = receiver.intakes[feed] ?? .init(expected: expected)
        if data.isPushed {
            guard receiver.pushedBytes <= Limits.pushBytes + FrameHeader.dataBytesMaximum else {
                return close(.protocolViolation, detail: "More pushed than allowed.")
            }
        } else {
            intake.creditBytes -= data.blockBytes
            guard intake.creditBytes > -FrameHeader.dataBytesMaximum else {
                return close(.protocolViolation, detail: "More sent than credit was given for.")
            }
        }
        receiver.received.insert(feed)
        defer { receiver.intakes[feed] = intake }
        if data.after > intake.expected.position {
            receiver.dropped.insert(feed)
            if !data.isPushed { close(.protocolViolation, detail: "Data that leaves a gap.") }
            return
        }
        if data.after == intake.expected.position, data.digest != ShortDigest(intake.expected.digest) {
            return report(.init(kind: .diverged, feed: feed, position: data.after, isReportedByPeer: false))
        }
        do throws(FormatError) {
            let blocks = try trimmed(data.blocks, after: intake.expected, bound: bound)
            guard let last = blocks.last else { return }
            let bytes = blocks.reduce(0) { $0 + $1.header.encodedLengthBytes }
            receiver.queue.append(
                .init(feed: feed, after: intake.expected, blocks: blocks, bytes: bytes, isPushed: data.isPushed)
            )
            intake.expected = last.header.head
            if case .until(let cutOff) = bound, intake.expected.position == cutOff.position, intake.expected != cutOff {
                receiver.queue.removeLast()
                report(.init(kind: .cutOffDiffers, feed: feed, position: cutOff.position, isReportedByPeer: false))
            }
        } catch {
            close(.invalidData, retryAfterSeconds: 60, detail: "A block is broken: \(error).")
        }
    }

    /// What continues `head` and does not go beyond the cut-off.
    private func trimmed(
        _ blocks: [Block],
        after head: FeedHead,
        bound: Roster.Bound
    ) throws(FormatError) -> [Block] {
        var inflater = Inflater()
        var result: [Block] = []
        var end = head
        for block in blocks {
            guard var rest = try block.dropping(through: end.position, using: &inflater) else { continue }
            if case .until(let cutOff) = bound, rest.header.lastPosition > cutOff.position {
                guard end.position < cutOff.position,
                    let kept = try rest.slice(end.position + 1...cutOff.position, after: end, using: &inflater).block
                else { break }
                rest = kept
            }
            result.append(rest)
            end = rest.header.head
        }
        return result
    }

    mutating func takeCheckpoint(_ feed: FeedID, _ head: FeedHead, _ signature: [UInt8]) {
        guard bound(of: feed) != .nothing, !isOwnCurrent(feed), !receiver.incidents.contains(feed) else { return }
        guard head.position > held[feed]?.attested.position ?? 0,
            head.position > receiver.checkpoints[feed]?.head.position ?? 0,
            receiver.checkpoints.count < HaveVector.rowsMaximum
        else { return }
        receiver.received.insert(feed)
        receiver.checkpoints[feed] = (head, signature)
    }

    // MARK: - The store

    /// Hands the store one thing at a time, the lowest lane first.
    mutating func askStore() {
        if phase == .open { requestCheckpoint() }
        while receiver.storing == nil, phase != .closed {
            attestNext()
            guard receiver.storing == nil, handNextBlocks() else { return }
        }
    }

    /// - Returns: Whether something was taken from the queue.
    private mutating func handNextBlocks() -> Bool {
        guard
            let index = receiver.queue.indices.min(by: {
                (receiver.queue[$0].feed.lane, $0) < (receiver.queue[$1].feed.lane, $1)
            })
        else { return false }
        var next = receiver.queue.remove(at: index)
        guard let key = configuration.roster[next.feed.site]?.keys.signing else { return true }
        if let stored = held[next.feed]?.stored, stored.position > next.after.position {
            // Some of it came by another session meanwhile.
            do throws(FormatError) {
                next.blocks = try trimmed(next.blocks, after: stored, bound: .open)
            } catch {
                close(.invalidData, retryAfterSeconds: 60, detail: "A block is broken: \(error).")
                return true
            }
            next.after = stored
            guard !next.blocks.isEmpty else { return true }
        }
        let id = request()
        receiver.storing = (id, next.feed, next.bytes, next.isPushed, false)
        actions.append(.store(blocks: next.blocks, feed: next.feed, key: key, after: next.after, id: id))
        return true
    }

    private mutating func attestNext() {
        let ready = receiver.checkpoints.keys.sorted { ($0.lane, $0) < ($1.lane, $1) }
        for feed in ready {
            guard let (head, signature) = receiver.checkpoints[feed], let local = held[feed],
                head.position <= local.stored.position
            else { continue }
            receiver.checkpoints[feed] = nil
            guard head.position > local.attested.position, let key = configuration.roster[feed.site]?.keys.signing
            else { continue }
            let checkpoint: Checkpoint
            do throws(FormatError) {
                checkpoint = try Checkpoint(
                    registry: configuration.registry,
                    feed: feed,
                    head: head,
                    signature: signature
                )
            } catch {
                return close(.invalidData, retryAfterSeconds: 60, detail: "A checkpoint is broken: \(error).")
            }
            let id = request()
            receiver.storing = (id, feed, 0, false, true)
            actions.append(.attest(checkpoint, key: key, id: id))
            return
        }
    }

    mutating func stored(_ id: StoreRequestID, _ result: Result<HeldFeed, StoreFailure>) {
        guard let storing = receiver.storing, storing.id == id else { return }
        receiver.storing = nil
        switch result {
        case .success(let now):
            let known = held[storing.feed]
            let before = known?.attested.position ?? 0
            hold(now)
            if !storing.isCheckpoint {
                // A later moment may have been told earlier.
                let isLate = known.map { $0.stored.position > now.stored.position } ?? false
                rewind(storing.feed, to: isLate ? known?.stored ?? now.stored : now.stored)
            }
            if storing.feed.lane == .roster, now.attested.position > before {
                receiver.awaitsRoster = true
                actions.append(.rosterEntriesArrived)
            }
        case .failure(.diverged):
            receiver.queue.removeAll { $0.feed == storing.feed }
            let position = held[storing.feed]?.stored.position ?? 0
            report(.init(kind: .diverged, feed: storing.feed, position: position, isReportedByPeer: false))
        case .failure(.invalid):
            close(.invalidData, retryAfterSeconds: 60, detail: "The store refuses what arrived.")
        case .failure(.unavailable):
            close(.storeUnavailable, retryAfterSeconds: 60)
        }
    }

    /// Another session of this store was faster, or the store gave something up: what was handed over did not continue
    /// the feed. What no longer fits is dropped and asked for again from where the store stands.
    private mutating func rewind(_ feed: FeedID, to stored: FeedHead) {
        let next = receiver.queue.first { $0.feed == feed }
        guard let intake = receiver.intakes[feed] else { return }
        let waitsFrom = next?.after.position ?? intake.expected.position
        guard waitsFrom > stored.position else { return }
        receiver.queue.removeAll { $0.feed == feed }
        receiver.intakes[feed]?.expected = stored
        receiver.dropped.insert(feed)
        receiver.reconsiders = true
    }

    // MARK: - WANT

    /// How far a feed is to be had from the peer, and taken.
    private func target(_ feed: FeedID, _ row: HaveRow) -> UInt64? {
        guard !receiver.incidents.contains(feed) else { return nil }
        switch bound(of: feed) {
        case .nothing: return nil
        case .open: return row.position
        case .until(let head): return min(row.position, head.position)
        }
    }

    /// The end of what counts here: attested, or named by a cut-off.
    private func settled(_ feed: FeedID) -> FeedHead? {
        guard let local = held[feed] else { return nil }
        if case .until(let head) = configuration.roster.bound(of: feed), local.stored.position >= head.position {
            return head
        }
        return local.attested
    }

    mutating func takeWants() -> [SyncMessage] {
        guard receiver.reconsiders || receiver.isOwedData, receiver.hasVector else { return [] }
        receiver.reconsiders = false
        var lacking: [FeedID] = []
        var messages: [SyncMessage] = []
        for (feed, row) in receiver.vector.sorted {
            guard let target = target(feed, row), let expected = expected(feed) else { continue }
            if isOwnCurrent(feed) {
                checkOwn(feed, row)
                continue
            }
            if let local = held[feed], local.stored.position == row.position,
                ShortDigest(local.stored.digest) != row.digest
            {
                report(.init(kind: .diverged, feed: feed, position: row.position, isReportedByPeer: false))
                continue
            }
            if target > expected.position {
                lacking.append(feed)
            } else {
                receiver.intakes[feed]?.isWanted = false
                let isDone = (settled(feed)?.position ?? 0) >= target || receiver.checkpoints[feed] != nil
                let isStored = held[feed].map { $0.stored == expected } ?? false
                guard !isDone, isStored, receiver.storing?.feed != feed, !receiver.received.contains(feed),
                    (receiver.intakes[feed]?.askedCheckpoint ?? 0) < expected.position
                else { continue }
                var intake = receiver.intakes[feed] ?? .init(expected: expected)
                intake.askedCheckpoint = expected.position
                receiver.intakes[feed] = intake
                messages.append(
                    .want(
                        .init(feed: feed, after: expected, creditBytes: Limits.wantBytesMinimum, restarts: false)
                    )
                )
            }
        }
        guard receiver.queuedBytes < ReceiverHalf.queueBytesMaximum else {
            receiver.reconsiders = true
            return messages
        }
        let active = lacking.sorted { ($0.lane, $0) < ($1.lane, $1) }.prefix(ReceiverHalf.wantedMaximum)
        let window = max(Limits.wantBytesMinimum, Limits.wantBytesMaximum / max(1, active.count))
        for feed in active {
            guard let expected = expected(feed) else { continue }
            var intake = receiver.intakes[feed] ?? .init(expected: expected)
            let restarts = receiver.dropped.contains(feed)
            guard !intake.isWanted || restarts || intake.creditBytes <= window / 2 else { continue }
            messages.append(
                .want(.init(feed: feed, after: expected, creditBytes: window, restarts: restarts))
            )
            intake.isWanted = true
            receiver.dropped.remove(feed)
            intake.creditBytes = window
            receiver.intakes[feed] = intake
        }
        return messages
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
            report(.init(kind: .ownEpochAhead, feed: feed, position: row.position, isReportedByPeer: false))
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
                .init(kind: .ownEpochAhead, feed: claim.feed, position: claim.position, isReportedByPeer: false)
            )
        }
    }

    // MARK: - Status

    /// What is left in both directions, from what both ends said they hold.
    func remainders() -> (toSend: SyncRemainder, toReceive: SyncRemainder) {
        var toSend = SyncRemainder()
        var toReceive = SyncRemainder()
        guard receiver.hasVector, phase == .open else { return (toSend, toReceive) }
        for feed in held.keys {
            guard let row = offeredRow(feed), !receiver.incidents.contains(feed) else { continue }
            let there = receiver.vector[feed]
            guard row.position > there?.position ?? 0 else { continue }
            toSend.add(
                entries: row.position - (there?.position ?? 0),
                bytes: Self.missing(
                    bytes: row.bytes,
                    to: row.position,
                    less: there?.bytes ?? 0,
                    at: there?.position ?? 0
                )
            )
        }
        for (feed, row) in receiver.vector.rows where !isOwnCurrent(feed) {
            guard let target = target(feed, row) else { continue }
            let here = settled(feed)?.position ?? 0
            guard target > here else { continue }
            toReceive.add(
                entries: target - here,
                bytes: Self.missing(bytes: row.bytes, to: target, less: held[feed]?.storedBytes ?? 0, at: here)
            )
        }
        return (toSend, toReceive)
    }

    /// About how many bytes one end of a feed has and the other lacks.
    ///
    /// The difference, unless the end that is behind takes as many bytes all the same, because the other compressed what
    /// both have: then what is missing is counted as large as the rest. Never 0 for entries that take room.
    static func missing(bytes: UInt64, to position: UInt64, less other: UInt64, at start: UInt64) -> UInt64 {
        guard bytes <= other, position > start else { return bytes - min(bytes, other) }
        let (high, low) = (position - start).multipliedFullWidth(by: bytes)
        return max(position.dividingFullWidth((high, low)).quotient, min(bytes, 1))
    }

    /// Whether both hold the same of everything both read.
    var isInSync: Bool {
        // With half a roster, feeds that both read would be left out of the comparison.
        guard receiver.hasVector, sender.hasSaid, !receiver.awaitsRoster,
            configuration.roster[configuration.localSite] != nil
        else { return false }
        let feeds = Set(held.keys).union(receiver.vector.rows.keys)
        return feeds.allSatisfy { feed in
            let roster = configuration.roster
            guard roster.reads(configuration.localSite, feed), roster.reads(peer, feed),
                roster.bound(of: feed) != .nothing
            else { return true }
            let here = offeredRow(feed)
            let there = receiver.vector[feed]
            return here?.position == there?.position && here?.digest == there?.digest
        }
    }
}
