import ArgumentParser
import LogFormat
import LogStore

/// `abscope view rebuild`.
struct ViewRebuild: StoreCommand {
    static let configuration = CommandConfiguration("rebuild", .viewRebuild)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        guard !dryRun else {
            let entries = try session.log().frontier().rows.reduce(0) { $0 + $1.head.position }
            session.console.line(.wouldRebuild(entries))
            session.console.json([("rebuilt", .bool(false)), ("dry_run", .bool(true)), ("entries", JSON(entries))])
            return .success
        }
        let clinic = try session.clinic()
        let progress = SharedProgress(.rebuilding, .entries, on: session.console)
        defer { progress.finish() }
        var entries: UInt64 = 0
        try clinic.rebuild { done, total in
            entries = total
            progress.advance(to: done, of: total)
        }
        session.console.line(.viewRebuilt(entries: entries))
        session.console.json([("rebuilt", .bool(true)), ("entries", JSON(entries))])
        return .success
    }
}
