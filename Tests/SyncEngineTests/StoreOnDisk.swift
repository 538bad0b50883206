import Crypto
import LogFormat
import LogStore
import Logging
import StoreIO
import SyncEngine
import SyncProtocol
import Synchronization
import TestSupport

/// A store on a simulated disk.
struct StoreOnDisk {
    static let root = "/srv/store"
    let disk: SimulatedDisk
    let log: LogStore

    // Everything on the disk comes from the alias, two letters.
    init(_ alias: String) throws {
        let number = alias.utf8.reduce(UInt64(1)) { $0 << 8 | UInt64($1) }
        disk = SimulatedDisk(seed: number, machineID: "machine of \(alias)")
        log = try DiskSite.create(disk, alias: alias)
    }

    /// Of another process of the machine.
    var surroundings: Surroundings { disk.process("another").surroundings }
    var records: FeedID { FeedID(site: log.site, epoch: log.epoch, lane: .records) }

    /// As another process has it open.
    func reopened() throws -> LogStore { try LogStore.open(at: Self.root, in: surroundings) }

    /// Brings a feed of this store to another, with its owner's word or without.
    func give(_ feed: FeedID, to other: StoreOnDisk, isAttested: Bool = true) throws {
        try Self.give(feed, of: log, to: other, isAttested: isAttested)
    }

    static func give(_ feed: FeedID, of log: LogStore, to other: StoreOnDisk, isAttested: Bool) throws {
        let key = log.identity.publicKey
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
        let head = try other.log.feeds().first { $0.feed == feed }?.stored ?? start
        try other.log.receive(
            try log.blocks(of: feed, after: head, limitBytes: .max),
            of: feed,
            key: key,
            after: head
        )
        if isAttested, let word = try log.checkpoint(of: feed) { try other.log.attest(word, key: key) }
    }

    /// The same machine a second time, as it was: what is recorded in both are two histories.
    struct Copy {
        let log: LogStore

        init(of store: StoreOnDisk) throws {
            log = try LogStore.open(at: StoreOnDisk.root, in: store.disk.killed().process("copy").surroundings)
        }

        func give(_ feed: FeedID, to other: StoreOnDisk, isAttested: Bool = true) throws {
            try StoreOnDisk.give(feed, of: log, to: other, isAttested: isAttested)
        }
    }
}

/// Stores of one registry, the first of which administers it and has admitted the others; each has the roster.
struct RegistryOnDisks {
    let stores: [StoreOnDisk]
    private let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")

    init(_ count: Int, name: String = "Test") throws {
        stores = try (0..<count).map { try StoreOnDisk(DiskSite.alias($0)) }
        let founding = try draft.founding(
            name: name,
            administrator: try stores[0].log.publicKeys(),
            recoveryKey: Array(try Self.paper().publicKey.rawRepresentation),
            nonce: [UInt8](repeating: 2, count: 16)
        )
        for store in stores { try store.log.join(RegistryMembership(foundingEntry: founding)) }
        _ = try stores[0].log.append([founding], to: .roster)
        for index in 1..<count { try admit(stores[index], alias: DiskSite.alias(index), by: 0) }
        for store in stores.dropFirst() { try stores[0].give(rosterFeed, to: store) }
    }

    var rosterFeed: FeedID { rosterFeed(of: 0) }

    func rosterFeed(of index: Int) -> FeedID {
        FeedID(site: stores[index].log.site, epoch: stores[index].log.epoch, lane: .roster)
    }

    /// A store writes that a site is admitted; it counts when that store's site is the administrator.
    func admit(_ store: StoreOnDisk, alias: String, by index: Int) throws {
        let entry = try draft.admission(
            try store.log.publicKeys(),
            alias: alias,
            role: "clinic",
            in: try roster(of: index)
        )
        _ = try stores[index].log.append([entry], to: .roster)
    }

    /// The administrator hands its office over, and the successor hears of it.
    func handOver(from index: Int, to successor: Int) throws {
        let entry = try draft.handover(to: stores[successor].log.site, others: [], in: try roster(of: index))
        _ = try stores[index].log.append([entry], to: .roster)
        try stores[index].give(rosterFeed(of: index), to: stores[successor])
    }

