import SimulatedNetwork
import Synchronization

/// Runs histories of many seeds on several cores.
struct Explorer: Sendable {
    let stages: Stages
    let jobs: Int

    struct Failure: Sendable {
        var seed: UInt64
        var message: String
    }

    /// What the seeds so far amounted to.
    struct Totals: Sendable {
        var seeds = 0
        var steps = 0
        var events = 0
        var virtualSeconds: UInt64 = 0
        var judge = Judge.Figures()
        var failures: [Failure] = []

        mutating func add(_ figures: History.Figures) {
            steps += figures.steps
            events += figures.events
            virtualSeconds += figures.virtualSeconds
            judge.add(figures.judge)
        }
    }

    private struct State: Sendable {
        var totals = Totals()
        var next: UInt64
        var told: ContinuousClock.Instant
    }

    /// - Parameters:
    ///   - first: The first seed.
    ///   - count: How many.
    ///   - seconds: Ends early after this long.
    ///   - failureLimit: Ends after so many failures.
    ///   - progress: Hears the totals every few seconds.
    /// - Returns: What the seeds amounted to, and those that failed.
    func run(
        first: UInt64,
        count: UInt64,
        seconds: Double,
        failureLimit: Int,
        progress: @escaping @Sendable (Totals, Duration) -> Void
    ) async -> Totals {
        let clock = ContinuousClock()
        let start = clock.now
        let shared = Shared(State(next: first, told: start))
        let (last, isEndless) = first.addingReportingOverflow(count)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<jobs {
                group.addTask {
                    while true {
                        let seed = shared.state.withLock { state in
                            defer { state.next += 1 }
                            return state.totals.failures.count < failureLimit ? state.next : nil
                        }
                        guard let seed, isEndless || seed < last, clock.now - start < .seconds(seconds) else { return }
                        one(seed, shared)
                        let now = clock.now
                        let told: Totals? = shared.state.withLock { state in
                            guard now - state.told > .seconds(10) else { return nil }
                            state.told = now
                            return state.totals
                        }
                        if let told { progress(told, now - start) }
                    }
                }
            }
        }
        return shared.state.withLock { $0.totals }
    }

    private final class Shared: Sendable {
        let state: Mutex<State>

        init(_ state: State) { self.state = Mutex(state) }
    }

    private func one(_ seed: UInt64, _ shared: Shared) {
        let outcome = Result { try History(seed: seed, stages: stages).run() }
        shared.state.withLock { state in
            state.totals.seeds += 1
            switch outcome {
            case .success(let figures): state.totals.add(figures)
            case .failure(let error): state.totals.failures.append(Failure(seed: seed, message: "\(error)"))
            }
        }
    }

    /// Leaves out every step without which it fails in the same way.
    ///
    /// - Returns: What is left, line by line, and how it fails; nil when it passes.
    func shortened(_ seed: UInt64, isLong: Bool) -> (lines: [String], message: String)? {
        func attempt(_ leftOut: Set<Int>) -> (rule: String, message: String)? {
            do {
                _ = try History(seed: seed, stages: stages, leftOut: leftOut).run()
                return nil
            } catch {
                return ((error as? World.Broken)?.rule ?? "\(type(of: error))", "\(error)")
            }
        }
        guard let whole = attempt([]) else { return nil }
        var leftOut: Set<Int> = []
        if !isLong {
            for step in (0..<History(seed: seed, stages: stages).stepCount).reversed() {
                if let shorter = attempt(leftOut.union([step])), shorter.rule == whole.rule { leftOut.insert(step) }
            }
        }
        let lines = Lines()
        do {
            _ = try History(seed: seed, stages: stages, leftOut: leftOut) { lines.all.append($0) }.run()
        } catch {
            return (lines.all, "\(error)")
        }
        return (
            lines.all + ["it passes when it is repeated: something in it does not come from the seed"], whole.message
        )
    }

    private final class Lines { var all: [String] = [] }
}
