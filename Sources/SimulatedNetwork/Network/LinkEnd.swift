import LogFormat
import SimulatedStorage
import SyncEngine
import SyncProtocol

/// One end of a link: buffers, a window, and the session that speaks there.
final class LinkEnd: SessionChannel, @unchecked Sendable {
    private unowned let world: World
    let link: Link
    let daemon: DaemonRun
    let peer: Machine
    weak var other: LinkEnd?
    let report: DialReport?
    private(set) var driver: SessionDriver?
    private var session: SessionRunner?
    private(set) var connection: PeerConnection?
    /// What was said on it.
    let tap: Tap
    /// This end believes in the connection.
    private(set) var isOpen = true
    var isDialled: Bool { report != nil }
    /// Made by who dials again when it ends, and not once more beside it.
    var isKept = false
    var machine: Machine { daemon.machine }

    /// Since the connection began.
    private var writtenBytes: UInt64 = 0
    private var acknowledgedBytes: UInt64 = 0
    /// Ends of what was sent, and when each is acknowledged.
    private var acknowledgements: [(at: UInt64, bytes: UInt64)] = []
    private var unsent: [ArraySlice<UInt8>] = []
    private(set) var unsentBytes = 0
    private var isSending = false
    private var isFull = false
    private var isClosing = false
    private var arriveAt: UInt64 = 0
    private var unread: [[UInt8]] = []
    private var unreadBytes = 0
    private var isReading = false
    private var performAt: UInt64 = 0
    private var isDoomed = false

    /// What the kernel takes of what was not sent (`TCP_NOTSENT_LOWAT`), and the marks of the program's own buffer above it.
    private static let kernelBytes = 16 * 1024
    private static let marks = 8 * 1024...16 * 1024
    /// What a receiver takes that does not read.
    private static let windowBytes = 64 * 1024
    /// Largest piece of what is written, on the way.
    private static let segmentBytes = 1_400

    init(_ world: World, _ link: Link, of daemon: DaemonRun, to peer: Machine, report: DialReport?) {
        self.world = world
        self.link = link
        self.daemon = daemon
        self.peer = peer
        self.report = report
        let (from, to) = (daemon.machine.name, peer.name)
        tap = Tap(
            daemon.machine.disguise,
            daemon.machine.liar,
            world.spokenVectors,
            tell: world.isTold ? { [unowned world] in world.note("  \(from) to \(to): \($0)") } : nil
        )
    }

    /// Both keys are proven.
    func begin() {
        guard isOpen else { return }
        let session = daemon.site.makeSession(with: peer.key)
        self.session = session as? SessionRunner
        let made = SessionDriver(
            session,
            over: self,
            store: daemon.site.sessions,
            clock: machine.disk.clock,
            storeCallsMaximum: 8,
            bytesPerSecond: nil,
            report: report,
            admit: { [daemon] connection in daemon.site.admit(connection) }
        ) { [weak self, daemon] event in
            if let self { world.judge.heard(event, at: self) }
            daemon.site.take(event)
            // Nobody is dialled who is connected already; now it has to be done.
            if case .closed(let connection, _, _) = event, self?.isKept == false {
                daemon.dialling?.left(connection.peerKey.siteID)
            }
        }
        driver = made
        let connection = PeerConnection(peerKey: peer.key, isDialled: isDialled, address: peer.name) {
            [weak self] work in
            guard let self else { return }
            // Between handing over and doing it other things may happen, but what was handed over stays in order.
            performAt = max(performAt, world.now + UInt64(world.between(0...3_000_000)))
            world.at(performAt, in: daemon.life) { [weak self] in
                if let driver = self?.driver { work(driver) }
            }
        }
        self.connection = connection
        made.begin(connection)
    }

    /// The connection is gone for this end.
    func close() {
        guard isOpen else { return }
        isOpen = false
        daemon.ends.removeAll { $0 === self }
        world.judge.disturbed(link)
        // What the session still has to store it stores.
        daemon.formerEnds.append(self)
        driver?.lost()
        daemon.dialling?.ended(self)
        guard !link.isCut, let other else { return }
        // The other end hears of it behind what was sent.
        world.at(max(arriveAt, world.now + link.quality.latencyNanoseconds), in: other.daemon.life) { [link] in
            if !link.isCut { other.close() }
        }
    }

    /// Its program has ended.
    func forget() { (driver, session, connection) = (nil, nil, nil) }

    /// Nobody tells this end that the link is cut: it finds out when what it sends is not acknowledged, or much later.
    func isLeftAlone() {
        guard isOpen else { return }
        if unsentBytes > 0 { doom(after: Link.unacknowledgedNanoseconds) }
        world.at(world.now + Link.keepAliveNanoseconds, in: daemon.life) { [weak self] in self?.close() }
    }

    private func doom(after nanoseconds: UInt64) {
        guard !isDoomed else { return }
        isDoomed = true
        world.at(world.now + nanoseconds, in: daemon.life) { [weak self] in self?.close() }
    }

