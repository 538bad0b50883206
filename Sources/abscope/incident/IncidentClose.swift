import ArgumentParser
import LogStore

/// `abscope incident close`.
struct IncidentClose: StoreCommand {
    static let configuration = CommandConfiguration("close", .incidentClose)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.incidentName)) var incident: String
    @Option(name: .long, help: .option(.incidentReason)) var reason: String?
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let found = try log.incident(named: incident)
        session.console.line("\(found.shortName): \(found.text)".safeForTerminal)
        var members: [(String, JSON)] = [("incident", .string(found.id))]
        guard found.isOpen else {
            session.console.line(.incidentClosedAlready)
            session.console.json([("closed", .bool(false))] + members)
            return .success
        }
        guard !dryRun else {
            session.console.line(.wouldCloseIncident)
            session.console.json([("closed", .bool(false)), ("dry_run", .bool(true))] + members)
            return .success
        }
        let form = try Form(
            [Form.Field("reason", reason, asks: .incidentReason, isRequired: true)],
            reading: .nothing,
            from: session.input
        )
        let kept = try log.closeIncident(found.id, by: session.account, how: form.value("reason"))
        members.append(("kept", .bool(kept != nil)))
        session.console.line(kept == nil ? .incidentToQuarantine : .incidentClosed)
        session.console.json([("closed", .bool(true))] + members)
        return .success
    }
}
