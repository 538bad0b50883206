import LogFormat
import LogStore
import SimulatedStorage
import Testing

@testable import SimulatedNetwork

/// That the simulation does what it says: its network and its judge.
@Suite("The world of simulated sites", .timeLimit(.minutes(10)))
struct WorldTests {
    private static let second: UInt64 = 1_000_000_000

    /// A hub and a clinic that dials it.
    private func two(_ quality: World.Quality) throws -> World {
        let stage = try Stage(2, hasStranger: false, hasPartialReader: false, seed: 1)
        let world = World(seed: 1)
        for (index, site) in stage.sites.enumerated() {
            _ = Machine(in: world, named: "site \(index)", key: site.key, disk: site.disk.killed(seed: UInt64(index)))
        }
        world.machines[1].dials = [world.machines[0]]
        world.set(quality, between: world.machines[0], world.machines[1])
        for machine in world.machines { machine.start() }
        return world
    }

    private static let lan = World.Quality(latencyMilliseconds: 1, bytesPerSecond: 1_000_000)

    @Test("What one site records the other has after a round trip, and not before its latency")
    func moves() throws {
        let world = try two(.init(latencyMilliseconds: 300, bytesPerSecond: 100_000))
        defer { world.end() }
        try world.run(nanoseconds: 5 * Self.second)
        let (hub, clinic) = (world.machines[0], world.machines[1])
        clinic.append([[1, 2, 3]], to: .urgent)
        func isThere() -> Bool {
            hub.summaries().contains { $0.key.lane == .urgent && $0.value.attested.position == 1 }
        }
        try world.run(nanoseconds: Self.second * 3 / 10)
        #expect(!isThere())
        try world.run(nanoseconds: Self.second)
        #expect(isThere())
        #expect(world.judge.lacking() == nil || world.judge.lacking()?.contains("sync") == true)
        try world.run(nanoseconds: 3 * Self.second)
        #expect(world.judge.lacking() == nil)
        try world.judge.conclude()
        try world.run(nanoseconds: 0)
    }

    @Test("Bandwidth is kept: what is sent takes its time")
    func bandwidth() throws {
        let world = try two(.init(latencyMilliseconds: 1, bytesPerSecond: 10_000))
        defer { world.end() }
        try world.run(nanoseconds: 5 * Self.second)
        var numbers = SplitMix64(seed: 4)
        let clinic = world.machines[1]
        clinic.append((0..<20).map { _ in numbers.bytes(2_000) }, to: .records)
        try world.run(nanoseconds: 3 * Self.second)
        #expect(world.judge.lacking() != nil)
        try world.run(nanoseconds: 4 * Self.second)
        #expect(world.judge.lacking() == nil)
    }

    @Test("A connection nobody knows to be dead carries nothing, and is given up in time")
    func halfOpen() throws {
        let world = try two(Self.lan)
        defer { world.end() }
        try world.run(nanoseconds: 5 * Self.second)
        let (hub, clinic) = (world.machines[0], world.machines[1])
        let link = try #require(world.links.first)
        link.cut(noticed: [])
        clinic.append([[1]], to: .records)
        try world.run(nanoseconds: 30 * Self.second)
        #expect(world.judge.lacking() != nil)
        #expect(clinic.daemon?.ends.count == 1 && hub.daemon?.ends.count == 1)
        try world.run(nanoseconds: 60 * Self.second)
        #expect(world.judge.lacking() == nil)
    }

    @Test("Whoever is cut off stays behind, and catches up when the network is whole")
    func partition() throws {
        let world = try two(Self.lan)
        defer { world.end() }
        try world.run(nanoseconds: 5 * Self.second)
        world.part(world.machines[0], world.machines[1])
        world.machines[0].append([[1]], to: .records)
        try world.run(nanoseconds: 200 * Self.second)
        #expect(world.judge.lacking() != nil)
        world.healAll()
        try world.run(nanoseconds: 2_000 * Self.second)
        #expect(world.judge.lacking() == nil)
    }

