import LogFormat
import LogStore
import SimulatedStorage
import StoreIO

/// One seeded history of a store: several processes that append, pull, seal and look, with kills, power cuts and faults,
/// judged by the oracles on the way and at the end.
///
/// Every step draws from a generator of its own, so that one that is left out changes nothing of the others: that is how
/// a failure is made short.
struct History {
    enum Mode: String, CaseIterable {
        /// Kills, power cuts, calls that fail and say so.
        case crash
        /// At the end bytes are damaged, or calls fail without a word.
        case damage
    }

    /// What a run amounted to.
    struct Figures {
        var steps = 0
        var judged = 0
        var damage = DamageJudge.Outcome()
    }

    struct Actor {
        let name: String
        let process: SimulatedProcess
        let store: LogStore
        /// Calls of it may fail and say so.
        let mayFail: Bool
        /// It found a disk that only reads, and said that the newest entries may be missing.
        let mayLack: Bool
    }

    let seed: UInt64
    let mode: Mode
    let stage: Stage
    let leftOut: Set<Int>
    /// Hears what is done.
    let tell: (String) -> Void

    var disk: SimulatedDisk
    var actors: [Actor?] = [nil, nil, nil]
    var promises = LogPromises()
    var figures = Figures()
    var isFull = false
    /// The own heads as somebody saw them some time ago.
    var rememberedHeads: [FeedID: FeedHead] = [:]
    /// The disk as it was some time ago: what a stale sector shows.
    var earlier: SimulatedDisk
    /// The calls up to the last end of all processes, where calls are kept.
    private var earlierCalls: [DiskCall] = []

    /// Every call so far, where calls are kept.
    var calls: [DiskCall] { earlierCalls + disk.calls }

    /// Goes on with another disk.
    mutating func goOn(with next: SimulatedDisk) {
        earlierCalls += disk.calls
        disk = next
    }

    init(
        seed: UInt64,
        mode: Mode,
        stage: Stage,
        leftOut: Set<Int> = [],
        recordsCalls: Bool = false,
        tell: @escaping (String) -> Void = { _ in }
    ) {
        self.seed = seed
        self.mode = mode
        self.stage = stage
        self.leftOut = leftOut
        self.tell = tell
        disk = stage.disk.killed(seed: seed)
        disk.recordCalls(recordsCalls)
        earlier = stage.disk
    }

    /// How many steps the seed means.
    var stepCount: Int { 8 + Int(SplitMix64.mix(seed, 7) % 20) }

    private func numbers(_ label: Int) -> SplitMix64 { SplitMix64(seed: SplitMix64.mix(seed, UInt64(1_000 + label))) }

    /// - Throws: ``Wrong`` and whatever the store throws where it must not.
    mutating func run() throws {
        for step in 0..<stepCount where !leftOut.contains(step) {
            var numbers = numbers(step)
            figures.steps += 1
            try self.step(step, &numbers)
        }
        var numbers = numbers(stepCount)
        actors = [nil, nil, nil]
        switch mode {
        case .crash: try finish(&numbers)
        case .damage: try damage(&numbers)
        }
    }

    private mutating func step(_ step: Int, _ numbers: inout SplitMix64) throws {
        switch numbers.below(100) {
        case 0..<7: try crash(numbers.chance(1, in: 4) ? nil : policy(&numbers), &numbers)
        case 7..<10:
            let index = numbers.below(actors.count)
            tell("step \(step): actor \(index) is killed")
            actors[index]?.process.kill()
            actors[index] = nil
        case 10..<13:
            let milliseconds: Int64 = numbers.chance(1, in: 4) ? 31 * 86_400_000 : 1_500
            tell("step \(step): the clock goes on by \(milliseconds) ms")
            disk.clock.advance(milliseconds: milliseconds)
        case 13..<16 where mode == .crash:
            isFull = !isFull
            if isFull { disk.setFreeSpace(bytes: UInt64(numbers.below(24_000))) } else { disk.setCapacity(bytes: nil) }
            tell("step \(step): the disk \(isFull ? "fills up" : "has room again")")
        case 16..<18: earlier = disk.crashed(.keepAll)
        default: try act(step, numbers.below(actors.count), &numbers)
        }
    }

    // MARK: - Crashes

    private func policy(_ numbers: inout SplitMix64) -> CrashPolicy {
        switch numbers.below(8) {
        case 0: .dropAll
        case 1: .keepAll
        case 2: CrashPolicy(data: .only(numbers.below(max(1, disk.unsyncedData))), names: .keepAll)
        case 3: CrashPolicy(data: .allBut(numbers.below(max(1, disk.unsyncedData))), names: .keepAll)
        case 4: CrashPolicy(data: .keepAll, names: .only(numbers.below(max(1, disk.unsyncedNames))))
        case 5: CrashPolicy(data: .keepAll, names: .allBut(numbers.below(max(1, disk.unsyncedNames))))
        default: .seeded(numbers.next())
        }
    }

