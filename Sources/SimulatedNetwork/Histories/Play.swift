import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol

/// What happens in a history.
struct Play {
    private let world: World
    private let stage: Stage
    private var revoked: Set<Int> = []
    private var admitted = false
    /// Copies of disks, with what was known of bundles then.
    private var backups: [(machine: Machine, disk: SimulatedDisk)] = []
    private var courier: Courier
    private var hasTwin = false

    private static let second: UInt64 = 1_000_000_000

    init(_ world: World, _ stages: Stages, _ numbers: inout SplitMix64) throws {
        self.world = world
        courier = Courier(in: world)
        stage = stages.any(&numbers)
        for (index, site) in stage.sites.enumerated() {
            let disk = site.disk.killed(seed: numbers.next())
            let name = index == 0 ? "hub" : "site \(index)"
            let machine = Machine(in: world, named: name, key: site.key, disk: disk)
            if index > 0, numbers.chance(1, in: 8) {
                machine.disguise = [.newer, .foreign, .hostile, .hostile][numbers.below(4)]
            }
        }
        let machines = world.machines
        let isMesh = numbers.chance(1, in: 2)
        for (index, machine) in machines.enumerated() {
            for other in machines[..<index] where isMesh || other.number == 0 {
                world.set(Self.quality(&numbers), between: machine, other)
                // Either dials, or both do.
                let way = other.number == 0 && !isMesh ? 0 : numbers.below(4)
                if way != 1 { machine.dials.append(other) }
                if way == 1 || way == 2 { other.dials.append(machine) }
            }
        }
        world.note("\(machines.count) sites, \(isMesh ? "mesh" : "hub")")
        for machine in machines { machine.start() }
        if numbers.chance(3, in: 4) { try world.run(nanoseconds: 3 * Self.second) }
    }

    private static func quality(_ numbers: inout SplitMix64) -> World.Quality {
        switch numbers.below(5) {
        case 0: .init(latencyMilliseconds: 300, bytesPerSecond: 32_000)
        case 1: .init(latencyMilliseconds: UInt64(20 + numbers.below(80)), bytesPerSecond: 125_000)
        case 2: .init(latencyMilliseconds: 700, bytesPerSecond: UInt64(4_000 + numbers.below(30_000)))
        default: .init(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)
        }
    }

    // MARK: - Steps

    mutating func step(_ numbers: inout SplitMix64) throws {
        let machine = world.machines[numbers.below(world.machines.count)]
        switch numbers.below(100) {
        case 0..<32: append(at: machine, &numbers)
        case 32..<36: appendMuch(at: machine, &numbers)
        case 36..<39: try interrupt(machine, &numbers)
        case 39..<46: part(machine, &numbers)
        case 46..<51: world.healAll()
        case 51..<58: cut(&numbers)
        case 58..<62: double(machine)
        case 62..<69: machine.cutPower(policy(&numbers))
        case 69..<70: stall(machine, &numbers)
        case 70..<75: arm(machine, &numbers)
        case 75..<79: machine.killDaemon()
        case 79..<82: turnClock(of: machine, &numbers)
        case 82..<85: seal(at: machine)
        case 85..<90: courier.go(&numbers)
        case 90..<94: backUpOrRestore(machine, &numbers)
        case 94..<97: admit()
        case 97..<98: revoke(machine)
        case 98..<99: try revokeBehind(machine, &numbers)
        default: clone(machine, &numbers)
        }
        try pass(&numbers)
    }

