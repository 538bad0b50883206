import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@Suite("Crashes of the log")
struct CrashAppendTests {
    private static func entries(_ count: Int, _ label: String, bytes: Int = 40) -> [[UInt8]] {
        (0..<count).map { number in
            var entry = Array("\(label) \(number) ".utf8)
            while entry.count < bytes { entry.append(UInt8(truncatingIfNeeded: entry.count &* 31)) }
            return entry
        }
    }

    @Test("Creating a store: a crash leaves no store or a whole one, and creating or opening goes on from there")
    func create() throws {
        let disk = SimulatedDisk(seed: 40)
        let oracle = try CrashOracle()
        let judged = try CrashSweep(singleItems: 4, seededCuts: 3).run(on: disk) {
            try oracle.create(on: disk.process("creator"))
        } judge: { after, _ in
            try oracle.judge(after)
        }
        #expect(judged > 50)
    }

    @Test("Appending: every acknowledged entry survives every kill and every power cut", arguments: 1...3)
    func append(commits: Int) throws {
        let disk = SimulatedDisk(seed: UInt64(50 + commits))
        let oracle = try CrashOracle()
        try oracle.create(on: disk.process("creator"))
        let judged = try CrashSweep(singleItems: 3, seededCuts: 2).run(on: disk) {
            let store = try CrashOracle.open(on: disk.process("writer"))
            for commit in 0..<commits {
                let lane: Lane = commit == 1 ? .urgent : .records
                try oracle.append(Self.entries(commit + 1, "commit \(commit)", bytes: 700), to: lane, of: store)
            }
        } judge: { after, _ in
            try oracle.judge(after)
        }
        #expect(judged > 30 * commits)
    }

    @Test("A commit of three blocks is there whole or not at all, after every kill and every power cut")
    func severalBlocks() throws {
        let disk = SimulatedDisk(seed: 61)
        let oracle = try CrashOracle()
        try oracle.create(on: disk.process("creator"))
        let judged = try CrashSweep(singleItems: 24, seededCuts: 8).run(on: disk) {
            let store = try CrashOracle.open(on: disk.process("writer"))
            try oracle.append(Self.entries(1, "before"), to: .records, of: store)
            try oracle.append(Self.entries(5, "three blocks", bytes: 13_000), to: .records, of: store)
            try oracle.append(Self.entries(5, "three more", bytes: 13_000), to: .records, of: store)
        } judge: { after, _ in
            try oracle.judge(after)
        }
        #expect(judged > 400)
    }

    @Test("A second crash anywhere in the recovery of the first loses nothing either")
    func recoverTwice() throws {
        let disk = SimulatedDisk(seed: 60)
        let oracle = try CrashOracle()
        try oracle.create(on: disk.process("creator"))
        // Every second call of the first run, every third of the recovery: neighbours differ by little, and a full
        // square of crashes takes minutes.
        try CrashSweep(singleItems: 1, seededCuts: 1, stride: 2).run(on: disk) {
            let store = try CrashOracle.open(on: disk.process("writer"))
            // The first commit fills a segment, so that the second begins one.
            try oracle.append(Self.entries(2, "first", bytes: 800), to: .records, of: store)
            try oracle.append(Self.entries(1, "second"), to: .records, of: store)
        } judge: { after, _ in
            guard oracle.begins(on: after) else { return }
            let oracle = oracle.copy()
            try CrashSweep(singleItems: 0, seededCuts: 1, stride: 3).run(on: after) {
                let store = try CrashOracle.open(on: after.process("recoverer"))
                try oracle.append(Self.entries(1, "extra"), to: .records, of: store)
            } judge: { again, _ in
                try oracle.judge(again)
            }
        }
    }

