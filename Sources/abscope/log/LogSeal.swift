import ArgumentParser
import LogFormat
import LogStore

/// `abscope log seal`.
struct LogSeal: StoreCommand {
    static let configuration = CommandConfiguration("seal", .logSeal)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false
    @Flag(name: .long, help: .option(.sealActive)) var active = false

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        guard !dryRun else {
            let waiting = try waiting(in: log, besides: active ? 0 : 1)
            session.console.line(.wouldSeal(waiting))
            session.console.json([
                ("sealed", .integer(0)), ("dry_run", .bool(true)), ("waiting", .integer(Int64(waiting))),
            ])
            return .success
        }
        if active { _ = try log.closeActiveSegments() }
        // Those in use were just ended, where that was asked for, and each has a successor.
        let total = UInt64(try waiting(in: log, besides: 1))
        let progress = SharedProgress(.sealing, .segments, on: session.console)
        defer { progress.finish() }
        var done: UInt64 = 0
        let sealed = try log.seal { _, _ in
            done += 1
            progress.advance(to: done, of: total)
        }
        progress.finish()
        guard let result = sealed else { throw Failure(.temporary, .sealingElsewhere) }
        session.console.line(result.segments == 0 ? .nothingToSeal : .sealedSegments(result.segments))
        if let saved = Quantities.percent(result.sealedBytes, of: result.rawBytes) {
            session.console.line(
                .sealedTo(Quantities.bytes(result.rawBytes), Quantities.bytes(result.sealedBytes), saved)
            )
        }
        session.console.json([
            ("sealed", .integer(Int64(result.segments))), ("raw_bytes", JSON(result.rawBytes)),
            ("sealed_bytes", JSON(result.sealedBytes)),
        ])
        return .success
    }

    /// Raw segments, without the last `inUse` of each feed, for the last one is that in use.
    private func waiting(in log: LogStore, besides inUse: Int) throws -> Int {
        try log.statistics().reduce(0) { $0 + max(0, $1.statistics.rawSegments - inUse) }
    }
}
