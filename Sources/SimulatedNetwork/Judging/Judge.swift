package import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol

/// Knows what was acknowledged and said, apart from the programs, and says when a rule is broken.
package final class Judge: @unchecked Sendable {
    unowned let world: World
    /// What was acknowledged: by feed and position.
    private(set) var acknowledged: [FeedID: [UInt64: [UInt8]]] = [:]
    /// The end that a machine acknowledged or said, in its own feeds and those of others: durable there, come what may.
    private var promised: [Int: [FeedID: HaveRow]] = [:]
    /// Machines whose disk was replaced by an older copy.
    private var goneBack: Set<Int> = []
    /// Feeds of an epoch of which a machine lost the end without noticing.
    private(set) var setBack: Set<FeedID> = []
    /// Of these, where something was recorded before anybody could tell it that others hold more: two contents at one
    /// position are to be expected, and have to be told.
    private(set) var forkable: Set<FeedID> = []
    /// Feeds that a daemon may have written twice after its disk was put back unnoticed: it writes there by itself.
    private(set) var mayFork: Set<FeedID> = []
    /// Of those that forked, what was acknowledged at a position at which something else was acknowledged later.
    private(set) var displaced: [FeedID: [(position: UInt64, entry: [UInt8])]] = [:]
    /// Feeds of which some daemon told an incident, or some store.
    private(set) var incidents: Set<FeedID> = []
    /// Of those, what two honest sites told of each other.
    private(set) var contradictions: Set<FeedID> = []
    /// Where the feeds of a revoked site stood at a machine a little after it heard of it, by machine and site: no further
    /// they come.
    var frozen: [Int: [SiteID: [FeedID: UInt64]]] = [:]
    package private(set) var figures = Figures()

    /// What was seen.
    package struct Figures: Hashable, Sendable {
        package var acknowledged = 0
        package var claims = 0
        package var urgent = 0
        /// How long an urgent entry took to be shown at a peer beyond a round trip, at most, in nanoseconds.
        package var urgentNanoseconds: UInt64 = 0
        package var bufferedBytes = 0
        package var waitingBytes = 0
        package var sentBytes: UInt64 = 0

        package init() {}

        package mutating func add(_ other: Figures) {
            acknowledged += other.acknowledged
            claims += other.claims
            urgent += other.urgent
            urgentNanoseconds = max(urgentNanoseconds, other.urgentNanoseconds)
            bufferedBytes = max(bufferedBytes, other.bufferedBytes)
            waitingBytes = max(waitingBytes, other.waitingBytes)
            sentBytes += other.sentBytes
        }
    }

    /// What a session may let wait: what it gave credit for, what may be pushed, and frames on their way.
    static let waitingBytesMaximum = 3 << 20
    /// What may wait to be sent: the marks, the kernel's share, the largest frame, and small ones beside it.
    static let bufferedBytesMaximum = 32 * 1024 + Limits.dataFrameBytes + Limits.controlFrameBytes

    init(_ world: World) { self.world = world }

    // MARK: - Promises

    /// A command was told that entries are recorded.
    func acknowledged(_ references: [EntryReference], _ entries: [[UInt8]], at machine: Machine) {
        figures.acknowledged += entries.count
        for (reference, entry) in zip(references, entries) {
            let feed = reference.feed
            if let known = acknowledged[feed]?[reference.position], known != entry {
                if setBack.contains(feed) { forkable.insert(feed) }
                displaced[feed, default: []].append((reference.position, known))
                if !forkable.contains(feed) {
                    world.fail("one content a position", at: machine.name, "\(feed) \(reference.position)")
                }
            }
            acknowledged[feed, default: [:]][reference.position] = entry
        }
        guard let last = references.last, let head = machine.summary(last.feed)?.attested else { return }
        promise(last.feed, HaveRow(position: head.position, digest: ShortDigest(head.digest), bytes: 0), at: machine)
        if last.feed.lane == .urgent { expectSoon(last.feed, last.position, from: machine) }
    }

    private func promise(_ feed: FeedID, _ row: HaveRow, at machine: Machine) {
        if promised[machine.number]?[feed]?.position ?? 0 <= row.position {
            promised[machine.number, default: [:]][feed] = row
        }
    }

    /// An end of a link said what it holds.
    func said(_ tap: Tap, at end: LinkEnd) {
        guard !tap.news.isEmpty else { return }
        let held = end.machine.summaries()
        for (feed, row) in tap.news {
            let attested = held[feed]?.attested
            if attested?.position ?? 0 < row.position
                || (attested?.position == row.position && attested.map { ShortDigest($0.digest) } != row.digest)
            {
                world.fail(
                    "said is durable and attested",
                    at: end.machine.name,
                    "\(feed) \(row.position), held \(attested?.position ?? 0)"
                )
            }
            promise(feed, row, at: end.machine)
        }
    }

    /// A store was opened again, or a daemon ended: what was promised is there.
    func opened(_ machine: Machine) {
        let held = machine.summaries()
        for (feed, row) in promised[machine.number] ?? [:] {
            let attested = held[feed]?.attested
            guard let attested, attested.position >= row.position else {
                world.fail(
                    "nothing said is lost",
                    at: machine.name,
                    "\(feed) \(row.position), held \(attested?.position ?? 0)"
                )
                continue
            }
            if attested.position == row.position, ShortDigest(attested.digest) != row.digest {
                world.fail("nothing said is altered", at: machine.name, "\(feed) \(row.position)")
            }
        }
    }

    /// A machine goes on with an older disk: what only the newer one held is gone.
    ///
    /// - Parameters:
    ///   - machine: Which.
    ///   - held: What every disk holds then, that of the machine as it is from now on.
    ///   - epoch: The epoch it goes on writing; nil when it will begin another.
    package func wentBack(_ machine: Machine, _ held: [Frontier], continues epoch: EpochID?) {
        goneBack.insert(machine.number)
        promised[machine.number] = nil
        frozen[machine.number] = nil
        forget(beyond: held, acknowledged.keys)
        guard let epoch else { return }
        for lane in Lane.allCases { setBack.insert(FeedID(site: machine.site, epoch: epoch, lane: lane)) }
        for lane in [Lane.roster, .attachments] {
            mayFork.insert(FeedID(site: machine.site, epoch: epoch, lane: lane))
        }
    }

    /// A site is revoked: what another one lost with its disk, and this one alone still held, nobody takes from it any more.
    ///
    /// - Parameter held: What the disks of all others hold then.
    package func wasRevoked(leaving held: [Frontier]) {
        let lost = Set(world.machines.filter { goneBack.contains($0.number) }.map(\.site))
        forget(beyond: held, acknowledged.keys.filter { lost.contains($0.site) })
    }

    private func forget(beyond held: [Frontier], _ feeds: some Sequence<FeedID>) {
        var ends: [FeedID: UInt64] = [:]
        for frontier in held {
            for row in frontier.rows { ends[row.feed] = max(ends[row.feed] ?? 0, row.head.position) }
        }
        for feed in feeds { acknowledged[feed] = acknowledged[feed]?.filter { $0.key <= ends[feed] ?? 0 } }
    }

    /// Looks for two contents in feeds that daemons write to by themselves.
    func noteForks(among machines: [Machine]) {
        for feed in mayFork.subtracting(forkable).sorted() {
            let holders = machines.filter { $0.summary(feed)?.attested.position ?? 0 > 0 }
            guard let position = holders.compactMap({ $0.summary(feed)?.attested.position }).min() else { continue }
            do {
                let heads = try holders.compactMap { try $0.desk?.head(of: feed, at: position) }
                if Set(heads).count > 1 { forkable.insert(feed) }
            } catch {
                world.fail("a log can be read", at: "the end", "\(error)")
            }
        }
    }

    // MARK: - What daemons tell

    func heard(_ event: PeerEvent, at end: LinkEnd) {
        switch event {
        case .status(_, let status):
            if status.word == .inSync { claimed(end) }
            if !end.keepsExactAccounts {
                world.fail("what is left is counted right", at: end.machine.name, "with \(end.peer.name)")
            }
        case .incident(_, let incident):
            incidents.insert(incident.feed)
            if incident.kind == .diverged, !end.isWithLiar { contradictions.insert(incident.feed) }
        case .closed(_, let reason, _): closed(end, reason)
        default: break
        }
    }

    /// A daemon says that it is in sync with a peer.
    private func claimed(_ end: LinkEnd) {
        figures.claims += 1
        guard let other = end.other, !end.isWithLiar else { return }
        let roster = end.daemon.site.roster.current
        let held = end.machine.summaries()
        func isShared(_ feed: FeedID) -> Bool {
            roster.reads(end.machine.site, feed) && roster.reads(end.peer.site, feed)
        }
        for (feed, row) in other.tap.arrived where isShared(feed) {
            let bound = roster.bound(of: feed)
            if bound == .nothing { continue }
            var target = row.position
            if case .until(let cutOff) = bound { target = min(target, cutOff.position) }
            if held[feed]?.attested.position ?? 0 < target {
                world.fail(
                    "in sync means equal",
                    at: end.machine.name,
                    "\(end.peer.name) holds \(feed) up to \(row.position), here are \(held[feed]?.attested.position ?? 0)"
                )
            }
        }
        for (feed, row) in end.tap.said where isShared(feed) {
            if roster.bound(of: feed) != .open { continue }
            if other.tap.arrived[feed]?.position ?? 0 < row.position {
                world.fail(
                    "in sync means equal",
                    at: end.machine.name,
                    "\(feed) \(row.position) is not said to be at \(end.peer.name)"
                )
            }
        }
    }

    private func closed(_ end: LinkEnd, _ reason: CloseReason) {
        world.note("\(end.machine.name): the session with \(end.peer.name) ended: \(reason)")
        // Whatever comes of a session with who lies.
        if end.isWithLiar { return }
        if reason == .silent, !end.link.isCut {
            world.fail("a line that works is not silent", at: end.machine.name, "with \(end.peer.name)")
        }
        if reason == .duplicate { gaveWay(end) }
        let isForeign = end.machine.disguise == .foreign || end.peer.disguise == .foreign
        if isForeign {
            if ![.version, .disconnected, .finished, .duplicate, .notAdmitted, .revoked, .silent].contains(reason) {
                world.fail("another version is refused cleanly", at: end.machine.name, "\(reason)")
            }
            return
        }
        switch reason {
        case .protocolViolation, .unknownCriticalFrame, .tooLarge, .registry, .version:
            world.fail("honest sites keep the rules", at: end.machine.name, "\(reason), with \(end.peer.name)")
        case .invalidData, .storeUnavailable:
            guard setBack.isEmpty, reason == .invalidData || end.daemon.process.isAlive else { return }
            world.fail("honest sites keep the rules", at: end.machine.name, "\(reason), with \(end.peer.name)")
        default: break
        }
    }

    /// Who dials again has lost the connection it had: that one is not kept instead, whoever dialled it.
    private func gaveWay(_ end: LinkEnd) {
        let dead = end.daemon.ends.first { other in
            other !== end && other.peer === end.peer && other.link.isCut && !other.hasGivenWay
                && other.link.nanoseconds + Self.introductionNanoseconds < end.link.nanoseconds
                && other.peerEpoch != nil && other.peerEpoch == end.peerEpoch
        }
        guard let dead, !end.link.isCut else { return }
        world.fail("a dead connection gives way", at: end.machine.name, "\(end.link.name) to \(dead.link.name)")
    }

    /// Two connections that come up within so long may have been dialled at once, and introduced a little later.
    private static let introductionNanoseconds = UInt64(Limits.crossedDialSeconds + 10) * 1_000_000_000

    /// A daemon wrote an error into its log.
    func complained(_ message: String, _ line: String, at place: String) {
        if world.machines.contains(where: { $0.isHostile && $0.name == place }) { return }
        // What honest histories have: forks after a restored backup, a disk that ends in the middle of a call.
        if line.contains("was killed") || message == "the histories of two sites contradict each other" { return }
        // A store that was set back finds out from others; who lies can make any store believe that it was.
        let hasGoneBack = world.machines.contains { $0.name == place && goneBack.contains($0.number) }
        let hasLiar = world.machines.contains(where: \.isHostile)
        if hasGoneBack || hasLiar, message.hasPrefix("this store was set back") { return }
        if hasLiar, message.hasPrefix("a site says too often that this store was set back") { return }
        if !setBack.isEmpty || hasLiar, message.hasPrefix("a site sent what the owner's signature contradicts") {
            return foundOut(at: place)
        }
        world.fail("nothing is wrong that a daemon would tell", at: place, line)
    }

    // MARK: - Memory

    func sent(_ bytes: Int) { figures.sentBytes += UInt64(bytes) }

    func buffered(_ bytes: Int, at end: LinkEnd) {
        figures.bufferedBytes = max(figures.bufferedBytes, bytes)
        if bytes > Self.bufferedBytesMaximum {
            world.fail("memory is bounded", at: end.machine.name, "\(bytes) bytes wait to be sent to \(end.peer.name)")
        }
    }

    func waiting(_ bytes: Int, at end: LinkEnd) {
        figures.waitingBytes = max(figures.waitingBytes, bytes)
        if bytes > Self.waitingBytesMaximum {
            world.fail("memory is bounded", at: end.machine.name, "\(bytes) bytes from \(end.peer.name) wait")
        }
    }

    // MARK: - Urgent entries

    private struct Expected {
        var link: Link
        var peer: Machine
        var feed: FeedID
        var position: UInt64
        var since: UInt64
        /// When it has to be there.
        var due: UInt64
    }

    private var expected: [Expected] = []

    /// How long it may take beyond a round trip: what may wait in front of the line (``DeliveryPace``), a frame of bulk and
    /// its own, and what happens at both ends. That is a second over 256 kbit/s. Over less, what goes out before the line is
    /// known.
    private static func urgentNanoseconds(_ quality: World.Quality) -> UInt64 {
        let isThin = quality.bytesPerSecond < 32_000
        return 250_000_000 + (isThin ? 32 : 22) * 1024 * 1_000_000_000 / quality.bytesPerSecond
    }

    /// Direct peers have it soon, whatever else is on its way, while nothing happens to the connection.
    private func expectSoon(_ feed: FeedID, _ position: UInt64, from machine: Machine) {
        guard let daemon = machine.daemon else { return }
        for end in daemon.ends {
            guard end.isSettled, !end.isWithLiar, let other = end.other, other.isSettled, !end.link.isCut,
                !daemon.isStalled, !other.daemon.isStalled,
                daemon.site.roster.current.reads(end.peer.site, feed)
            else { continue }
            figures.urgent += 1
            let limit = Self.limitNanoseconds(over: end.link)
            expected.append(
                Expected(
                    link: end.link,
                    peer: end.peer,
                    feed: feed,
                    position: position,
                    since: world.now,
                    due: world.now + limit
                )
            )
            world.after(nanoseconds: limit) { [weak self] in self?.isDue(feed, position, end.link, end.peer) }
        }
    }

    /// How long an urgent entry may take over a connection.
    private static func limitNanoseconds(over link: Link) -> UInt64 {
        2 * link.quality.latencyNanoseconds + urgentNanoseconds(link.quality)
    }

    private func isDue(_ feed: FeedID, _ position: UInt64, _ link: Link, _ peer: Machine) {
        guard
            let index = expected.firstIndex(where: { $0.link === link && $0.feed == feed && $0.position == position }),
            expected[index].due <= world.now
        else { return }
        let since = expected.remove(at: index).since
        guard peer.desk != nil, !forkable.contains(feed) else { return }
        if peer.summary(feed)?.attested.position ?? 0 < position {
            world.fail(
                "urgent entries overtake",
                at: peer.name,
                "\(feed) \(position) of \(since / 1_000_000) ms is not here"
            )
        }
    }

    /// Something happened to a connection: nothing is expected of it any more.
    func disturbed(_ link: Link) { expected.removeAll { $0.link === link } }

    /// A site found out that something false had come to it. What it dropped with it, it asks the others for once more.
    private func foundOut(at place: String) {
        for index in expected.indices where expected[index].peer.name == place {
            let one = expected[index]
            let limit = Self.limitNanoseconds(over: one.link)
            expected[index].due = world.now + limit
            world.after(nanoseconds: limit) { [weak self] in self?.isDue(one.feed, one.position, one.link, one.peer) }
        }
    }

    /// What came to be shown at a machine may have been expected.
    func arrived(at machine: Machine) {
        guard expected.contains(where: { $0.peer === machine }) else { return }
        let held = machine.summaries()
        for one in expected where one.peer === machine {
            guard held[one.feed]?.attested.position ?? 0 >= one.position else { continue }
            let taken = world.now - one.since
            let roundTrip = 2 * one.link.quality.latencyNanoseconds
            figures.urgentNanoseconds = max(figures.urgentNanoseconds, taken - min(taken, roundTrip))
        }
        expected.removeAll { one in
            one.peer === machine && held[one.feed]?.attested.position ?? 0 >= one.position
        }
    }
}
