import Glibc
import LogFormat
import SimulatedStorage

/// Proves the log on simulated disks: `make crash`, `make mutants`.
@main
struct Program {
    static let usage = """
        abscope-crash --seeds COUNT [--first SEED] [--seconds LIMIT]   random histories, in both modes
        abscope-crash --seed SEED                                      one of them again, shortened, with its calls
        abscope-crash --small                                          every crash of small workloads
        abscope-crash --flips [STRIDE]                                 every byte of a store turned over
        abscope-crash --hunt SECONDS                                   whether anything finds the bug that is planted
        abscope-crash --list-bugs                                      the seeded bugs there are
          --mode crash|damage    only one     --jobs COUNT    cores, by default 2
        """

    static func main() async throws {
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
            for bug in SeededBug.allCases where !SeededBug.ofSync.contains(bug) { print(bug.rawValue) }
            return
        }
        let stage = try Stage()
        let explorer = Explorer(stage: stage, jobs: Int(number("--jobs", default: 2)))
        var modes = History.Mode.allCases
        if let name = options["--mode"] {
            guard let mode = History.Mode(rawValue: name) else { fail(usage) }
            modes = [mode]
        }
        if options["--hunt"] != nil {
            try await hunt(explorer, seconds: Double(number("--hunt", default: 60)))
        } else if options["--small"] != nil {
            try await small(stage)
        } else if let stride = options["--flips"] {
            try await flips(stage, stride: Int(stride) ?? 1, allBits: options["--bits"] == "all", jobs: explorer.jobs)
        } else if options["--seed"] != nil {
            replay(number("--seed", default: 0), modes, explorer)
        } else if options["--seeds"] != nil {
            await explore(
                number("--seeds", default: 1_000),
                number("--first", default: 0),
                modes,
                explorer,
                seconds: Double(number("--seconds", default: 86_400))
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
        let rate = Int(Double(totals.seeds) / max(seconds, 0.001))
        return
            "\(totals.seeds) seeds, \(totals.steps) steps, \(totals.judged) disks judged; after damage \(totals.intact)"
            + " entries intact, \(totals.named) named, \(totals.unwitnessed) beyond any local witness;"
            + " \(Int(seconds)) s, \(rate) seeds a second"
    }

    private static func explore(
        _ count: UInt64,
        _ first: UInt64,
        _ modes: [History.Mode],
        _ explorer: Explorer,
        seconds: Double
    ) async {
        let clock = ContinuousClock()
        let start = clock.now
        let totals = await explorer.run(first: first, count: count, modes: modes, seconds: seconds, failureLimit: 5) {
            print(describe($0, $1))
            fflush(nil)
        }
        print(describe(totals, clock.now - start))
        guard !totals.failures.isEmpty else { return print("no failure") }
        for failure in totals.failures.sorted(by: { $0.seed < $1.seed }) {
            print("\nFAILED: seed \(failure.seed), \(failure.mode): \(failure.message)")
            print("again, with every call: make crash SEED=\(failure.seed)")
            show(explorer.shortened(failure.seed, failure.mode), isLong: false)
        }
        exit(1)
    }

    private static func replay(_ seed: UInt64, _ modes: [History.Mode], _ explorer: Explorer) {
        var hasFailed = false
        for mode in modes {
            guard let short = explorer.shortened(seed, mode) else {
                print("seed \(seed), \(mode): passes")
                continue
            }
            hasFailed = true
            print("seed \(seed), \(mode): \(short.message)")
            show(short, isLong: true)
        }
        if hasFailed { exit(1) }
    }

    private static func show(_ short: (lines: [String], message: String, calls: [String])?, isLong: Bool) {
        guard let short else {
            return print("  it passes when it is repeated: something in it does not come from the seed")
        }
        for line in short.lines { print("  \(line)") }
        print("  => \(short.message)")
        if isLong { for call in short.calls { print("    \(call)") } }
    }

    /// Ends with success when something fails, as it must with a bug planted.
    private static func hunt(_ explorer: Explorer, seconds: Double) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let found: @Sendable (String) -> Never = { what in
            print("found in \(clock.now - start) by \(what)")
            exit(0)
        }
        let sweep: ByteSweep
        do {
            sweep = try ByteSweep(from: explorer.stage.disk, explorer.stage.judge)
        } catch {
            found("the making of the store that is to be damaged: \(error)")
        }
        // What is quick comes first.
        await huntSmall(explorer.stage, isTwice: false, found)
        let flips = await turnOver(sweep, stride: 3, allBits: false, jobs: explorer.jobs)
        if let failure = flips.failures.first { found("a turned byte, one of \(flips.bytes): \(failure)") }
        let totals = await explorer.run(
            first: 0,
            count: .max,
            modes: History.Mode.allCases,
            seconds: seconds / 2,
            failureLimit: 1,
            progress: { _, _ in }
        )
        if let failure = totals.failures.min(by: { $0.seed < $1.seed }) {
            found("seed \(failure.seed) (\(failure.mode)), one of \(totals.seeds): \(failure.message)")
        }
        await huntSmall(explorer.stage, isTwice: true, found)
        print("NOT FOUND in \(clock.now - start), \(totals.seeds) seeds")
        exit(1)
    }

