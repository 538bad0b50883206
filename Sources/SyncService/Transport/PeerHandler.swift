import LogFormat
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import StoreIO
import SyncProtocol

/// Pumps bytes between one TLS connection and one session, and store questions between the session and the store.
///
/// The session lives on the connection's event loop and nowhere else. Nothing is written before the handshake is
/// complete and both keys are proven. While store calls are under way beyond a bound, the socket is not read.
final class PeerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let transport: PeerTransport
    private let proven: ProvenKey
    /// Of a connection this end dialled.
    private let report: DialReport?
    private var isDialled: Bool { report != nil }
    private let address: String

    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var ticking: RepeatedTask?
    private var machine: (any SessionMachine)?
    private var connection: PeerConnection?
    private var bucket: TokenBucket?
    private var refusal: Refusal?

    private var inputs: [SyncInput] = []
    private var isFeeding = false
    private var isStarted = false
    private var knowsEpoch = false
    private var beganNanoseconds: UInt64 = 0
    /// What the status last said, to tell when the peer took some of it.
    private var entriesToSend: UInt64 = 0
    private var storeCalls = 0
    private var readIsHeldBack = false
    private var writablesOwed = 0
    private var isPacing = false
    private var lastWrite: EventLoopFuture<Void>?
    private var ending: (reason: CloseReason, retryAfterSeconds: UInt32?)?

    init(transport: PeerTransport, proven: ProvenKey, report: DialReport?, address: String) {
        self.transport = transport
        self.proven = proven
        self.report = report
        self.address = address
    }

    // MARK: - Life of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let limit = TimeAmount.milliseconds(transport.limits.handshakeMilliseconds)
        deadline = context.eventLoop.scheduleTask(in: limit) { me.value.refuse(.tooSlow) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent {
            // The TLS library goes on with a peer that named no protocol, or only others.
            if agreed == SiteTLS.protocolName { begin(context) } else { refuse(.notTLS) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        ticking?.cancel()
        if let connection {
            // The session's own last word stands; without one the transport was lost.
            if ending == nil { feed(.disconnected) }
            let last = ending ?? (reason: .disconnected, retryAfterSeconds: nil)
            report?.ended(
                last.reason,
                retryAfterSeconds: last.retryAfterSeconds,
                lastedMilliseconds: (transport.clock.steadyNanoseconds() - beganNanoseconds) / 1_000_000
            )
            transport.onEvent(.closed(connection, last.reason, retryAfterSeconds: last.retryAfterSeconds))
        } else {
            transport.onEvent(.refused(address: address, refusal ?? .gone))
        }
        machine = nil
        connection = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What TLS or the socket found ends the connection; the words may hold what the peer sent, so they go nowhere.
        if connection == nil {
            refuse(proven.value == nil ? .notTLS : .notWelcome)
        } else {
            cut()
        }
    }

    private func refuse(_ why: Refusal) {
        guard connection == nil else { return }
        if refusal == nil { refusal = why }
        cut()
    }

    /// Closes without TLS's own good-bye, for which a peer that does not speak TLS would be waited for.
    private func cut() {
        guard let context else { return }
        do {
            let pipeline = context.pipeline.syncOperations
            let below =
                isDialled
                ? try pipeline.context(handlerType: NIOSSLClientHandler.self)
                : try pipeline.context(handlerType: NIOSSLServerHandler.self)
            below.close(mode: .all, promise: nil)
        } catch {
            // The TLS handler is gone already, so there is nothing to go around.
            context.close(mode: .all, promise: nil)
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        guard machine == nil else { return }
        guard let key = proven.value else { return refuse(.notWelcome) }
        beganNanoseconds = transport.clock.steadyNanoseconds()
        let made = PeerConnection(
            peerKey: key,
            isDialled: isDialled,
            address: address,
            handler: self,
            loop: context.eventLoop
        )
        connection = made
        machine = transport.makeMachine(key)
        bucket = transport.bytesPerSecond(key.siteID).map { TokenBucket(bytesPerSecond: $0) }
        transport.onEvent(.proven(made))
        let store = transport.store
        callStore { () throws(StoreFailure) in
            try store.held()
        } then: { handler, result in
            switch result {
            case .success(let held):
                handler.isStarted = true
                handler.feed(.started(held: held))
                handler.startTicking()
            case .failure: handler.end(.storeUnavailable, retryAfterSeconds: nil)
            }
        }
    }

    private func startTicking() {
        guard let context, machine != nil else { return }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        ticking = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            me.value.feed(.tick)
        }
    }

    // MARK: - Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard machine != nil else { return }
        let buffer = unwrapInboundIn(data)
        feed(.received(Array(buffer.readableBytesView)))
    }

    func read(context: ChannelHandlerContext) {
        let isHeldBack = machine != nil && (!isStarted || storeCalls >= transport.limits.storeCallsUnderWay)
        if isHeldBack { readIsHeldBack = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        offerWritable()
        context.fireChannelWritabilityChanged()
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        lastWrite = context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)))
        writablesOwed += 1
        if let wait = bucket?.spend(bytes.count, at: transport.clock.steadyNanoseconds()), wait > 0 {
            isPacing = true
            let me = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .nanoseconds(Int64(wait))) {
                me.value.isPacing = false
                me.value.offerWritable()
            }
        }
        offerWritable()
    }

    /// Tells the session it may send, once for each piece it sent, when the channel and the rate allow.
    private func offerWritable() {
        guard writablesOwed > 0, !isPacing, let context, context.channel.isWritable else { return }
        let owed = writablesOwed
        writablesOwed = 0
        for _ in 0..<owed { feed(.writable) }
    }

    // MARK: - The session

    /// Gives the session an input and carries out what it wants; inputs that come meanwhile wait their turn.
    func feed(_ input: SyncInput) {
        guard machine != nil else { return }
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
            guard let machine, let connection, let context else { return }
            let moment = SyncMoment(
                steadyNanoseconds: transport.clock.steadyNanoseconds(),
                wallMilliseconds: transport.clock.millisecondsSinceEpoch()
            )
            for action in machine.handle(next, at: moment) { perform(action, connection, context) }
            if !knowsEpoch, let epoch = machine.peerEpoch {
                knowsEpoch = true
                report?.introduced()
                transport.onEvent(.introduced(connection, epoch: epoch))
            }
        }
    }

    private func perform(_ action: SyncAction, _ connection: PeerConnection, _ context: ChannelHandlerContext) {
        let store = transport.store
        switch action {
        case .send(let bytes): write(bytes, context)
        case .readBlocks(let feed, let head, let limit, let id):
            callStore { () throws(StoreFailure) in
                try store.blocks(of: feed, after: head, limitBytes: limit)
            } then: {
                $0.feed(.blocksRead(id, $1))
            }
        case .readCheckpoint(let feed, let position, let id):
            callStore { () throws(StoreFailure) in
                try store.checkpoint(of: feed, through: position)
            } then: {
                $0.feed(.checkpointRead(id, $1))
            }
        case .store(let blocks, let feed, let key, let head, let isCovered, let id):
            let peer = connection.peerKey.siteID
            let run = ReceivedRun(blocks, of: feed, key: key, after: head, from: peer, isCovered: isCovered)
            callStore { () throws(StoreFailure) in
                try store.store(run)
            } then: { handler, result in
                if case .success(let held) = result, held.stored.position > head.position {
                    handler.report?.movedEntries()
                }
                handler.feed(.stored(id, result))
            }
        case .attest(let checkpoint, let key, let id):
            callStore { () throws(StoreFailure) in
                try store.attest(checkpoint, key: key)
            } then: {
                $0.feed(.stored(id, $1))
            }
        case .attestCutOff(let feed, let cutOff, let id):
            callStore { () throws(StoreFailure) in
                try store.attest(cutOff, of: feed)
            } then: {
                $0.feed(.stored(id, $1))
            }
        case .discardTail(let feed, let isProven, let id):
            let peer = connection.peerKey.siteID
            callStore { () throws(StoreFailure) in
                try store.discardTail(of: feed, for: peer, isProven: isProven)
            } then: {
                $0.feed(.stored(id, $1))
            }
        case .rosterEntriesArrived: transport.onEvent(.rosterEntriesArrived)
        case .requestKeyPackets(let site): transport.onEvent(.keysWanted(connection, site: site))
        case .deliverKeys(let packets):
            storeCalls += 1
            transport.onEvent(.keysArrived(connection, packets))
        case .fetched(let number, let blocks):
            transport.onEvent(.fetched(connection, number: number, blocks: blocks))
        case .statusChanged: if let machine { take(machine.status, of: connection) }
        case .incident(let incident): transport.onEvent(.incident(connection, incident))
        case .remember(let memory): transport.onEvent(.remember(connection, memory))
        case .close(let reason, let retryAfterSeconds): end(reason, retryAfterSeconds: retryAfterSeconds)
        }
    }

    private func take(_ status: SyncStatus, of connection: PeerConnection) {
        if status.toSend.entries < entriesToSend { report?.movedEntries() }
        entriesToSend = status.toSend.entries
        transport.onEvent(.status(connection, status))
    }

    /// Closes once what was written has left, or when that takes too long.
    private func end(_ reason: CloseReason, retryAfterSeconds: UInt32?) {
        guard ending == nil, let context else { return }
        ending = (reason, retryAfterSeconds)
        ticking?.cancel()
        let channel = context.channel
        let late = TimeAmount.milliseconds(transport.limits.farewellMilliseconds)
        guard let lastWrite else { return channel.close(mode: .all, promise: nil) }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: late) { me.value.cut() }
        lastWrite.whenComplete { _ in
            timer.cancel()
            channel.close(mode: .all, promise: nil)
        }
    }

    // MARK: - The store

    private func callStore<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StoreFailure) -> Value,
        then answer: @escaping @Sendable (PeerHandler, Result<Value, StoreFailure>) -> Void
    ) {
        guard let loop = context?.eventLoop else { return }
        storeCalls += 1
        let me = NIOLoopBound(self, eventLoop: loop)
        transport.pool.runIfActive(eventLoop: loop) { () -> Result<Value, StoreFailure> in
            do throws(StoreFailure) {
                return .success(try work())
            } catch {
                return .failure(error)
            }
        }.whenComplete { outcome in
            let handler = me.value
            handler.storeCalls -= 1
            // The pool itself fails only when the service is ending.
            switch outcome {
            case .success(let result): answer(handler, result)
            case .failure: answer(handler, .failure(.unavailable))
            }
            handler.resumeReading()
        }
    }

    /// Keys that arrived were dealt with.
    func keysTaken() {
        storeCalls -= 1
        resumeReading()
    }

    private func resumeReading() {
        guard readIsHeldBack, isStarted, storeCalls < transport.limits.storeCallsUnderWay, let context else { return }
        readIsHeldBack = false
        context.read()
    }
}
