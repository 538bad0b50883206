import LogFormat

// What lies behind the attested end of a feed may be false: anybody can compute a chain. Only the owner's checkpoint
// tells, and until it does, neither this tail nor the peer that does not know it is right.
extension SyncSession {
    /// Drops what waits for the store of a feed, and asks the peer again from the stored end. A peer that does not know
    /// that end says so.
    mutating func giveUpArrived(_ feed: FeedID) {
        receiver.queue.removeAll { $0.feed == feed }
        if receiver.intakes[feed] != nil, let stored = held[feed]?.stored ?? configuration.roster.start(of: feed) {
            receiver.intakes[feed]?.expected = stored
            receiver.intakes[feed]?.isRestarting = true
            receiver.intakes[feed]?.isWanted = false
        }
        receiver.dropped.insert(feed)
        receiver.reconsiders = true
        considerAccount(of: feed)
    }

    /// The peer does not know a head it was asked to continue.
    ///
    /// - Returns: False when that head is attested here, and the feed has forked.
    mutating func contests(_ feed: FeedID, at position: UInt64) -> Bool {
        guard !isOwnCurrent(feed), let local = held[feed], local.attested.position < position else { return false }
        if position == local.stored.position {
            giveUpArrived(feed)
            receiver.contested[feed] = local
        } else if let expected = receiver.intakes[feed]?.expected, expected != local.stored {
            giveUpArrived(feed)
        }
        return true
    }

    /// The feed stands at its attested end again: what follows is asked for from there.
    mutating func rewound(_ now: HeldFeed) {
        let feed = now.feed
        hold(now)
        receiver.contested[feed] = nil
        // What a stranger brought begins at the attested end anyway.
        guard phase == .open else { return }
        giveUpArrived(feed)
        receiver.intakes[feed]?.askedCheckpoint = 0
    }

    /// Another session of this store made it give up a tail.
    mutating func rewoundElsewhere(_ now: HeldFeed) {
        // Who was not believed may have been right.
        if receiver.doubted[now.feed] != nil { forgetDoubt(now.feed) }
        guard let known = held[now.feed], known.attested.position <= now.attested.position,
            known.stored.position > now.stored.position
        else { return }
        rewound(now)
    }

    /// A damaged replica was given up, further back than what the peer was told is held here: it is told anew.
    mutating func fellBack(_ now: HeldFeed) {
        guard let known = held[now.feed], known.stored.position > now.stored.position else { return }
        if receiver.doubted[now.feed] != nil { forgetDoubt(now.feed) }
        // A row can be replaced and not taken back: all of them are said again.
        sender.hasSaid = false
        rewound(now)
    }

    /// A while has passed: the peer may be asked again about feeds it was not believed about.
    mutating func forgetDoubts() {
        for (feed, until) in receiver.doubted where until <= moment.steadyNanoseconds { forgetDoubt(feed) }
    }

    private mutating func forgetDoubt(_ feed: FeedID) {
        receiver.doubted[feed] = nil
        receiver.contested[feed] = nil
        receiver.yieldAsked[feed] = nil
        receiver.dropped.insert(feed)
        receiver.intakes[feed]?.askedCheckpoint = 0
        receiver.reconsiders = true
        considerAccount(of: feed)
    }

    /// A peer that holds the owner's word for a history longer than a tail, and does not know that tail, is asked for its
    /// own, once.
    mutating func discardNext() {
        for feed in receiver.contested.keys.sorted(by: { ($0.lane, $0) < ($1.lane, $1) }) {
            guard let local = held[feed], receiver.contested[feed] == local, receiver.yieldAsked[feed] != local,
                local.stored.position > local.attested.position, receiver.doubted[feed] == nil
            else { continue }
            if case .until(let end) = configuration.roster.bound(of: feed), end.position > local.stored.position {
                // The administrator's word covers it as well.
            } else {
                guard let last = receiver.checkpoints[feed]?.last, last.head.position > local.stored.position else {
                    continue
                }
                guard isSigned(last, feed) else { return }
            }
            receiver.yieldAsked[feed] = local
            return ask(.discard, feed) { .discardTail(feed: feed, isProven: false, id: $0) }
        }
    }

