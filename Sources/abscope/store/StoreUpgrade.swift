import ArgumentParser
import LogStore

/// `abscope store upgrade`.
struct StoreUpgrade: StoreCommand {
    static let configuration = CommandConfiguration("upgrade", .storeUpgrade)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        let progress = SharedProgress(.upgrading, .segments, on: session.console)
        defer { progress.finish() }
        let result = try LogStore.upgrade(
            at: session.storePath,
            in: session.surroundings,
            isDryRun: dryRun,
            progress: { progress.advance(to: UInt64($0), of: UInt64($1)) }
        )
        progress.finish()
        let isNeeded = result.formerVersion != result.version
        if !isNeeded {
            session.console.line(.upgradeNotNeeded(result.version))
        } else if dryRun {
            session.console.line(
                .wouldUpgrade(from: result.formerVersion, to: result.version, segments: result.segments)
            )
            session.console.line(.upgradeOneWay)
        } else {
            session.console.line(.upgraded(from: result.formerVersion, to: result.version, segments: result.segments))
            session.console.line(.upgradedProve)
        }
        var members: [(String, JSON)] = [("upgraded", .bool(isNeeded && !dryRun))]
        if dryRun { members.append(("dry_run", .bool(true))) }
        members += [
            ("former_format", .integer(Int64(result.formerVersion))), ("format", .integer(Int64(result.version))),
            ("segments", .integer(Int64(result.segments))),
        ]
        session.console.json(members)
        return .success
    }
}
