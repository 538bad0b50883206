import LogFormat

// Entries that the store lost and the peer holds. The feed stands here as before: only its past is asked for again.
extension SyncSession {
    /// Begins to fetch, or goes on. What was fetched before another order is given up.
    mutating func fetch(_ order: FetchOrder) {
        if let known = receiver.fetches[order.feed], known.isActive, known.number == order.number {
            receiver.fetches[order.feed]?.wantsMore = true
            return
        }
        endFetches()
        receiver.fetches[order.feed] = .init(number: order.number, reached: order.after)
    }

    /// What was fetched is enough. What is on its way still is dropped, and the peer hears where the feed stands.
    mutating func endFetches() {
        for (feed, fetch) in receiver.fetches where fetch.isActive {
            receiver.fetches[feed]?.isActive = false
            considerAccount(of: feed)
            guard fetch.wasAsked else { continue }
            receiver.fetches[feed]?.owesRow = true
            goOn(feed)
        }
    }

    /// The peer's end of the feed stood elsewhere meanwhile: what follows here is asked for from the start.
    private mutating func goOn(_ feed: FeedID) {
        receiver.reconsiders = true
        guard !isOwnCurrent(feed) else { return }
        receiver.dropped.insert(feed)
        receiver.intakes[feed]?.isWanted = false
        considerAccount(of: feed)
    }

    /// WANT for what is ordered, and the rows that a peer waits for after it sent some.
    mutating func takeFetchMessages() -> [SyncMessage] {
        var messages: [SyncMessage] = []
        for feed in receiver.fetches.keys.sorted() {
            guard var fetch = receiver.fetches[feed] else { continue }
            if fetch.owesRow, let row = sender.said[feed] {
                messages.append(.ack(feed: feed, row: row))
                fetch.owesRow = false
            }
            if fetch.isActive, fetch.wantsMore, receiver.hasVector {
                fetch.wantsMore = false
                let holdsMore = receiver.vector[feed]?.position ?? 0 > fetch.reached.position
                if holdsMore, !receiver.incidents.contains(feed) {
                    messages.append(
                        .want(
                            .init(
                                feed: feed,
                                after: fetch.reached,
                                creditBytes: Limits.wantBytesMaximum,
                                restarts: !fetch.wasAsked
                            )
                        )
                    )
                    fetch.wasAsked = true
                    fetch.creditBytes = Limits.wantBytesMaximum
                } else {
                    actions.append(.fetched(number: fetch.number, blocks: []))
                }
            }
            receiver.fetches[feed] = fetch
        }
        return messages
    }

    /// Takes data of a feed of which something was fetched, unless it continues the feed's end here as any data does.
    ///
    /// - Returns: Whether nothing else has to look at it.
    mutating func takeFetched(_ data: SyncMessage.DataBlocks) -> Bool {
        let feed = data.feed
        guard !data.isPushed, var fetch = receiver.fetches[feed], fetch.wasAsked else { return false }
        defer { receiver.fetches[feed] = fetch }
        guard fetch.isActive, data.after <= fetch.reached.position else { return isLeftOver(data, &fetch) }
        guard data.lastPosition > fetch.reached.position else { return true }
        fetch.creditBytes -= data.blockBytes
        guard fetch.creditBytes > -Limits.dataFrameBytes else {
            close(.protocolViolation, detail: "More sent than credit was given for.")
            return true
        }
        guard data.after < fetch.reached.position || data.digest == ShortDigest(fetch.reached.digest) else {
            // Another history: what was ordered is not to be had here.
            actions.append(.fetched(number: fetch.number, blocks: []))
            return true
        }
        do throws(FormatError) {
            let blocks = try WireBlocks.trimmed(data.blocks, after: fetch.reached, bound: .open)
            guard let last = blocks.last else { return true }
            fetch.reached = last.header.head
            actions.append(.fetched(number: fetch.number, blocks: blocks))
            if receiver.vector[feed]?.position ?? 0 <= fetch.reached.position {
                actions.append(.fetched(number: fetch.number, blocks: []))
            }
        } catch {
            close(.invalidData, retryAfterSeconds: 60, detail: "A block is broken: \(error).")
        }
        return true
    }

    /// Data that was sent because something was fetched, and is not what is fetched now.
    ///
    /// - Returns: False for what continues the feed's end here.
    private mutating func isLeftOver(_ data: SyncMessage.DataBlocks, _ fetch: inout ReceiverHalf.Fetch) -> Bool {
        let feed = data.feed
        guard !isOwnCurrent(feed) else {
            guard data.lastPosition <= held[feed]?.stored.position ?? 0 else { return false }
            fetch.owesRow = !fetch.isActive
            return true
        }
        guard let end = receiver.intakes[feed]?.expected ?? held[feed]?.stored, data.after == end.position else {
            // Sent before the peer heard that it was enough.
            fetch.owesRow = !fetch.isActive
            receiver.dropped.insert(feed)
            receiver.reconsiders = true
            considerAccount(of: feed)
            return true
        }
        // The peer came to the end of what was asked for, and what it recorded since goes on there.
        fetch.creditBytes -= data.blockBytes
        guard fetch.creditBytes > -Limits.dataFrameBytes else { return false }
        var intake = receiver.intakes[feed] ?? .init(expected: end)
        intake.wasAsked = true
        intake.creditBytes += data.blockBytes
        receiver.intakes[feed] = intake
        return false
    }
}