    /// Ends all processes, or the machine, and has the outcome judged; the history goes on from there.
    private mutating func crash(_ policy: CrashPolicy?, _ numbers: inout SplitMix64) throws {
        tell(policy.map { "\($0)" } ?? "all processes are killed")
        actors = [nil, nil, nil]
        let after = policy.map { disk.crashed($0) } ?? disk.killed()
        if mode == .crash { try judge(after, isSealing: numbers.chance(1, in: 3)) }
        goOn(with: after)
    }

    private mutating func judge(_ disk: SimulatedDisk, isSealing: Bool) throws {
        let copy = disk.killed()
        copy.setCapacity(bytes: nil)
        try stage.judge.judge(copy, promises, isSealing: isSealing)
        figures.judged += 2
    }

    private mutating func finish(_ numbers: inout SplitMix64) throws {
        tell("at the end: killed, and power cuts")
        try judge(disk.killed(), isSealing: numbers.chance(1, in: 2))
        for policy in [CrashPolicy.dropAll, policy(&numbers), .seeded(numbers.next())] {
            tell("at the end: \(policy)")
            try judge(disk.crashed(policy), isSealing: numbers.chance(1, in: 4))
        }
    }

    // MARK: - Processes

    /// Faults of a new process that say so; nil for one that lives in peace.
    private func faults(_ numbers: inout SplitMix64) -> (plan: FaultPlan, mayFail: Bool)? {
        guard numbers.chance(1, in: 2) else { return nil }
        let index = numbers.below(numbers.chance(1, in: 3) ? 40 : 250)
        let kills: [DiskFault] = [.killBefore, .killDuring, .killAfter]
        if numbers.chance(1, in: 4) {
            // Between two changes of names: where a step is missing, it is missing there.
            let countdown = Countdown(numbers.below(10))
            let kill = kills[2 * numbers.below(2)]
            return (FaultPlan { $0.operation.changesNames && countdown.isOver() ? kill : nil }, false)
        }
        guard mode == .crash, numbers.chance(1, in: 2) else { return (.at(index, kills[numbers.below(3)]), false) }
        let fault = [DiskFault.inputOutput, .noSpace, .shortWrite, .lyingSync, .readOnly][numbers.below(5)]
        let isLasting = numbers.chance(1, in: 4)
        let once = Once()
        let plan = FaultPlan { call in
            call.index >= index && Self.canAnswer(call.operation, fault) && (isLasting || once.isFirst()) ? fault : nil
        }
        return (plan, true)
    }

    /// Whether a kernel gives this answer to such a call.
    private static func canAnswer(_ operation: DiskCall.Operation, _ fault: DiskFault) -> Bool {
        switch fault {
        case .lyingSync: operation == .synchronize || operation == .syncDirectory
        case .noSpace, .shortWrite, .readOnly: operation.changesDisk
        default: operation != .lock && operation != .unlock
        }
    }

    private mutating func start(_ step: Int, _ index: Int, _ numbers: inout SplitMix64) throws {
        let faults = faults(&numbers)
        let name = "actor \(index)"
        tell("step \(step): \(name) opens the store\(faults == nil ? "" : ", with faults to come")")
        let process = disk.process(name, faults: Planted.faults(over: faults?.plan ?? .none))
        try attempt(index, mayFail: faults?.mayFail ?? false) { history in
            let lacking = Once()
            var options = Stage.options
            options.observer = { event in
                if case .readOnly(_, isComplete: false) = event { _ = lacking.isFirst() }
            }
            let store = try LogStore.open(at: Stage.root, in: process.surroundings, options: options)
            history.actors[index] = Actor(
                name: name,
                process: process,
                store: store,
                mayFail: faults?.mayFail ?? false,
                mayLack: lacking.hasHappened
            )
        }
        if !process.isAlive, numbers.chance(1, in: 2) { try crash(policy(&numbers), &numbers) }
    }

    /// Runs something that may fail where faults are planned, and may end its process.
    mutating func attempt(_ index: Int, mayFail: Bool, _ body: (inout History) throws -> Void) throws {
        do {
            try body(&self)
        } catch let error as StorageError {
            let failures: [StorageError.Code] = [.inputOutput, .noSpace, .readOnly, .poisoned]
            switch error.code {
            case .halted: actors[index] = nil
            case .noSpace where isFull: break
            case _ where mayFail && failures.contains(error.code): break
            default: throw error
            }
            tell("  \(error.code)")
        }
    }

    private mutating func act(_ step: Int, _ index: Int, _ numbers: inout SplitMix64) throws {
        guard let actor = actors[index] else { return try start(step, index, &numbers) }
        tell("step \(step): \(actor.name)")
        try attempt(index, mayFail: actor.mayFail) { try $0.act(actor, index, step, &numbers) }
        if actors[index] == nil, !actor.process.isAlive, numbers.chance(1, in: 3) {
            try crash(policy(&numbers), &numbers)
        }
    }
}

extension DiskCall.Operation {
    /// Whether the call changes names, or makes such changes durable.
    fileprivate var changesNames: Bool {
        switch self {
        case .create, .makeDirectory, .rename, .renameWithoutReplacing, .unlink, .removeDirectory, .syncDirectory: true
        default: false
        }
    }
}