    /// What is said here need not be so.
    var isWithLiar: Bool { machine.isHostile || peer.isHostile }

    /// Whether the session's accounts are those that looking at every feed gives.
    var keepsExactAccounts: Bool { session?.hasExactAccounts ?? true }

    /// Both sides have said what they hold.
    var isSettled: Bool {
        guard isOpen, daemon.life.isAlive, let word = session?.status.word else { return false }
        return word.isLive
    }

    /// The epoch the peer said it writes.
    var peerEpoch: EpochID? { session?.peerEpoch }

    /// Its session was told to end, or has: it is kept instead of no other.
    var hasGivenWay: Bool {
        guard let word = session?.status.word else { return false }
        return word == .ended || word == .cutOff
    }

    // MARK: - Sending

    var isWritable: Bool { isOpen && !isFull }

    func look() -> LineLook? {
        let past = acknowledgements.prefix { $0.at <= world.now }
        acknowledgedBytes = past.last?.bytes ?? acknowledgedBytes
        acknowledgements.removeFirst(past.count)
        return LineLook(
            acknowledgedBytes: acknowledgedBytes,
            waitingBytes: writtenBytes - acknowledgedBytes,
            roundTripNanoseconds: 2 * link.quality.latencyNanoseconds
        )
    }

    func write(_ bytes: [UInt8]) {
        guard isOpen else { return }
        let bytes = tap.sending(bytes)
        writtenBytes += UInt64(bytes.count)
        world.judge.said(tap, at: self)
        for start in stride(from: 0, to: bytes.count, by: Self.segmentBytes) {
            unsent.append(bytes[start..<min(start + Self.segmentBytes, bytes.count)])
        }
        unsentBytes += bytes.count
        world.judge.sent(bytes.count)
        world.judge.buffered(unsentBytes, at: self)
        if unsentBytes - Self.kernelBytes > Self.marks.upperBound { isFull = true }
        if link.isCut { return doom(after: Link.unacknowledgedNanoseconds) }
        send()
    }

    private func send() {
        guard !isSending, !link.isCut, let piece = unsent.first, let other else { return }
        guard other.unreadBytes < Self.windowBytes else { return }
        isSending = true
        let nanoseconds = UInt64(piece.count) * 1_000_000_000 / link.quality.bytesPerSecond
        // The sending is done by the kernel, whatever becomes of the program.
        world.at(world.now + max(nanoseconds, 1)) { [weak self] in self?.sent() }
    }

    private func sent() {
        isSending = false
        guard !link.isCut, !unsent.isEmpty, let other else { return }
        let piece = Array(unsent.removeFirst())
        unsentBytes -= piece.count
        arriveAt = max(arriveAt, world.now + link.quality.latencyNanoseconds)
        other.unreadBytes += piece.count
        acknowledgements.append((arriveAt + link.quality.latencyNanoseconds, writtenBytes - UInt64(unsentBytes)))
        world.at(arriveAt) { [link] in
            guard !link.isCut else { return }
            other.arrived(piece)
        }
        if isFull, unsentBytes - Self.kernelBytes < Self.marks.lowerBound {
            isFull = false
            if isOpen, daemon.life.isAlive { machine.work { self.driver?.offerWritable() } }
        }
        if isClosing, unsent.isEmpty, daemon.life.isAlive { machine.work { self.close() } }
        send()
    }

    func closeWhenWritten() {
        guard isOpen, !isClosing else { return }
        isClosing = true
        let isEmpty = unsent.isEmpty
        // Not inside of what the session is doing, and not later than anybody waits for a last word.
        world.at(world.now + (isEmpty ? 0 : 2_000_000_000), in: daemon.life) { [weak self] in self?.close() }
    }

    // MARK: - Receiving

    private func arrived(_ piece: [UInt8]) {
        unread.append(piece)
        guard daemon.life.isAlive, isOpen else { return }
        machine.work { self.read() }
    }

    func read() {
        guard !isReading, let driver else { return }
        isReading = true
        defer { isReading = false }
        while !unread.isEmpty, isOpen, driver.mayRead() {
            let piece = unread.removeFirst()
            unreadBytes -= piece.count
            other?.tap.delivered(piece.count)
            driver.feed(.received(piece))
            if let session { world.judge.waiting(session.waitingBytes, at: self) }
        }
        other?.send()
    }

    // MARK: - Time and the store

    func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping () -> Void) {
        world.at(world.now + nanoseconds, in: daemon.life, body)
    }

    func callStore<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value,
        then answer: @escaping (Value?) -> Void
    ) {
        daemon.storeThread.run { [world, daemon] in
            let value = work()
            world.judge.arrived(at: daemon.machine)
            world.at(world.now + UInt64(world.between(0...500_000)), in: daemon.life) { answer(value) }
        }
    }
}