    func roster(of index: Int) throws -> Roster {
        guard let roster = try Roster(in: stores[index].log) else { throw Hindrance("store \(index) has no roster") }
        return roster
    }

    /// The key on paper.
    private static func paper() throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 1, count: 32))
    }

    /// Whoever has the paper makes a site the administrator; what the one before wrote counts as far as it is held there.
    func recover(by index: Int) throws {
        let roster = try roster(of: index)
        let entries = try RosterDraft.Appointment(
            of: stores[index].log.site,
            cutOffs: try stores[index].log.rosterEnds(of: roster.administrator),
            draft,
            in: roster
        ).entries { Array(try Self.paper().signature(for: $0)) }
        _ = try stores[index].log.append(entries, to: .roster)
    }

    /// The administrator revokes a site, with what it holds of it itself.
    func revoke(_ index: Int) throws {
        let site = stores[index].log.site
        let entry = try draft.revocation(
            of: site,
            cutOffs: try stores[0].log.frontier().rows.filter { $0.feed.site == site },
            reason: "lost",
            in: try roster(of: 0)
        )
        _ = try stores[0].log.append([entry], to: .roster)
    }

    /// What a daemon makes of a store; work is done at once, where it is asked for.
    func site(_ index: Int, keys: any PersonKeyExchange, clock: (any WallClock)? = nil) throws -> SyncSite {
        var surroundings = stores[index].surroundings
        if let clock { surroundings.clock = clock }
        return try SyncSite(
            log: stores[index].log,
            surroundings: surroundings,
            keys: keys,
            follower: { 0 },
            link: LinkGovernor(LinkRules(), clock: surroundings.clock, month: { $0 / 30 }, changed: {}),
            program: "test",
            logger: Logger(label: "test"),
            storeQueue: AtOnce(),
            viewQueue: AtOnce(),
            rosterChanged: {}
        )
    }
}

/// Does what it is given while it takes it.
struct AtOnce: WorkQueue {
    func submit(_ work: @escaping @Sendable () -> Void) { work() }
    func submit(afterMilliseconds milliseconds: Int, _ work: @escaping @Sendable () -> Void) { work() }
}

/// A clock that does something when it is asked the so-manieth time: what happens meanwhile at another thread.
final class InterruptingClock: WallClock {
    private struct State: Sendable {
        var questionsLeft = 0
        var work: (@Sendable () -> Void)?
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    init(_ clock: any WallClock) { self.clock = clock }

    /// Does something before the question `number` from now, counted from 1, is answered.
    func interrupt(at number: Int, _ work: @escaping @Sendable () -> Void) {
        state.withLock { $0 = State(questionsLeft: number, work: work) }
    }

    func steadyNanoseconds() -> UInt64 {
        let due = state.withLock { state -> State in
            state.questionsLeft -= 1
            guard state.questionsLeft == 0 else { return State() }
            defer { state.work = nil }
            return state
        }
        due.work?()
        return clock.steadyNanoseconds()
    }

    func millisecondsSinceEpoch() -> Int64 { clock.millisecondsSinceEpoch() }
    func zoneOffsetMinutes() -> Int32 { clock.zoneOffsetMinutes() }
    func pause(nanoseconds: UInt64) { clock.pause(nanoseconds: nanoseconds) }
}

/// The clock of a machine that sleeps now and then.
final class SleepingClock: WallClock {
    private let clock: any WallClock
    private let slept = Mutex<UInt64>(0)

    init(_ clock: any WallClock) { self.clock = clock }

    func sleep(hours: UInt64) { slept.withLock { $0 += hours * 3600 * 1_000_000_000 } }

    func steadyNanoseconds() -> UInt64 { clock.steadyNanoseconds() }
    func elapsedNanoseconds() -> UInt64 { clock.steadyNanoseconds() + slept.withLock { $0 } }
    func millisecondsSinceEpoch() -> Int64 {
        clock.millisecondsSinceEpoch() + Int64(slept.withLock { $0 } / 1_000_000)
    }
    func zoneOffsetMinutes() -> Int32 { clock.zoneOffsetMinutes() }
    func pause(nanoseconds: UInt64) { clock.pause(nanoseconds: nanoseconds) }
}

extension RosterDraft {
    /// Of a program that only tests.
    static let ofTests = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")
}