    private static func huntSmall(
        _ stage: Stage,
        isTwice: Bool,
        _ found: @escaping @Sendable (String) -> Never
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for name in SmallWorkloads.Name.allCases {
                group.addTask {
                    do {
                        _ = try SmallWorkloads(stage: stage).run(name, isTwice: isTwice)
                    } catch {
                        found("the small workload \(name): \(error)")
                    }
                }
            }
        }
    }

    private static func small(_ stage: Stage) async throws {
        let clock = ContinuousClock()
        var hasFailed = false
        // Each of them on one core; there are more of them than cores.
        await withTaskGroup(of: (line: String, isGood: Bool).self) { group in
            for name in SmallWorkloads.Name.allCases {
                group.addTask {
                    let start = clock.now
                    do {
                        let judged = try SmallWorkloads(stage: stage).run(name)
                        return ("\(name): \(judged) disks judged, \(clock.now - start)", true)
                    } catch {
                        return ("FAILED: \(name): \(error)", false)
                    }
                }
            }
            for await (line, isGood) in group {
                print(line)
                if !isGood { hasFailed = true }
            }
        }
        if hasFailed { exit(1) }
    }

    private static func turnOver(
        _ sweep: ByteSweep,
        stride: Int,
        allBits: Bool,
        jobs: Int
    ) async -> ByteSweep.Figures {
        var total = ByteSweep.Figures()
        await withTaskGroup(of: ByteSweep.Figures.self) { group in
            for job in 0..<jobs {
                group.addTask { sweep.run(stride: stride * jobs, from: job * stride, bits: allBits ? 0...7 : nil) }
            }
            for await part in group {
                total.files = part.files
                total.bytes += part.bytes
                total.judged += part.judged
                total.regions.merge(part.regions) { $0 + $1 }
                total.failures += part.failures
            }
        }
        return total
    }

    private static func flips(_ stage: Stage, stride: Int, allBits: Bool, jobs: Int) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let sweep = try ByteSweep(from: stage.disk, stage.judge)
        let total = await turnOver(sweep, stride: stride, allBits: allBits, jobs: jobs)
        for (name, count) in total.regions.sorted(by: { $0.key < $1.key }) { print("  \(count) bytes: \(name)") }
        print("\(total.bytes) bytes of \(total.files) files, \(total.judged) disks judged, \(clock.now - start)")
        for failure in total.failures.prefix(40) { print("FAILED: \(failure)") }
        guard total.failures.isEmpty else {
            print("\(total.failures.count) failures")
            exit(1)
        }
    }
}
