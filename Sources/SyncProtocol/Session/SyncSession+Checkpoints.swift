import LogFormat

extension SyncSession {
    /// A feed that was sent to its end is followed by its checkpoint; a long one has some on the way, so that a cut
    /// leaves what arrived visible.
    mutating func requestCheckpoint() {
        guard sender.readingCheckpoint == nil, sender.readyCheckpoints.count < SenderHalf.readyCheckpointsMaximum
        else { return }
        if let (feed, position) = sender.doubts.min(by: { ($0.key.lane, $0.key) < ($1.key.lane, $1.key) }) {
            sender.doubts[feed] = nil
            let id = request()
            sender.readingCheckpoint = (id, feed, position)
            return actions.append(.readCheckpoint(feed: feed, through: position, id: id))
        }
        let due = sender.streams.pending.filter { feed in
            guard let stream = sender.streams[feed], stream.owesCheckpoint, let offered = offeredHead(feed) else {
                return false
            }
            return offered.position <= stream.sent.position || isCheckpointOverdue(stream)
        }
        guard let feed = due.min(by: { ($0.lane, $0) < ($1.lane, $1) }), var stream = sender.streams[feed] else {
            return
        }
        let id = request()
        sender.readingCheckpoint = (id, feed, nil)
        stream.owesCheckpoint = false
        stream.checkpointBytes = stream.sentBytes
        sender.streams[feed] = stream
        actions.append(.readCheckpoint(feed: feed, through: stream.sent.position, id: id))
    }

    private func isCheckpointOverdue(_ stream: SenderHalf.Stream) -> Bool {
        stream.sentBytes - stream.checkpointBytes >= SenderHalf.checkpointBytesMinimum
            && moment.steadyNanoseconds >= stream.checkpointNanoseconds + SenderHalf.checkpointNanoseconds
    }

    mutating func checkpointRead(_ id: StoreRequestID, _ result: Result<Checkpoint?, StoreFailure>) {
        guard let reading = sender.readingCheckpoint, reading.id == id else { return }
        sender.readingCheckpoint = nil
        if let doubted = reading.doubted, let offered = offeredHead(reading.feed), doubted < offered.position {
            // Who forwards may have no word of the owner that early that is news there; then a later one has to do.
            var position: UInt64 = 0
            if case .success(let checkpoint?) = result { position = checkpoint.head.position }
            if position <= receiver.vector[reading.feed]?.position ?? 0 {
                return sender.doubts[reading.feed] = offered.position
            }
        }
        switch result {
        case .success(let checkpoint?):
            if offeredHead(reading.feed) != nil { sender.readyCheckpoints.append(checkpoint) }
        case .success(nil): break
        case .failure: isUnread(reading.feed)
        }
    }

    // MARK: - What a roster cuts off

    /// What was sent beyond a cut-off, or of a feed the peer no longer reads, it may drop without a word: nothing is owed of
    /// it.
    mutating func settleCutStreams() {
        for feed in sender.streams.pending {
            guard let stream = sender.streams[feed], stream.marks.count > 1 || stream.isWanted,
                stream.sent.position > offeredHead(feed)?.position ?? 0
            else { continue }
            sender.streams[feed]?.isWanted = false
            sender.streams[feed]?.forget(before: stream.sent.position)
        }
        // No acknowledgement makes room for more.
        let pushed = sender.pushed.filter { $0.position <= offeredHead($0.feed)?.position ?? 0 }
        sender.pushed = pushed
    }

    // MARK: - What the store could not read

    mutating func isUnread(_ feed: FeedID) {
        if sender.unread.isEmpty {
            sender.unreadNanoseconds = moment.steadyNanoseconds + SenderHalf.unreadWaitNanoseconds
        }
        sender.unread.insert(feed)
    }

    /// Asks once more for what could not be read: an entry without its checkpoint would be shown to nobody.
    mutating func readAgain() {
        guard !sender.unread.isEmpty, moment.steadyNanoseconds >= sender.unreadNanoseconds else { return }
        for feed in sender.unread.sorted() where sender.streams[feed] != nil {
            sender.streams[feed]?.isStalled = false
            sender.streams[feed]?.owesCheckpoint = true
            sender.streams.wake(feed)
        }
        sender.unread = []
    }
}