    private func pass(_ numbers: inout SplitMix64) throws {
        let milliseconds: Int
        switch numbers.below(4) {
        case 0: milliseconds = numbers.below(20)
        case 1: milliseconds = numbers.below(12_000)
        default: milliseconds = numbers.below(1_500)
        }
        try world.run(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    private func append(at machine: Machine, _ numbers: inout SplitMix64) {
        let lane = [Lane.urgent, .urgent, .records, .records, .records, .attachments][numbers.below(6)]
        let count = 1 + numbers.below(numbers.chance(1, in: 4) ? 24 : 3)
        machine.append((0..<count).map { _ in numbers.bytes(1 + numbers.below(300)) }, to: lane)
    }

    private func appendMuch(at machine: Machine, _ numbers: inout SplitMix64) {
        // Now and then more than anybody gives credit for at once.
        let count = numbers.chance(1, in: 16) ? 200 : 8 + numbers.below(40)
        machine.append(
            (0..<count).map { _ in numbers.bytes(2_000) },
            to: numbers.chance(1, in: 2) ? .records : .attachments
        )
    }

    /// Something urgent while much else is on its way: pushed, or asked for.
    private func interrupt(_ machine: Machine, _ numbers: inout SplitMix64) throws {
        let isLong = numbers.chance(1, in: 2)
        machine.append((0..<(isLong ? 120 : 48)).map { _ in numbers.bytes(2_000) }, to: .records)
        try world.run(nanoseconds: UInt64(numbers.below(isLong ? 4_000 : 600)) * 1_000_000)
        machine.append([numbers.bytes(1 + numbers.below(300))], to: .urgent)
    }

    /// A disk stands still for a while, as a card in a small computer does, and more comes than anybody gives credit for.
    private func stall(_ machine: Machine, _ numbers: inout SplitMix64) {
        machine.daemon?.stall(nanoseconds: UInt64(1 + numbers.below(40)) * Self.second)
        guard let other = world.machines.filter({ $0 !== machine }).randomElement(using: &numbers) else { return }
        other.append((0..<200).map { _ in numbers.bytes(12_000) }, to: .attachments)
    }

    private func part(_ machine: Machine, _ numbers: inout SplitMix64) {
        for other in world.machines where other !== machine && numbers.chance(2, in: 3) { world.part(machine, other) }
    }

    private func cut(_ numbers: inout SplitMix64) {
        guard !world.links.isEmpty else { return }
        let link = world.links[numbers.below(world.links.count)]
        guard link.ends.count == 2 else { return }
        link.cut(noticed: [link.ends, [link.ends[0]], [link.ends[1]], []][numbers.below(4)])
    }

    private func double(_ machine: Machine) {
        for other in machine.dials { machine.daemon?.dialling?.dialAgain(other) }
    }

    private func policy(_ numbers: inout SplitMix64) -> CrashPolicy {
        switch numbers.below(4) {
        case 0: .dropAll
        case 1: .keepAll
        default: .seeded(numbers.next())
        }
    }

    /// One of the next calls of the daemon is its last.
    private func arm(_ machine: Machine, _ numbers: inout SplitMix64) {
        let fault = [DiskFault.killBefore, .killDuring, .killAfter][numbers.below(3)]
        let policy = numbers.chance(2, in: 3) ? policy(&numbers) : nil
        machine.fuse.arm(calls: numbers.below(40), fault, policy)
        world.note("\(machine.name): one of the next calls is the last")
    }

    private func turnClock(of machine: Machine, _ numbers: inout SplitMix64) {
        let day: Int64 = 86_400_000
        let jump = Int64(numbers.below(7_300) - 3_650) * day
        world.note("\(machine.name): the clock jumps by \(jump / day) days")
        machine.disk.clock.set(millisecondsSinceEpoch: machine.disk.clock.millisecondsSinceEpoch() + jump)
    }

    private func seal(at machine: Machine) {
        _ = machine.command("seal") { log in
            _ = try log.closeActiveSegments()
            _ = try log.seal()
        }
    }

    // MARK: - Disks

    private mutating func backUpOrRestore(_ machine: Machine, _ numbers: inout SplitMix64) {
        let own = backups.indices.filter { backups[$0].machine === machine }
        guard let index = own.randomElement(using: &numbers), numbers.chance(1, in: 2) else {
            guard machine.desk != nil else { return }
            world.note("\(machine.name): the disk is copied")
            backups.append((machine, machine.disk.crashed(.keepAll)))
            return
        }
        let backup = backups[index]
        // On a new machine, which is noticed; or all of the disk, and nobody there can tell.
        let isNoticed = numbers.chance(2, in: 3)
        let disk =
            isNoticed
            ? backup.disk.cloned(machineID: "machine-\(machine.number)-\(numbers.next())")
            : backup.disk.crashed(.keepAll)
        world.note(
            "\(machine.name): the disk is replaced by its copy, \(isNoticed ? "in another machine" : "unnoticed")"
        )
        machine.replaceDisk(disk)
        judgeRestored(machine)
    }

    private func judgeRestored(_ machine: Machine) {
        let frontiers = world.machines.filter { $0 === machine || isGiving($0) }
            .compactMap(frontier(of:))
        world.judge.wentBack(machine, frontiers, continues: look(at: machine) { $0.epoch })
    }

    /// Whether others get what a machine holds: a liar may keep it to itself, and of who is revoked it is not taken.
    private func isGiving(_ machine: Machine) -> Bool { !machine.isHostile && !revoked.contains(machine.number) }

    private func frontier(of machine: Machine) -> Frontier? {
        look(at: machine) { log throws(StorageError) in try log.frontier() }
    }

    /// Asks what a disk holds, whoever writes to it.
    private func look<Result>(
        at machine: Machine,
        _ body: (LogStore) throws(StorageError) -> Result
    ) -> Result? {
        do throws(StorageError) {
            return try body(
                LogStore.open(
                    at: Machine.root,
                    in: machine.disk.killed().process("looking").surroundings,
                    options: Machine.options
                )
            )
        } catch {
            world.fail("a store opens", at: machine.name, "\(error)")
            return nil
        }
    }

    /// The disk is copied into a second machine, and both go on.
    private mutating func clone(_ machine: Machine, _ numbers: inout SplitMix64) {
        guard !hasTwin, machine.desk != nil, machine.number > 0, !machine.isHostile else { return }
        hasTwin = true
        let disk = machine.disk.cloned(machineID: "twin-\(numbers.next())")
        let twin = Machine(in: world, named: "twin of \(machine.name)", key: machine.key, disk: disk)
        twin.dials = machine.dials.filter { $0.number > 0 } + [world.machines[0]]
        for other in twin.dials { world.set(world.quality(between: machine, other), between: twin, other) }
        world.note("\(machine.name): the disk is copied, and both go on")
        twin.start()
        // Whoever copies a clinic's disk means to work on it.
        twin.append([numbers.bytes(20)], to: .records)
    }

    // MARK: - Roster

    private mutating func admit() {
        guard !admitted, let index = stage.sites.firstIndex(where: \.isStranger) else { return }
        let (administrator, stranger) = (world.machines[0], world.machines[index])
        guard administrator.desk != nil, let log = stranger.desk else { return }
        admitted = true
        world.note("\(stranger.name) is admitted")
        guard
            let entry = administrator.command(
                "admit",
                { try Stage.admission(of: log, at: index, by: $0) }
            )
        else { return }
        administrator.append([entry], to: .roster)
    }

    private mutating func revoke(_ machine: Machine) {
        guard machine.number > 0, machine.number < stage.sites.count, world.machines.count > 2, revoked.isEmpty else {
            return
        }
        let administrator = world.machines[0]
        let entry = administrator.command("revoke") { log -> [UInt8]? in
            guard try Roster(in: log)?[machine.site] != nil else { return nil }
            return try Stage.revocation(of: machine.site, by: log)
        }
        guard let entry = entry ?? nil else { return }
        revoked.insert(machine.number)
        world.note("\(machine.name) is revoked")
        world.judge.wasRevoked(
            leaving: world.machines.filter(isGiving).compactMap(frontier(of:))
        )
        administrator.append([entry], to: .roster)
    }

    /// A site goes on recording while the administrator does not hear of it, and is revoked then: others hold more of it than
    /// counts.
    private mutating func revokeBehind(_ machine: Machine, _ numbers: inout SplitMix64) throws {
        guard machine.number > 0 else { return }
        if numbers.chance(1, in: 2) { return try revokeBehindOfAllButOne(machine, &numbers) }
        world.part(machine, world.machines[0])
        append(at: machine, &numbers)
        try pass(&numbers)
        // Some of them have heard of it before the others.
        if let other = world.machines.randomElement(using: &numbers), other.number > 0 { part(other, &numbers) }
        revoke(machine)
    }

    /// What needs more before it than most histories bring together.
    mutating func lastStep(_ numbers: inout SplitMix64) throws {
        guard numbers.chance(1, in: 4) else { return }
        world.healAll()
        try world.run(nanoseconds: 20 * Self.second)
        let machine = world.machines[numbers.below(world.machines.count)]
        if machine.number > 0 { try revokeBehindOfAllButOne(machine, &numbers) }
    }

    /// One site alone hears what it goes on recording, by a bundle where no line joins the two, and of the revocation after
    /// all others, from one of these.
    private mutating func revokeBehindOfAllButOne(_ machine: Machine, _ numbers: inout SplitMix64) throws {
        let others = world.machines.filter { $0 !== machine && $0.number > 0 }
        guard let witness = others.randomElement(using: &numbers) else { return }
        for other in world.machines where other !== machine && other !== witness {
            world.part(machine, other)
            world.part(witness, other)
        }
        append(at: machine, &numbers)
        try pass(&numbers)
        if !isJoined(machine, witness) { courier.carry(from: machine, to: witness) }
        revoke(machine)
        try world.run(nanoseconds: 8 * Self.second)
        if let third = others.filter({ $0 !== witness }).randomElement(using: &numbers) { world.heal(witness, third) }
    }

    private func isJoined(_ one: Machine, _ other: Machine) -> Bool {
        one.dials.contains { $0 === other } || other.dials.contains { $0 === one }
    }

    // MARK: - The end

    /// All is repaired; after some time everybody has everything.
    mutating func finish() throws {
        admit()
        world.healAll()
        for machine in world.machines { machine.fuse.disarm() }
        // Nobody may be waiting longer than anything in the protocol makes them wait.
        let deadline = world.now + 3 * 3600 * Self.second
        var lacking: String?
        var slice = 2 * Self.second
        repeat {
            try world.run(nanoseconds: slice)
            lacking = world.judge.lacking()
            slice = min(slice + Self.second, 60 * Self.second)
        } while lacking != nil && world.now < deadline
        if let lacking {
            world.fail("honest sites come to hold the same", at: "the end", lacking)
            try world.run(nanoseconds: 0)
        }
        try world.judge.conclude()
        try world.run(nanoseconds: 0)
    }
}
