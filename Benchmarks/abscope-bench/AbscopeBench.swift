import ArgumentParser
import Foundation

/// Measures Abscope beside its peers, in one run on one machine.
@main
struct AbscopeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abscope-bench",
        abstract: "Measures Abscope beside its peers, in one run on one machine.",
        discussion: """
            Absolute figures say little on a shared machine: what counts are the ratios of one run, in which ours and each \
            peer take turns. Every figure is the median of the rounds. Measures: \
            \(Measure.allCases.map(\.rawValue).joined(separator: ", ")).
            """
    )

    /// Which measures belong together, and the name of their file of results.
    enum Suite: String, ExpressibleByArgument, CaseIterable {
        case log, sync, scale
    }

    /// What can be measured by itself.
    enum Measure: String, ExpressibleByArgument, CaseIterable {
        case appendSingle = "append.single"
        case appendWriters = "append.writers64"
        case appendBatches = "append.batch1000"
        case importMillion = "import.million"
        case scan = "scan.sealed"
        case verify
        case get = "get.random"
        case seal, size, open, recover
        case rebuild = "view.rebuild"
        case show = "cli.show"
        case bootstrap
        case latency = "live.latency"
        case rate = "live.rate"
        case hub

        /// Whether it is one of the suite sync: bootstrap, live and hub with all that belongs to them.
        var isSync: Bool { [.bootstrap, .latency, .rate, .hub].contains(self) }
    }

    @Argument(help: "log: the log beside its peers; sync: two sites and a hub; scale: cost as a store grows.")
    var suite = Suite.log

    @Option(help: ArgumentHelp("Only this measure of log or sync; may be given again.", valueName: "measure"))
    var only: [Measure] = []

    @Option(help: "How often each is measured.")
    var rounds = 5

    @Option(help: "Entries where a measure says million; the largest store of scale.")
    var entries = 1_000_000

    @Option(help: ArgumentHelp("Where <suite>.json is written; nowhere with --only.", valueName: "folder"))
    var results = "Benchmarks/results"

    @Option(help: ArgumentHelp("Where abscope and abscoped are, built for release.", valueName: "folder"))
    var programs = ".build/release"

    @Flag(help: "End with status 1 when something misses what it has to reach.")
    var strict = false

    func validate() throws {
        guard rounds >= 1 else { throw ValidationError("--rounds is at least 1.") }
        guard entries >= 10_000 else { throw ValidationError("--entries is at least 10000.") }
        guard only.allSatisfy({ $0.isSync == (suite == .sync) }), only.isEmpty || suite != .scale else {
            throw ValidationError("--only names measures of the suite.")
        }
    }

    func run() throws {
        let bench = try Workbench(
            programs: programs,
            rounds: rounds,
            count: suite == .scale ? min(entries, 1_000_000) : entries
        )
        var report = Report()
        switch suite {
        case .log, .sync:
            let all = Measure.allCases.filter { $0.isSync == (suite == .sync) }
            for measure in only.isEmpty ? all : only { try run(measure, bench, &report) }
        case .scale: try ScaleMeasures(bench: bench).run(upTo: entries, &report)
        }
        try bench.remove()
        if only.isEmpty { try report.write(to: results, name: suite.rawValue) }
        let missed = report.missed
        if !missed.isEmpty { print("Missed: \(missed.joined(separator: "; ")).") }
        if strict, !missed.isEmpty { throw ExitCode.failure }
    }

    private func run(_ measure: Measure, _ bench: Workbench, _ report: inout Report) throws {
        let log = LogMeasures(bench: bench)
        let sealed = SealedMeasures(bench: bench)
        let stores = StoreMeasures(bench: bench)
        switch measure {
        case .open: return try stores.open(&report)
        case .recover: return try stores.recover(&report)
        case .rebuild: return try stores.rebuild(&report)
        case .show: return try stores.show(&report)
        case .bootstrap: return try BootstrapMeasures(bench: bench).run(&report)
        case .latency: return try LiveMeasures(bench: bench).latency(&report)
        case .rate: return try LiveMeasures(bench: bench).rate(&report)
        case .hub: return try HubMeasures(bench: bench).run(&report)
        default: break
        }
        for corpus in [Workbench.Corpora.records, .plain] {
            switch measure {
            case .appendSingle: try log.appendSingle(corpus, &report)
            case .appendWriters: try log.appendWriters(corpus, &report)
            case .appendBatches: try log.appendBatches(corpus, &report)
            case .importMillion: try log.importAll(corpus, &report)
            case .scan: try sealed.scan(corpus, &report)
            case .verify: try sealed.verify(corpus, &report)
            case .get: try sealed.get(corpus, &report)
            case .seal: try sealed.seal(corpus, &report)
            case .size: try sealed.size(corpus, &report)
            case .open, .recover, .rebuild, .show, .bootstrap, .latency, .rate, .hub: break
            }
        }
    }
}
