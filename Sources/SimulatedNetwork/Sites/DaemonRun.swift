import LogFormat
package import LogStore
import Logging
import SimulatedStorage
import StoreIO
package import SyncEngine
import SyncProtocol

/// One life of a site's daemon: what `abscoped` is without sockets and threads.
package final class DaemonRun: @unchecked Sendable {
    private unowned let world: World
    let life: ProgramLife
    let process: SimulatedProcess
    package let log: LogStore
    package let site: SyncSite
    var ends: [LinkEnd] = []
    /// Whose connection is gone.
    var formerEnds: [LinkEnd] = []
    private(set) var dialling: Dialling?
    let storeThread: VirtualThread
    let viewThread: VirtualThread
    private let watchThread: VirtualThread
    private var isChangeNoticed = false

    var machine: Machine { life.machine }

    init(_ world: World, on machine: Machine, number: Int) throws {
        self.world = world
        let life = ProgramLife(on: machine)
        self.life = life
        process = machine.disk.process("abscoped \(number)", faults: machine.fuse.plan)
        let surroundings = process.surroundings
        log = try LogStore.open(at: Machine.root, in: surroundings, options: Machine.options)
        storeThread = VirtualThread(world, of: life, taking: 20_000...4_000_000)
        viewThread = VirtualThread(world, of: life, taking: 100_000...30_000_000)
        watchThread = VirtualThread(world, of: life, taking: 50_000...5_000_000)
        let ring = RosterBell()
        site = try SyncSite(
            log: log,
            surroundings: surroundings,
            keys: NoPersonKeys(),
            follower: { 0 },
            link: LinkGovernor(LinkRules(), clock: surroundings.clock, month: { $0 / 30 }, changed: {}),
            program: "simulated",
            logger: Logger(label: machine.name) { _ in SpokenLines(world, machine.name) },
            storeQueue: storeThread,
            viewQueue: viewThread,
            rosterChanged: { ring.ring() }
        )
        let dialling = Dialling(world, of: self)
        self.dialling = dialling
        ring.answer = { [weak self, weak dialling] in
            dialling?.ring()
            if let self { self.world.judge.heardRoster(site.roster.current, at: self.machine) }
        }
    }

    func begin() {
        site.loadNotes()
        site.follow()
        dialling?.ring()
        keepBranches()
    }

    /// What the daemon does now and then.
    private func keepBranches() {
        viewThread.run { [weak self] in self?.site.keepBranches() }
        world.at(world.now + Self.roundNanoseconds, in: life) { [weak self] in self?.keepBranches() }
    }

    private static let roundNanoseconds: UInt64 = 60_000_000_000

    /// The disk answers its daemon only after a while.
    func stall(nanoseconds: UInt64) {
        world.note("\(machine.name): the disk stands still for \(nanoseconds / 1_000_000_000) s")
        storeThread.stall(nanoseconds: nanoseconds)
        for end in ends { world.judge.disturbed(end.link) }
    }

    /// The disk does not answer soon.
    var isStalled: Bool { storeThread.isFreeAt > world.now + 100_000_000 }

    /// It is over. Connections and what holds on to them let go of each other.
    ///
    /// - Returns: Its ends of connections, which nobody closed.
    func end() -> [LinkEnd] {
        defer {
            for end in ends + formerEnds { end.forget() }
            (ends, formerEnds, dialling) = ([], [], nil)
        }
        life.end()
        return ends
    }

    /// Some process wrote HEADS.
    func noticedChange() {
        guard !isChangeNoticed else { return }
        isChangeNoticed = true
        watchThread.run { [weak self] in
            guard let self else { return }
            isChangeNoticed = false
            do throws(StorageError) {
                try site.logChanged()
            } catch {
                if error.code != .halted { world.fail("a log can be read", at: machine.name, "\(error)") }
            }
        }
    }
}

/// Hears of a new roster before there is anybody who dials.
private final class RosterBell: @unchecked Sendable {
    // Set before the site is asked for anything, and used by the one thread of its world.
    var answer: () -> Void = {}

    func ring() { answer() }
}

/// What a daemon says, in the history.
private struct SpokenLines: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let world: World
    private let place: String

    init(_ world: World, _ place: String) {
        self.world = world
        self.place = place
        logLevel = world.isTold ? .info : .error
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let line = "\(event.message) \(values.joined(separator: " "))"
        world.note("\(place) says: \(line)")
        if event.level >= .error { world.judge.complained("\(event.message)", line, at: place) }
    }
}
