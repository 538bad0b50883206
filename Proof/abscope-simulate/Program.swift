import Glibc
import LogFormat
import SimulatedNetwork
import SimulatedStorage

/// Proves sync between sites in virtual time: `make simulate`, `make sync-mutants`.
@main
struct Program {
    static let usage = """
        abscope-simulate --seeds COUNT [--first SEED] [--seconds LIMIT]   random histories of sites, networks and couriers
        abscope-simulate --seed SEED                                      one of them again, shortened, event by event
        abscope-simulate --hunt SECONDS                                   whether anything finds the bug that is planted
        abscope-simulate --list-bugs                                      the seeded bugs of sync
          --jobs COUNT    cores, by default 2     --long    replay without leaving steps out
        """

    static func main() async throws {
        // Swift seeds hashing anew in every process; where the order of a dictionary matters after all, a seed still has to
        // give the same history again.
        if unsafe getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
            unsafe setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
            unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
            fail("the program can not be started again")
        }
        var options: [String: String] = [:]
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            guard word.hasPrefix("--") else { fail(usage) }
            options[word] = words.first.map { $0.hasPrefix("--") ? "" : words.removeFirst() } ?? ""
        }
        func number(_ name: String, default value: UInt64) -> UInt64 {
            guard let text = options[name] else { return value }
            guard let number = UInt64(text) else { fail("\(name) needs a whole number.\n\(usage)") }
            return number
        }
        if options["--list-bugs"] != nil {
            for bug in SeededBug.ofSync { print(bug.rawValue) }
            return
        }
        let explorer = Explorer(stages: try Stages(), jobs: Int(number("--jobs", default: 2)))
        if options["--hunt"] != nil {
            await hunt(explorer, seconds: Double(number("--hunt", default: 60)))
        } else if options["--seed"] != nil {
            replay(number("--seed", default: 0), explorer, isLong: options["--long"] != nil)
        } else if options["--seeds"] != nil {
            await explore(
                number("--seeds", default: 1_000),
                number("--first", default: 0),
                explorer,
                seconds: Double(number("--seconds", default: 86_400)),
                failureLimit: Int(number("--failures", default: 5))
            )
        } else {
            fail(usage)
        }
    }

    static func fail(_ text: String) -> Never {
        print(text)
        exit(2)
    }

    private static func describe(_ totals: Explorer.Totals, _ time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let judge = totals.judge
        return
            "\(totals.seeds) seeds, \(totals.steps) steps, \(totals.events) events, \(totals.virtualSeconds / 3600) hours"
            + " of sites; \(judge.acknowledged) entries acknowledged, \(judge.sentBytes) bytes sent,"
            + " \(judge.claims) times in sync, \(judge.urgent) urgent entries expected and there at most"
            + " \(judge.urgentNanoseconds / 1_000_000) ms beyond a round trip; \(judge.waitingBytes) and"
            + " \(judge.bufferedBytes) bytes waited at most on the way in and out; \(Int(seconds)) s,"
            + " \(Int(Double(totals.seeds) / max(seconds, 0.001))) seeds a second"
            + (totals.failures.isEmpty
                ? "" : "; failed so far: " + totals.failures.map { "\($0.seed)" }.joined(separator: " "))
    }

    private static func explore(
        _ count: UInt64,
        _ first: UInt64,
        _ explorer: Explorer,
        seconds: Double,
        failureLimit: Int
    ) async {
        let clock = ContinuousClock()
        let start = clock.now
        let totals = await explorer.run(first: first, count: count, seconds: seconds, failureLimit: failureLimit) {
            print(describe($0, $1))
            fflush(nil)
        }
        print(describe(totals, clock.now - start))
        guard !totals.failures.isEmpty else { return print("no failure") }
        for failure in totals.failures.sorted(by: { $0.seed < $1.seed }) {
            print("FAILED: seed \(failure.seed): \(failure.message)")
            print("again, event by event: make simulate SEED=\(failure.seed)")
        }
        exit(1)
    }

    private static func replay(_ seed: UInt64, _ explorer: Explorer, isLong: Bool) {
        guard let short = explorer.shortened(seed, isLong: isLong) else {
            print("seed \(seed): passes")
            return
        }
        for line in short.lines { print("  \(line)") }
        print("seed \(seed): \(short.message)")
        exit(1)
    }

    /// Ends with success when something fails, as it must with a bug planted.
    private static func hunt(_ explorer: Explorer, seconds: Double) async {
        let clock = ContinuousClock()
        let start = clock.now
        let totals = await explorer.run(first: 0, count: .max, seconds: seconds, failureLimit: 1, progress: { _, _ in })
        if let failure = totals.failures.min(by: { $0.seed < $1.seed }) {
            print("found in \(clock.now - start) by seed \(failure.seed), one of \(totals.seeds): \(failure.message)")
            exit(0)
        }
        print("NOT FOUND in \(clock.now - start), \(totals.seeds) seeds")
        exit(1)
    }
}