    @Test("The judge misses an entry that was acknowledged and is nowhere")
    func loss() throws {
        let world = try two(Self.lan)
        defer { world.end() }
        try world.run(nanoseconds: 5 * Self.second)
        let clinic = world.machines[1]
        let before = clinic.disk.crashed(.keepAll)
        clinic.append([[1], [2]], to: .records)
        // As if the disk had forgotten: the judge is not told that it was replaced.
        clinic.replaceDisk(before)
        #expect { try world.run(nanoseconds: 60 * Self.second) } throws: { error in
            (error as? World.Broken)?.rule == "nothing said is lost"
        }
    }

    @Test("A site is set back unnoticed and records on: what it wrote before and after can be read at every site")
    func bothHistories() throws {
        let stage = try Stage(3, hasStranger: false, hasPartialReader: false, seed: 1)
        let world = World(seed: 1)
        defer { world.end() }
        for (index, site) in stage.sites.enumerated() {
            _ = Machine(in: world, named: "site \(index)", key: site.key, disk: site.disk.killed(seed: UInt64(index)))
        }
        let (hub, clinic, other) = (world.machines[0], world.machines[1], world.machines[2])
        for machine in [clinic, other] {
            machine.dials = [hub]
            world.set(Self.lan, between: hub, machine)
        }
        for machine in world.machines { machine.start() }
        try world.run(nanoseconds: 5 * Self.second)
        clinic.append([[1]], to: .records)
        try world.run(nanoseconds: 5 * Self.second)
        let epoch = try #require(clinic.desk?.epoch)
        let feed = FeedID(site: clinic.site, epoch: epoch, lane: .records)
        let before = clinic.disk.crashed(.keepAll)
        let kept = try #require(try clinic.desk?.frontier())
        clinic.append([[2], [3], [4]], to: .records)
        try world.run(nanoseconds: 5 * Self.second)
        #expect(hub.summary(feed)?.attested.position == 4)
        // The whole machine, so that nothing on it can tell; and nobody tells it either.
        world.part(hub, clinic)
        clinic.replaceDisk(before)
        let held = try [hub, other].compactMap { try $0.desk?.frontier() } + [kept]
        world.judge.wentBack(clinic, held, continues: epoch)
        try world.run(nanoseconds: 30 * Self.second)
        clinic.append([[5], [6]], to: .records)
        #expect(clinic.summary(feed)?.attested.position == 3)
        world.healAll()
        try world.run(nanoseconds: 300 * Self.second)
        #expect(world.judge.forkable.contains(feed))
        #expect(world.judge.lacking() == nil)
        for machine in world.machines {
            let contents = try world.judge.contents(of: feed, at: machine, besides: true)
            #expect(
                Set(contents.map { [UInt8($0.position)] + $0.entry })
                    == [[1, 1], [2, 2], [3, 3], [4, 4], [2, 5], [3, 6]],
                "\(machine.name)"
            )
            // Each is carried once.
            let carriers = try #require(machine.desk).frontier().rows.filter { $0.feed.lane == .attachments }
            #expect(carriers.count == 2 && carriers.allSatisfy { $0.head.position == 1 }, "\(machine.name)")
        }
        try world.judge.conclude()
        try world.run(nanoseconds: 0)
    }

    @Test("Nothing of a world is left in memory when it has ended, also of daemons that were killed on the way")
    func forgets() throws {
        weak var killed: DaemonRun?
        weak var last: DaemonRun?
        weak var machine: Machine?
        weak var whole: World?
        do {
            let world = try two(Self.lan)
            whole = world
            machine = world.machines[1]
            try world.run(nanoseconds: 5 * Self.second)
            killed = world.machines[0].daemon
            world.machines[0].killDaemon()
            world.machines[1].append([[1]], to: .records)
            try world.run(nanoseconds: 20 * Self.second)
            world.machines[1].cutPower(.keepAll)
            try world.run(nanoseconds: 20 * Self.second)
            last = world.machines[0].daemon
            #expect(last != nil && last !== killed && last?.ends.isEmpty == false)
            world.end()
        }
        #expect(killed == nil && last == nil && machine == nil && whole == nil)
    }
}