    @Test(
        "Whatever fails at whatever call, nothing acknowledged is lost",
        arguments: [
            DiskFault.inputOutput, .noSpace, .shortWrite, .lyingSync, .readOnly, .killDuring, .killAfter,
        ]
    )
    func failures(fault: DiskFault) throws {
        let disk = SimulatedDisk(seed: 70)
        let start = try CrashOracle()
        try start.create(on: disk.process("creator"))
        var oracle = start.copy()
        try FaultSweep.run(fault, from: disk) { (process) throws(StorageError) in
            oracle = start.copy()
            let store = try CrashOracle.open(on: process)
            try oracle.append(Self.entries(2, "first"), to: .records, of: store)
            try oracle.append(Self.entries(3, "second", bytes: 600), to: .urgent, of: store)
            try oracle.append(Self.entries(1, "third"), to: .records, of: store)
        } judge: { disk, _ in
            try oracle.judge(disk.killed())
            try oracle.judge(disk.crashed(.dropAll))
            try oracle.judge(disk.crashed(.seeded(1)))
        }
    }

    @Test(
        "After a failed append its process and who wrote before it see the same; a full disk is named only where nothing is",
        arguments: [DiskFault.inputOutput, .noSpace, .shortWrite, .readOnly]
    )
    func failedAppend(fault: DiskFault) throws {
        let start = SimulatedDisk(seed: 71)
        let created = try CrashOracle()
        try created.create(on: start.process("creator"))
        var failures = 0
        for index in 0... {
            let (disk, oracle) = (start.killed(), created.copy())
            let plan = FaultPlan {
                $0.index == index && (fault == .inputOutput || $0.operation.changesDisk) ? fault : nil
            }
            let victim = disk.process("victim", faults: plan)
            let other = try CrashOracle.open(on: disk.process("other"))
            // Whatever fails while it is opened and writes first is another test's.
            guard let store = try? CrashOracle.open(on: victim) else { continue }
            guard (try? oracle.append(Self.entries(1, "first"), to: .records, of: store)) != nil else { continue }
            try oracle.append(Self.entries(1, "second"), to: .records, of: other)
            let before = try other.frontier()
            do throws(StorageError) {
                try oracle.append(Self.entries(3, "third"), to: .records, of: store)
                if victim.callCount <= index { break }
            } catch {
                failures += 1
                try oracle.glance(store)
                try oracle.glance(other)
                if error.code != .inputOutput, error.code != .poisoned {
                    let later = disk.crashed(.keepAll).process("later")
                    #expect(try CrashOracle.open(on: later).frontier() == before, "call \(index): \(error)")
                }
            }
        }
        // Each of the writes to HEADS; a block that fails goes to a segment of its own.
        #expect(failures >= 4)
    }

    @Test(
        "Random work of three processes with kills, failures and power cuts keeps every promise",
        arguments: Seeds.run(10)
    )
    func random(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        var disk = SimulatedDisk(seed: seed)
        let oracle = try CrashOracle()
        try oracle.create(on: disk.process("creator"))
        var actors: [LogStore?] = [nil, nil, nil]
        for step in 0..<60 {
            let label = "seed \(seed) step \(step)"
            if numbers.chance(1, in: 15) {
                actors = [nil, nil, nil]
                disk = numbers.chance(1, in: 4) ? disk.killed() : disk.crashed(.seeded(numbers.next()))
                continue
            }
            let actor = numbers.below(actors.count)
            do {
                guard let store = actors[actor] else {
                    let life = numbers.below(200)
                    let fault: DiskFault = [.killBefore, .killDuring, .killAfter][numbers.below(3)]
                    let process = disk.process("actor \(actor)", faults: .at(life, fault))
                    actors[actor] = try CrashOracle.open(on: process)
                    continue
                }
                switch numbers.below(10) {
                case 0: actors[actor] = nil
                case 1: try oracle.glance(store)
                default:
                    let lane: Lane = numbers.chance(1, in: 3) ? .urgent : .records
                    let count = 1 + numbers.below(4)
                    try oracle.append(Self.entries(count, label, bytes: 20 + numbers.below(1_500)), to: lane, of: store)
                }
            } catch let error as StorageError where error.code == .halted {
                actors[actor] = nil
            }
        }
        actors = []
        try oracle.judge(disk.killed())
        for _ in 0..<4 { try oracle.judge(disk.crashed(.seeded(numbers.next()))) }
    }
}
