import SimulatedStorage
import Synchronization

/// Runs histories of many seeds, in both modes, on several cores.
struct Explorer: Sendable {
    let stage: Stage
    let jobs: Int

    /// The first seed that failed in a mode.
    struct Failure: Sendable {
        var seed: UInt64
        var mode: History.Mode
        var message: String
    }

    /// What the seeds so far amounted to.
    struct Totals: Sendable {
        var seeds = 0
        var steps = 0
        var judged = 0
        var intact = 0
        var named = 0
        var unwitnessed = 0
        var failures: [Failure] = []
    }

    private final class Shared: Sendable {
        let totals = Mutex(Totals())
        let next: Mutex<UInt64>
        private let told: Mutex<ContinuousClock.Instant>

        init(first: UInt64, start: ContinuousClock.Instant) {
            next = Mutex(first)
            told = Mutex(start)
        }

        /// Whether nobody was told of the progress for a while.
        func isDue(_ now: ContinuousClock.Instant) -> Bool {
            told.withLock { told in
                guard now - told > .seconds(10) else { return false }
                told = now
                return true
            }
        }
    }

    /// - Parameters:
    ///   - first: The first seed.
    ///   - count: How many.
    ///   - modes: In which modes.
    ///   - seconds: Ends early after this long.
    ///   - failureLimit: Ends after so many failures.
    ///   - progress: Hears the totals every few seconds.
    /// - Returns: What the seeds amounted to, and those that failed.
    func run(
        first: UInt64,
        count: UInt64,
        modes: [History.Mode],
        seconds: Double,
        failureLimit: Int,
        progress: @escaping @Sendable (Totals, Duration) -> Void
    ) async -> Totals {
        let clock = ContinuousClock()
        let start = clock.now
        let shared = Shared(first: first, start: start)
        let last = first + count
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<jobs {
                group.addTask {
                    while true {
                        let seed = shared.next.withLock { next in
                            defer { next += 1 }
                            return next
                        }
                        let isEnough = shared.totals.withLock { $0.failures.count >= failureLimit }
                        guard seed < last, !isEnough, clock.now - start < .seconds(seconds) else { return }
                        for mode in modes { one(seed, mode, shared) }
                        shared.totals.withLock { $0.seeds += 1 }
                        let now = clock.now
                        if shared.isDue(now) { progress(shared.totals.withLock { $0 }, now - start) }
                    }
                }
            }
        }
        return shared.totals.withLock { $0 }
    }

    private func one(_ seed: UInt64, _ mode: History.Mode, _ shared: Shared) {
        var history = History(seed: seed, mode: mode, stage: stage)
        var message: String?
        do {
            try history.run()
        } catch {
            message = "\(error)"
        }
        let figures = history.figures
        let found = message
        shared.totals.withLock { totals in
            totals.steps += figures.steps
            totals.judged += figures.judged
            totals.intact += figures.damage.intact
            totals.named += figures.damage.named
            totals.unwitnessed += figures.damage.unwitnessed
            if let found { totals.failures.append(Failure(seed: seed, mode: mode, message: found)) }
        }
    }

    /// Leaves out every step without which it fails in the same way: other numbers in the message are the same way.
    ///
    /// - Returns: What is left, line by line, and how it fails.
    func shortened(_ seed: UInt64, _ mode: History.Mode) -> (lines: [String], message: String, calls: [String])? {
        func attempt(_ leftOut: Set<Int>, records: Bool = false) -> (lines: [String], message: String, calls: [String])?
        {
            var lines: [String] = []
            var history = History(seed: seed, mode: mode, stage: stage, leftOut: leftOut, recordsCalls: records) {
                lines.append($0)
            }
            do {
                try history.run()
                return nil
            } catch {
                return (lines, "\(error)", history.calls.map(\.description))
            }
        }
        func way(_ message: String) -> String { String(message.filter { !$0.isHexDigit }.prefix(120)) }
        guard let whole = attempt([]) else { return nil }
        var leftOut: Set<Int> = []
        for step in (0..<History(seed: seed, mode: mode, stage: stage).stepCount).reversed() {
            guard let shorter = attempt(leftOut.union([step])), way(shorter.message) == way(whole.message) else {
                continue
            }
            leftOut.insert(step)
        }
        return attempt(leftOut, records: true)
    }
}
