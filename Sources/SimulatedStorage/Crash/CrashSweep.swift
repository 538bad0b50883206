import Synchronization

/// Runs a workload once and has a judge look at what every possible crash leaves.
///
/// Before each call of the workload that changes the disk, and at its end, copies of the disk are made: all processes killed; the power
/// cut with everything unsynced lost, with everything kept, with single items kept or lost, and with seeded mixtures.
/// The workload itself goes on undisturbed, so a sweep costs one run and the judging of its copies, not a run per point.
package struct CrashSweep: Sendable {
    /// At how many single unsynced items (sectors, sizes, names) of one point the power is cut with exactly that one
    /// kept, and again with exactly that one lost. Where there are more, as many are taken evenly.
    package var singleItems: Int
    /// How many seeded mixtures are judged at each point.
    package var seededCuts: Int
    /// Every how many calls a point is judged; 1 for all.
    package var stride: Int

    /// - Parameters:
    ///   - singleItems: Single items kept or lost at each point.
    ///   - seededCuts: Seeded mixtures at each point.
    ///   - stride: Every how many calls a point is judged.
    package init(singleItems: Int = 4, seededCuts: Int = 2, stride: Int = 1) {
        self.singleItems = singleItems
        self.seededCuts = seededCuts
        self.stride = stride
    }

    /// Sweeps.
    ///
    /// - Parameters:
    ///   - disk: The disk the workload works on.
    ///   - workload: What is broken off; it runs to its end.
    ///   - judge: Looks at a disk nobody runs on and throws when something is wrong with it.
    /// - Returns: How many disks were judged.
    /// - Throws: A ``CrashFailure`` for the first disk the judge did not accept, or what the workload threw.
    @discardableResult
    package func run(
        on disk: SimulatedDisk,
        workload: () throws -> Void,
        judge: @escaping @Sendable (SimulatedDisk, CrashPoint) throws -> Void
    ) throws -> Int {
        let sweep = self
        let verdicts = Verdicts(disk: disk, judge: judge)
        disk.observeHalfway { call, after in
            verdicts.look(at: after, CrashPoint(call: call, cut: .killHalfway))
        }
        // Between two calls that change the disk it stays the same and acknowledgements only grow, so the moment before
        // the second is the one that asks most.
        disk.observeBefore { call in
            guard call.operation.changesDisk else { return }
            let turn = verdicts.nextTurn()
            if turn % sweep.stride == 0 { sweep.crash(disk, before: call, turn: turn, verdicts) }
        }
        defer {
            disk.observeBefore(nil)
            disk.observeHalfway(nil)
        }
        try workload()
        sweep.crash(disk, before: nil, turn: verdicts.nextTurn(), verdicts)
        return try verdicts.close()
    }

    private func crash(_ disk: SimulatedDisk, before call: DiskCall?, turn: Int, _ verdicts: Verdicts) {
        verdicts.look(at: disk.killed(), CrashPoint(call: call, cut: .kill))
        for policy in policies(for: disk, turn: turn) {
            verdicts.look(at: disk.crashed(policy), CrashPoint(call: call, cut: .power(policy)))
        }
    }

    private func policies(for disk: SimulatedDisk, turn: Int) -> [CrashPolicy] {
        var policies: [CrashPolicy] = [.dropAll, .keepAll]
        for item in spread(disk.unsyncedData) {
            policies.append(CrashPolicy(data: .only(item), names: .keepAll))
            policies.append(CrashPolicy(data: .allBut(item), names: .keepAll))
        }
        for item in spread(disk.unsyncedNames) {
            policies.append(CrashPolicy(data: .keepAll, names: .only(item)))
            policies.append(CrashPolicy(data: .keepAll, names: .allBut(item)))
        }
        for round in 0..<seededCuts {
            policies.append(.seeded(SplitMix64.mix(disk.seed, UInt64(turn * 64 + round))))
        }
        return policies
    }

    private func spread(_ count: Int) -> [Int] {
        guard count > singleItems else { return Array(0..<count) }
        return (0..<singleItems).map { $0 * count / singleItems }
    }
}

/// What the judge said so far.
private final class Verdicts: Sendable {
    private struct State {
        var turns = 0
        var judged = 0
        var failure: CrashFailure?
    }

    private let state = Mutex(State())
    private let seed: UInt64
    private let judge: @Sendable (SimulatedDisk, CrashPoint) throws -> Void

    init(disk: SimulatedDisk, judge: @escaping @Sendable (SimulatedDisk, CrashPoint) throws -> Void) {
        self.seed = disk.seed
        self.judge = judge
    }

    func nextTurn() -> Int {
        state.withLock { state in
            defer { state.turns += 1 }
            return state.turns
        }
    }

    func look(at disk: SimulatedDisk, _ point: CrashPoint) {
        guard state.withLock({ $0.failure == nil }) else { return }
        do {
            try judge(disk, point)
            state.withLock { $0.judged += 1 }
        } catch {
            state.withLock { $0.failure = CrashFailure(point: point, seed: seed, cause: error) }
        }
    }

    func close() throws -> Int {
        let (judged, failure) = state.withLock { ($0.judged, $0.failure) }
        if let failure { throw failure }
        return judged
    }
}
