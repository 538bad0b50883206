import LogFormat
package import StoreIO
package import SyncProtocol

/// Drives one session: inputs to it in order, and what it wants to the transport, the store and the service.
///
/// Lives where its ``SessionChannel`` does and nowhere else. While store calls are under way beyond a bound, nothing is
/// read from the peer.
package final class SessionDriver {
    private weak var channel: (any SessionChannel)?
    private let store: any SessionStore
    private let clock: any WallClock
    private let storeCallsMaximum: Int
    /// Of a connection this end dialled.
    private let report: DialReport?
    private let admit: @Sendable (PeerConnection) -> UInt32?
    private let onEvent: @Sendable (PeerEvent) -> Void

    private var machine: (any SessionMachine)?
    private var connection: PeerConnection?
    private var bucket: TokenBucket?
    private var inputs: [SyncInput] = []
    private var isFeeding = false
    private var isStarted = false
    /// A tick is on its way.
    private var isTimed = false
    private var knowsEpoch = false
    private var beganNanoseconds: UInt64 = 0
    /// When anything last came from the peer, by the clock that goes on while the machine sleeps.
    private var heardNanoseconds: UInt64 = 0
    /// What the status last said, to tell when the peer took some of it.
    private var entriesToSend: UInt64 = 0
    private var storeCalls = 0
    private var readIsHeldBack = false
    private var writablesOwed = 0
    private var pause: Pause?
    private var pauses: UInt64 = 0

    /// Why the session is offered nothing now.
    private enum Pause {
        /// The rate that was set allows no more.
        case forbidden
        /// More is under way than the line is worth: see ``DeliveryPace``.
        case lineIsFull
    }
    private var pace = DeliveryPace()
    /// The session was told that this site is done: how long the peer is to stay away is nothing to wait for here.
    private var isDone = false
    private var ending: (reason: CloseReason, retryAfterSeconds: UInt32?)?
    /// The transport when it is gone and the session has not ended: what had arrived still goes into the store.
    private var lostChannel: (any SessionChannel)?

    /// A second: how often a session to which it matters is told the time.
    private static let tickNanoseconds: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - machine: The session, which has had no input.
    ///   - channel: What carries it; kept by whoever made it.
    ///   - store: Answers the session's questions.
    ///   - clock: The machine's.
    ///   - storeCallsMaximum: Store calls and deliveries of keys under way before nothing more is read.
    ///   - bytesPerSecond: What is sent at most; nil for no limit.
    ///   - report: Where the dialler of the connection looks for what became of it.
    ///   - admit: Whether the session may begin: nil, or after how many seconds the peer may come back; must not block.
    ///   - onEvent: Told what the service has to know; must not block.
    package init(
        _ machine: any SessionMachine,
        over channel: any SessionChannel,
        store: any SessionStore,
        clock: any WallClock,
        storeCallsMaximum: Int,
        bytesPerSecond: UInt64?,
        report: DialReport?,
        admit: @escaping @Sendable (PeerConnection) -> UInt32? = { _ in nil },
        onEvent: @escaping @Sendable (PeerEvent) -> Void
    ) {
        self.machine = machine
        self.channel = channel
        self.store = store
        self.clock = clock
        self.storeCallsMaximum = storeCallsMaximum
        bucket = bytesPerSecond.map { TokenBucket(bytesPerSecond: $0) }
        self.report = report
        self.admit = admit
        self.onEvent = onEvent
    }

    /// Begins: the service is told, and the store is asked what it holds.
    ///
    /// - Parameter connection: What others know this session by.
    package func begin(_ connection: PeerConnection) {
        self.connection = connection
        beganNanoseconds = clock.steadyNanoseconds()
        heardNanoseconds = clock.elapsedNanoseconds()
        onEvent(.proven(connection))
        if let seconds = admit(connection) {
            isStarted = true
            return feed(.finish(.busy, retryAfterSeconds: seconds))
        }
        callStore { [store] () throws(StoreFailure) in
            try store.held()
        } then: { driver, result in
            switch result {
            case .success(let held):
                driver.isStarted = true
                driver.feed(.started(held: held))
            case .failure: driver.end(.storeUnavailable, retryAfterSeconds: nil)
            }
        }
    }

    /// Sees to it that the session is told the time, while it matters to it.
    private func keepTime() {
        guard !isTimed, ending == nil, let machine, machine.dependsOnTime, let channel else { return }
        isTimed = true
        channel.schedule(afterNanoseconds: Self.tickNanoseconds) { [weak self] in
            guard let self else { return }
            isTimed = false
            if ending == nil { feed(.tick) }
        }
    }

    /// The transport is gone. What had arrived still goes into the store; then the service is told that it is closed.
    ///
    /// - Parameter silentNanoseconds: For how long the other end, its machine or the network to it had given no sign by then.
    package func lost(silentNanoseconds: UInt64 = 0) {
        guard connection != nil, lostChannel == nil else { return }
        let (now, moment) = (clock.steadyNanoseconds(), clock.elapsedNanoseconds())
        heardNanoseconds = max(heardNanoseconds, moment - min(moment, silentNanoseconds))
        let last = ending ?? (reason: .disconnected, retryAfterSeconds: nil)
        report?.ended(
            last.reason,
            retryAfterSeconds: isDone ? nil : last.retryAfterSeconds,
            lastedMilliseconds: (now - beganNanoseconds) / 1_000_000
        )
        // The session's own last word stands; without one the transport was lost.
        guard ending == nil, isStarted, let channel else { return leave() }
        lostChannel = channel
        feed(.disconnected)
    }

    /// Both the transport and the session have ended.
    private func leave() {
        guard let connection else { return }
        let last = ending ?? (reason: .disconnected, retryAfterSeconds: nil)
        machine = nil
        self.connection = nil
        lostChannel = nil
        inputs = []
        connection.heardNanoseconds = heardNanoseconds
        onEvent(.closed(connection, last.reason, retryAfterSeconds: last.retryAfterSeconds))
    }

    // MARK: - Bytes

    /// Whether more may be read from the peer; if not, ``SessionChannel/read()`` follows when it may.
    package func mayRead() -> Bool {
        let isHeldBack = machine != nil && (!isStarted || storeCalls >= storeCallsMaximum)
        if isHeldBack { readIsHeldBack = true }
        return !isHeldBack
    }

    private func write(_ bytes: [UInt8], _ channel: any SessionChannel) {
        let now = clock.steadyNanoseconds()
        // What follows a pause is no measure of what came before it.
        _ = waitForLine(channel, at: now)
        channel.write(bytes)
        pace.handedOver(bytes.count, at: now)
        writablesOwed += 1
        if let wait = bucket?.spend(bytes.count, at: now), wait > 0 { holdBack(wait, .forbidden, channel) }
        offerWritable()
    }

    /// Offers nothing to the session for some time; at most what is urgent.
    private func holdBack(_ nanoseconds: UInt64, _ why: Pause, _ channel: any SessionChannel) {
        pause = why
        pauses += 1
        let number = pauses
        channel.schedule(afterNanoseconds: nanoseconds) { [weak self] in
            // What went out in a pause may have made it longer.
            guard let self, pauses == number else { return }
            self.pause = nil
            offerWritable()
        }
        overtake(channel)
    }

    /// What is urgent need not wait here for the line to be less full: that it waits behind less of what is on its way by then
    /// is all it would gain, and it would lose a round trip.
    private func overtake(_ channel: any SessionChannel) {
        if pause == .lineIsFull, writablesOwed > 0, channel.isWritable { feed(.overtaking) }
    }

    /// For how long there is more under way than the line is worth: see ``DeliveryPace``.
    private func waitForLine(_ channel: any SessionChannel, at now: UInt64) -> UInt64 {
        guard pace.needsLook(at: now), let look = channel.look() else { return 0 }
        return pace.looked(look, at: now)
    }

    /// Tells the session it may send, once for each piece it sent, when the channel and the rates allow. To be called
    /// when ``SessionChannel/isWritable`` may have become true.
    package func offerWritable() {
        guard writablesOwed > 0, let channel else { return }
        guard pause == nil else { return overtake(channel) }
        let now = clock.steadyNanoseconds()
        guard channel.isWritable else { return pace.heldBack(at: now) }
        let wait = waitForLine(channel, at: now)
        guard wait == 0 else { return holdBack(wait, .lineIsFull, channel) }
        let owed = writablesOwed
        writablesOwed = 0
        for _ in 0..<owed { feed(.writable) }
    }

    // MARK: - The session

    /// Gives the session an input and carries out what it wants; inputs that come meanwhile wait their turn.
    package func feed(_ input: SyncInput) {
        guard machine != nil else { return }
        if case .received = input { heardNanoseconds = clock.elapsedNanoseconds() }
        if case .finish(.finished, _) = input { isDone = true }
        // Only ``isStarted`` sessions are told anything; bytes already read when the handshake ended wait.
        inputs.append(input)
        guard !isFeeding, isStarted else { return }
        isFeeding = true
        defer { isFeeding = false }
        // `started` is the first whatever came before it.
        if inputs.count > 1, let index = inputs.firstIndex(where: { if case .started = $0 { true } else { false } }) {
            inputs.insert(inputs.remove(at: index), at: 0)
        }
        while !inputs.isEmpty {
            let next = inputs.removeFirst()
            guard let machine, let connection, let channel else { return }
            let moment = SyncMoment(
                steadyNanoseconds: clock.steadyNanoseconds(),
                wallMilliseconds: clock.millisecondsSinceEpoch()
            )
            for action in machine.handle(next, at: moment) { perform(action, connection, channel) }
            if !knowsEpoch, let epoch = machine.peerEpoch {
                knowsEpoch = true
                report?.introduced(epoch)
                onEvent(.introduced(connection, epoch: epoch))
            }
        }
        keepTime()
    }

    private func perform(_ action: SyncAction, _ connection: PeerConnection, _ channel: any SessionChannel) {
        switch action {
        case .send(let bytes): write(bytes, channel)
        case .readBlocks(let feed, let head, let limit, let id):
            callStore { [store] () throws(StoreFailure) in
                try store.blocks(of: feed, after: head, limitBytes: limit)
            } then: {
                $0.feed(.blocksRead(id, $1))
            }
        case .readCheckpoint(let feed, let position, let id):
            callStore { [store] () throws(StoreFailure) in
                try store.checkpoint(of: feed, through: position)
            } then: {
                $0.feed(.checkpointRead(id, $1))
            }
        case .store(let blocks, let feed, let key, let head, let isCovered, let id):
            let peer = connection.peerKey.siteID
            let run = ReceivedRun(blocks, of: feed, key: key, after: head, from: peer, isCovered: isCovered)
            callStore { [store] () throws(StoreFailure) in
                try store.store(run)
            } then: { driver, result in
                if case .success(let held) = result, held.stored.position > head.position {
                    driver.report?.movedEntries()
                }
                driver.feed(.stored(id, result))
            }
        case .attest(let checkpoint, let key, let id):
            callStore { [store] () throws(StoreFailure) in
                try store.attest(checkpoint, key: key)
            } then: {
                $0.feed(.stored(id, $1))
            }
        case .attestCutOff(let feed, let cutOff, let id):
            callStore { [store] () throws(StoreFailure) in
                try store.attest(cutOff, of: feed)
            } then: {
                $0.feed(.stored(id, $1))
            }
        case .discardTail(let feed, let isProven, let id):
            let peer = connection.peerKey.siteID
            callStore { [store] () throws(StoreFailure) in
                try store.discardTail(of: feed, for: peer, isProven: isProven)
            } then: {
                $0.feed(.stored(id, $1))
            }
        case .rosterEntriesArrived: onEvent(.rosterEntriesArrived)
        case .requestKeyPackets(let site, let mark): onEvent(.keysWanted(connection, site: site, after: mark))
        case .deliverKeys(let packets, let mark):
            storeCalls += 1
            onEvent(.keysArrived(connection, packets, mark: mark))
        case .deliverReports(let reports): onEvent(.reportsArrived(connection, reports))
        case .fetched(let number, let blocks): onEvent(.fetched(connection, number: number, blocks: blocks))
        case .statusChanged: if let machine { take(machine.status, of: connection) }
        case .incident(let incident): onEvent(.incident(connection, incident))
        case .remember(let memory): onEvent(.remember(connection, memory))
        case .close(let reason, let retryAfterSeconds): end(reason, retryAfterSeconds: retryAfterSeconds)
        }
    }

    private func take(_ status: SyncStatus, of connection: PeerConnection) {
        if status.toSend.entries < entriesToSend { report?.movedEntries() }
        entriesToSend = status.toSend.entries
        onEvent(.status(connection, status))
    }

    private func end(_ reason: CloseReason, retryAfterSeconds: UInt32?) {
        guard ending == nil, let channel else { return }
        ending = (reason, retryAfterSeconds)
        if lostChannel == nil { channel.closeWhenWritten() } else { leave() }
    }

    // MARK: - The store

    private func callStore<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StoreFailure) -> Value,
        then answer: @escaping (SessionDriver, Result<Value, StoreFailure>) -> Void
    ) {
        storeCalls += 1
        channel?.callStore { () -> Result<Value, StoreFailure> in
            do throws(StoreFailure) {
                return .success(try work())
            } catch {
                return .failure(error)
            }
        } then: { [self] result in
            storeCalls -= 1
            answer(self, result ?? .failure(.unavailable))
            resumeReading()
        }
    }

    /// Keys that arrived were dealt with.
    func keysTaken() {
        storeCalls -= 1
        resumeReading()
    }

    private func resumeReading() {
        guard readIsHeldBack, isStarted, storeCalls < storeCallsMaximum, let channel else { return }
        readIsHeldBack = false
        channel.read()
    }
}
