package import LogFormat
package import LogStore
package import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol

/// A machine of a site: a disk, `abscope` that has the store open, and a daemon while one runs.
package final class Machine: @unchecked Sendable {
    unowned let world: World
    package let number: Int
    package let name: String
    package let key: SitePublicKey
    package private(set) var disk: SimulatedDisk
    /// What its program is to others.
    package var disguise = Disguise.none
    /// What a hostile one says instead of what its program says.
    private(set) lazy var liar = disguise == .hostile ? Liar(seed: UInt64(world.between(0...1 << 40))) : nil
    package var isHostile: Bool { disguise == .hostile }
    /// Those it dials.
    package var dials: [Machine] = []
    /// The store as commands have it open; nil while the machine is off.
    package private(set) var desk: LogStore?
    package private(set) var daemon: DaemonRun?
    /// When the calls of its daemon fail because the power goes, or the daemon is killed.
    let fuse = Fuse()
    private var keptTime: UInt64
    private var hasHeadsChanged = false
    private var starts = 0

    package static let root = "/srv/store"
    package var site: SiteID { key.siteID }

    /// Small segments and steps, so that a few commits roll and a disk is small.
    package static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 20_000
        options.pieceBytes = 1_000
        options.allocationStepBytes = 4_096
        options.lockWaitMilliseconds = 1
        return options
    }

    /// - Parameters:
    ///   - world: Where it is.
    ///   - name: For people.
    ///   - key: Its site's.
    ///   - disk: With a store on it, and nobody who has it open.
    package init(in world: World, named name: String, key: SitePublicKey, disk: SimulatedDisk) {
        self.world = world
        self.name = name
        self.key = key
        self.disk = disk
        number = world.machines.count
        keptTime = world.now
        observe()
        world.add(self)
    }

    private func observe() {
        disk.recordCalls(false)
        disk.observe { [weak self] call in
            if call.operation == .write, call.path.hasSuffix("/HEADS") { self?.hasHeadsChanged = true }
        }
    }

    /// Does something on this machine: its clocks show what time it is, and what changed is noticed.
    func work(_ run: () -> Void) {
        if world.now > keptTime {
            disk.clock.pause(nanoseconds: world.now - keptTime)
            keptTime = world.now
        }
        run()
        if let daemon, daemon.life.isAlive, !daemon.process.isAlive { died() }
        if hasHeadsChanged {
            hasHeadsChanged = false
            daemon?.noticedChange()
        }
    }

    // MARK: - Power

    /// The machine starts, with its daemon.
    package func start() {
        work {
            let process = disk.process("abscope")
            do throws(StorageError) {
                desk = try LogStore.open(at: Self.root, in: process.surroundings, options: Self.options)
            } catch {
                return world.fail("a store opens", at: name, "\(error)")
            }
            world.judge.opened(self)
        }
        if desk != nil { startDaemon() }
    }

    /// A daemon begins, unless one runs.
    package func startDaemon() {
        guard desk != nil, daemon == nil else { return }
        starts += 1
        work {
            do {
                let run = try DaemonRun(world, on: self, number: starts)
                daemon = run
                run.begin()
            } catch let error as StorageError where error.code == .halted {
                died()
            } catch {
                world.fail("a daemon starts", at: name, "\(error)")
            }
        }
    }

    /// The daemon is killed; its connections are closed by the kernel.
    package func killDaemon() {
        guard let daemon else { return }
        world.note("\(name): the daemon is killed")
        self.daemon = nil
        fuse.disarm()
        let ends = daemon.end()
        daemon.process.kill()
        for end in ends { end.link.cut(noticed: [end.other].compactMap(\.self)) }
        world.judge.opened(self)
        comeBack { $0.startDaemon() }
    }

    /// The power goes; nobody tells the peers.
    package func cutPower(_ policy: CrashPolicy) {
        guard desk != nil else { return }
        world.note("\(name): \(policy)")
        leave()
        disk = disk.crashed(policy)
        observe()
        comeBack { $0.start() }
    }

    /// Everything ends without a word.
    private func leave() {
        fuse.disarm()
        desk = nil
        guard let daemon else { return }
        self.daemon = nil
        for end in daemon.end() { end.link.cut(noticed: []) }
    }

    /// The world ends.
    func forget() {
        _ = daemon?.end()
        (daemon, desk, dials) = (nil, nil, [])
        disk.observe(nil)
    }

    private func comeBack(_ start: @escaping (Machine) -> Void) {
        world.after(nanoseconds: UInt64(world.between(200_000_000...8_000_000_000))) { [weak self] in
            if let self { start(self) }
        }
    }

    /// A call of the daemon met the fuse.
    private func died() {
        guard daemon != nil || desk != nil else { return }
        if let policy = fuse.policy {
            world.note("\(name): the power goes in the middle of a call")
            if daemon == nil { world.judge.opened(self) }
            cutPower(policy)
        } else if daemon != nil {
            killDaemon()
        } else {
            world.note("\(name): the daemon is killed as it starts")
            fuse.disarm()
            comeBack { $0.startDaemon() }
        }
    }

    /// Another disk stands where this one was: a backup, or a copy from elsewhere.
    package func replaceDisk(_ disk: SimulatedDisk) {
        leave()
        self.disk = disk
        keptTime = world.now
        observe()
        comeBack { $0.start() }
    }

    // MARK: - Commands

    /// What a command does with the store; nil while the machine is off, or when the store refused.
    package func command<Value>(_ what: String, _ run: (LogStore) throws -> Value) -> Value? {
        guard let desk else { return nil }
        var value: Value?
        work {
            do { value = try run(desk) } catch {
                world.fail("a command works", at: name, "\(what): \(error)")
            }
        }
        return value
    }

    /// Records entries; what is acknowledged is remembered by the judge.
    package func append(_ entries: [[UInt8]], to lane: Lane) {
        _ = command("append") { log in
            let references = try log.append(entries, to: lane)
            world.note(
                "\(name): \(entries.count) entries in \(lane) up to \(references[references.count - 1].position)"
            )
            world.judge.acknowledged(references, entries, at: self)
        }
    }

    /// How a feed stands on its disk; nil when nothing of it is there, or the machine is off.
    func summary(_ feed: FeedID) -> FeedSummary? { summaries()[feed] }

    func summaries() -> [FeedID: FeedSummary] {
        guard let desk else { return [:] }
        do throws(StorageError) {
            var result: [FeedID: FeedSummary] = [:]
            for summary in try desk.feeds() where summary.branch == 0 { result[summary.feed] = summary }
            return result
        } catch {
            world.fail("a log can be read", at: name, "\(error)")
            return [:]
        }
    }
}

/// Ends a process at one of its calls.
final class Fuse: @unchecked Sendable {
    private var callsLeft: Int?
    private var fault = DiskFault.killBefore
    /// What the disk keeps when the machine goes with the process; nil when only the process goes.
    private(set) var policy: CrashPolicy?

    /// Burns down after so many calls that change the disk.
    func arm(calls: Int, _ fault: DiskFault, _ policy: CrashPolicy?) {
        callsLeft = calls
        self.fault = fault
        self.policy = policy
    }

    func disarm() {
        callsLeft = nil
        policy = nil
    }

    var plan: FaultPlan {
        FaultPlan { [self] call in
            guard let left = callsLeft, call.operation.changesDisk else { return nil }
            callsLeft = left - 1
            return left <= 0 ? fault : nil
        }
    }
}
