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
            // The last raw segment of a feed is the one in use.
            let inUse = active ? 0 : 1
            let waiting = try log.statistics().reduce(0) { $0 + max(0, $1.statistics.rawSegments - inUse) }
            session.console.line(.wouldSeal(waiting))
            session.console.json([
                ("sealed", .integer(0)), ("dry_run", .bool(true)), ("waiting", .integer(Int64(waiting))),
            ])
            return .success
        }
        if active { _ = try log.closeActiveSegments() }
        guard let result = try log.seal() else { throw Failure(.temporary, .sealingElsewhere) }
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
}
