import ArgumentParser
import LogStore

/// `abscope incident list`.
struct IncidentList: StoreCommand {
    static let configuration = CommandConfiguration("list", .incidentList)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.allIncidents)) var all = false

    func perform(in session: Session) throws -> ExitStatus {
        session.repeatsIncidents = false
        let log = try session.log()
        let incidents = try log.allIncidents().filter { all || $0.isOpen }
        var table = Table([.init(.incidentNumber), .init(.since), .init(.kind), .init(.status), .init(.what)])
        for incident in incidents {
            table.add([
                incident.shortName, session.moment(incident.milliseconds), incident.kind,
                say(incident.isOpen ? Term.open : .closed), incident.text,
            ])
        }
        session.console.table(table, orElse: .noIncidents)
        session.console.json([("incidents", .array(incidents.map { $0.json(session) }))])
        return incidents.contains(where: \.isOpen) ? .findings : .success
    }
}
