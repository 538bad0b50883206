import LogFormat

// What arrived, on its way into the store: one question at a time.
extension SyncSession {
    /// Hands the store one thing at a time, the lowest lane first.
    mutating func askStore() {
        if phase == .open { requestCheckpoint() }
        while receiver.storing == nil, phase != .closed {
            attestNext()
            if receiver.storing == nil, phase == .open { attestNextCutOff() }
            if receiver.storing == nil, phase == .open { discardNext() }
            guard receiver.storing == nil, phase == .stranger ? proveNext() : handNextBlocks() else { return }
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
                next.blocks = try WireBlocks.trimmed(next.blocks, after: stored, bound: .open)
            } catch {
                close(.invalidData, retryAfterSeconds: 60, detail: "A block is broken: \(error).")
                return true
            }
            next.after = stored
            next.overlaps = true
            guard !next.blocks.isEmpty else { return true }
        }
        if !next.overlaps { takeAlong(&next) }
        ask(.blocks(overlap: next.overlaps), next.feed, bytes: next.bytes, isPushed: next.isPushed) { id in
            .store(blocks: next.blocks, feed: next.feed, key: key, after: next.after, isCovered: false, id: id)
        }
        receiver.storing?.last = next.blocks.last?.header.lastPosition ?? 0
        return true
    }

    /// What waits behind some blocks and continues them goes into the store with them: one sync of the disk for all.
    private mutating func takeAlong(_ first: inout ReceiverHalf.Arrival) {
        var rest: [ReceiverHalf.Arrival] = []
        var goesOn = true
        for next in receiver.queue {
            goesOn = goesOn && first.bytes + next.bytes <= ReceiverHalf.storedBytesMaximum
            guard goesOn, next.feed == first.feed, next.isPushed == first.isPushed, !next.overlaps,
                next.after == first.blocks.last?.header.head
            else {
                if next.feed == first.feed { goesOn = false }
                rest.append(next)
                continue
            }
            first.blocks += next.blocks
            first.bytes += next.bytes
        }
        receiver.queue = rest
    }

    mutating func ask(
        _ question: ReceiverHalf.Storing.Question,
        _ feed: FeedID,
        bytes: Int = 0,
        isPushed: Bool = false,
        _ action: (StoreRequestID) -> SyncAction
    ) {
        let id = request()
        receiver.storing = .init(id: id, feed: feed, question: question, bytes: bytes, isPushed: isPushed)
        actions.append(action(id))
    }

    private mutating func attestNext() {
        for feed in receiver.usable.sorted(by: { ($0.lane, $0) < ($1.lane, $1) }) {
            receiver.usable.remove(feed)
            guard let local = held[feed], var known = receiver.checkpoints[feed] else { continue }
            known.removeAll { $0.head.position <= local.attested.position }
            let index = known.lastIndex { $0.head.position <= local.stored.position }
            let next = index.map { known.remove(at: $0) }
            receiver.checkpoints[feed] = known.isEmpty ? nil : known
            if next != nil { receiver.usable.insert(feed) }
            guard let next, let key = configuration.roster[feed.site]?.keys.signing else { continue }
            guard let checkpoint = checkpoint(next, of: feed) else { return }
            if SeededBug.saidBeforeDurable.isPlanted {
                hold(HeldFeed(feed: feed, stored: local.stored, attested: next.head, storedBytes: local.storedBytes))
            }
            return ask(.checkpoint(next), feed) { .attest(checkpoint, key: key, id: $0) }
        }
    }

    /// The roster names the digest at a cut-off, which attests the entries up to there as well as a checkpoint does.
    private mutating func attestNextCutOff() {
        for member in configuration.roster.revoked {
            for (feed, cutOff) in (member.cutOffs ?? [:]).sorted(by: { $0.key < $1.key }) where cutOff.position > 0 {
                guard let local = held[feed], local.stored.position >= cutOff.position, local.attested != cutOff,
                    receiver.provenCutOffs[feed] != cutOff, !receiver.incidents.contains(feed)
                else { continue }
                return ask(.cutOff(cutOff), feed) { .attestCutOff(feed: feed, cutOff: cutOff, id: $0) }
            }
        }
    }

    /// - Returns: nil when it is none: the session is closed then.
    mutating func checkpoint(_ statement: ReceiverHalf.Statement, of feed: FeedID) -> Checkpoint? {
        do throws(FormatError) {
            return try Checkpoint(
                registry: configuration.registry,
                feed: feed,
                head: statement.head,
                signature: statement.signature
            )
        } catch {
            close(.invalidData, retryAfterSeconds: 60, detail: "A checkpoint is broken: \(error).")
            return nil
        }
    }

    mutating func stored(_ id: StoreRequestID, _ result: Result<HeldFeed, StoreFailure>) {
        guard let storing = receiver.storing, storing.id == id else { return }
        receiver.storing = nil
        let feed = storing.feed
        switch (result, storing.question) {
        case (.success(let now), .discard): rewound(now)
        case (.success(let now), let question): advanced(now, after: question)
        case (.failure(.contradicted(let now)), let question):
            rewound(now)
            // What is asked for again has to end up at this one.
            if case .checkpoint(let statement) = question { keep(statement, of: feed) }
        case (.failure(.doubted(let until)), _):
            receiver.doubted[feed] = until
            giveUpArrived(feed)
        case (.failure(.tooManyFeeds), _):
            close(.tooLarge, retryAfterSeconds: 600, detail: "More feeds than are taken.")
        case (.failure(.diverged), .cutOff(let cutOff)):
            report(.init(kind: .cutOffDiffers, feed: feed, position: cutOff.position, isReportedByPeer: false))
        case (.failure(.diverged), _):
            receiver.queue.removeAll { $0.feed == feed }
            let position = held[feed]?.attested.position ?? 0
            report(.init(kind: .diverged, feed: feed, position: position, isReportedByPeer: false))
        case (.failure(.invalid), .blocks(overlap: true)):
            // It does not fit an end which the peer never said it knows, and which may be the false one.
            giveUpArrived(feed)
        case (.failure(.invalid), _):
            close(.invalidData, retryAfterSeconds: 60, detail: "The store refuses what arrived.")
        case (.failure(.unavailable), _):
            close(.storeUnavailable, retryAfterSeconds: 60)
        }
    }

    private mutating func advanced(_ now: HeldFeed, after question: ReceiverHalf.Storing.Question) {
        let known = held[now.feed]
        let before = known?.attested.position ?? 0
        hold(now)
        switch question {
        case .blocks:
            // A later moment may have been told earlier.
            let isLate = known.map { $0.stored.position > now.stored.position } ?? false
            rewind(now.feed, to: isLate ? known?.stored ?? now.stored : now.stored)
        case .checkpoint(let statement):
            // Another session gave up what it speaks of.
            if now.stored.position < statement.head.position { keep(statement, of: now.feed) }
        case .cutOff(let cutOff):
            // Else another session gave up what was stored up to there.
            if now.attested.position >= cutOff.position {
                receiver.provenCutOffs[now.feed] = cutOff
                sender.streams.wake(now.feed)
                considerAccount(of: now.feed)
            }
        case .discard: break
        }
        if now.feed.lane == .roster, now.attested.position > before {
            actions.append(.rosterEntriesArrived)
        }
    }

    private mutating func keep(_ statement: ReceiverHalf.Statement, of feed: FeedID) {
        takeCheckpoint(feed, statement.head, statement.signature)
    }

    /// Another session of this store was faster, or the store gave something up: what was handed over did not continue
    /// the feed. What no longer fits is dropped and asked for again from where the store stands.
    private mutating func rewind(_ feed: FeedID, to stored: FeedHead) {
        guard let intake = receiver.intakes[feed] else { return }
        let waits = receiver.queue.first { $0.feed == feed }?.after ?? intake.expected
        guard waits.position > stored.position || (waits.position == stored.position && waits != stored) else { return }
        giveUpArrived(feed)
        receiver.intakes[feed]?.expected = stored
    }
}
