import LogFormat

// How a session stands, and how it ends.
extension SyncSession {
    /// How often what the peer says is kept while it changes.
    static let rememberedSeconds: UInt64 = 30

    /// Leaves to the next session what the peer holds, and from where something can be pushed.
    mutating func remember() {
        rememberedNanoseconds = moment.steadyNanoseconds
        receiver.hasNews = false
        let offset = status.clockOffsetMilliseconds ?? 0
        sender.said.share(held.vector)
        receiver.vector.share(held.vector)
        // The bytes a row says may be others now. They count where a row is at an end that is not proven yet.
        for member in configuration.roster.revoked {
            for feed in receiver.vector.feeds(of: member.site) { considerAccount(of: feed) }
        }
        // Half a vector, or one that is in doubt, is none.
        var known =
            receiver.hasVector ? receiver.vector : receiver.remembered ?? configuration.memory?.vector ?? HaveVector()
        for feed in sender.doubtful { known.forgetHead(of: feed) }
        actions.append(
            .remember(
                PeerMemory(
                    epoch: receiver.peerEpoch ?? configuration.memory?.epoch,
                    wallMilliseconds: moment.wallMilliseconds.addingReportingOverflow(offset).partialValue,
                    vector: known,
                    acknowledged: [],
                    said: sender.hasSaid ? sender.said : sender.base
                )
            )
        )
    }

    /// Says why, where the peer may be told anything, and ends.
    mutating func close(_ reason: CloseReason, retryAfterSeconds: UInt32? = nil, detail: String = "") {
        // Who is turned away before it began is told so as well.
        let isMember = configuration.roster.standing(of: configuration.peerKey) == .member
        if phase == .open || phase == .idle && isMember {
            actions.append(
                .send(SyncMessage.bye(reason, detail: detail, retryAfterSeconds: retryAfterSeconds).frame.encoded)
            )
        }
        end(reason, retryAfterSeconds: retryAfterSeconds)
    }

    /// Ends with a stranger. That it is not admitted is all it is told: it learns no more from it than from silence.
    mutating func turnAway() {
        actions.append(.send(SyncMessage.bye(.notAdmitted, detail: "", retryAfterSeconds: nil).frame.encoded))
        end(.notAdmitted, retryAfterSeconds: 60)
    }

    /// Goes on storing what had arrived when the transport was lost, and ends with the last of it.
    mutating func drain() {
        askStore()
        if receiver.storing == nil { end(.disconnected, retryAfterSeconds: nil) }
    }

    mutating func end(_ reason: CloseReason, retryAfterSeconds: UInt32?) {
        guard phase != .closed else { return }
        refreshStatus()
        if receiver.hasHello, phase == .open || phase == .draining { remember() }
        phase = .closed
        status.word = status.word.isSettled || status.word == .ended ? .ended : .cutOff
        actions.append(.statusChanged)
        actions.append(.close(reason, retryAfterSeconds: retryAfterSeconds))
    }

    /// What a peer says it holds of an own feed, for people to see.
    mutating func noteOwn(_ feed: FeedID, _ position: UInt64) {
        status.note(OwnHead(epoch: feed.epoch, lane: feed.lane, position: position))
        actions.append(.statusChanged)
    }

    mutating func refreshStatus() {
        guard phase != .closed else { return }
        var now = status
        (now.toSend, now.toReceive) = (accounts.toSend, accounts.toReceive)
        now.urgentEntriesToSend = hasAccounts && knowsRoster ? accounts.urgentEntriesToSend : nil
        if !receiver.hasVector || phase == .stranger {
            (now.toSend, now.toReceive, now.urgentEntriesToSend) = (SyncRemainder(), SyncRemainder(), nil)
        }
        now.sendBytesPerSecond = sender.rate.bytesPerSecond
        switch phase {
        case .stranger: now.word = .stranger
        case .open where receiver.hasVector: now.word = standing
        case .draining: now.word = standing.isSettled ? .ended : .cutOff
        default: now.word = .connecting
        }
        if now != status {
            status = now
            actions.append(.statusChanged)
        }
    }
}

extension CloseReason {
    init(_ error: SyncError) {
        switch error.code {
        case .tooLarge: self = .tooLarge
        case .unknownCriticalFrame: self = .unknownCriticalFrame
        case .signature, .illFormed: self = .invalidData
        case .notForUs, .notAllowed: self = .protocolViolation
        }
    }
}