    /// - Returns: False when the owner did not sign it: the session is closed then.
    private mutating func isSigned(_ statement: ReceiverHalf.Statement, _ feed: FeedID) -> Bool {
        guard let key = configuration.roster[feed.site]?.keys.signing,
            let checkpoint = checkpoint(statement, of: feed)
        else { return false }
        do throws(FormatError) {
            try checkpoint.verify(key: key)
            return true
        } catch {
            close(.invalidData, retryAfterSeconds: 60, detail: "A checkpoint is broken: \(error).")
            return false
        }
    }

    // MARK: - Strangers

    /// Hands the store what a stranger brought as far as a checkpoint in hand covers it, and nothing else.
    ///
    /// - Returns: Whether something was done.
    mutating func proveNext() -> Bool {
        for feed in Set(receiver.queue.map(\.feed)).sorted() where receiver.checkpoints[feed] != nil {
            guard let key = configuration.roster[feed.site]?.keys.signing,
                let base = held[feed]?.attested ?? configuration.roster.start(of: feed)
            else { continue }
            let arrivals = receiver.queue.filter { $0.feed == feed }
            let covered: (head: FeedHead, blocks: [Block], rest: [Block])?
            do throws(FormatError) {
                let blocks = try WireBlocks.trimmed(arrivals.flatMap(\.blocks), after: base, bound: .open)
                covered = try cover(blocks, of: feed, after: base)
            } catch {
                close(.invalidData, retryAfterSeconds: 60, detail: "What a stranger sent is broken: \(error).")
                return false
            }
            guard phase == .stranger else { return false }
            guard let covered else { continue }
            if let local = held[feed], local.stored != local.attested {
                ask(.discard, feed) { .discardTail(feed: feed, isProven: true, id: $0) }
                return true
            }
            receiver.queue.removeAll { $0.feed == feed }
            if !covered.rest.isEmpty {
                let bytes = covered.rest.reduce(0) { $0 + $1.header.encodedLengthBytes }
                receiver.queue.append(
                    .init(
                        feed: feed,
                        after: covered.head,
                        blocks: covered.rest,
                        bytes: bytes,
                        isPushed: true,
                        overlaps: false
                    )
                )
            }
            ask(.blocks(overlap: false), feed) { id in
                .store(blocks: covered.blocks, feed: feed, key: key, after: base, isCovered: true, id: id)
            }
            return true
        }
        return false
    }

    /// Divides blocks at the furthest checkpoint they reach.
    ///
    /// - Returns: nil when they reach none, or were not what a checkpoint says: the session is closed then.
    /// - Throws: What a broken block or chain gives.
    private mutating func cover(
        _ blocks: [Block],
        of feed: FeedID,
        after base: FeedHead
    ) throws(FormatError) -> (head: FeedHead, blocks: [Block], rest: [Block])? {
        var inflater = Inflater()
        guard let last = blocks.last?.header.lastPosition,
            let statement = receiver.checkpoints[feed]?.last(where: {
                $0.head.position > base.position && $0.head.position <= last
            }), isSigned(statement, feed)
        else { return nil }
        var kept: [Block] = []
        var rest: [Block] = []
        var head = base
        for block in blocks {
            let end = try block.verified(after: head, using: &inflater)
            if end.position <= statement.head.position {
                kept.append(block)
            } else if head.position >= statement.head.position {
                rest.append(block)
            } else {
                let positions = head.position + 1...statement.head.position
                if let part = try block.slice(positions, after: head, using: &inflater).block { kept.append(part) }
                if let part = try block.dropping(through: statement.head.position, using: &inflater) {
                    rest.append(part)
                }
            }
            head = end
        }
        guard let head = kept.last?.header.head, head == statement.head else {
            close(.invalidData, retryAfterSeconds: 60, detail: "A checkpoint says otherwise than the blocks.")
            return nil
        }
        return (head, kept, rest)
    }
}
