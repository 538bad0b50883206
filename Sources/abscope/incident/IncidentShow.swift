import ArgumentParser
import LogStore

/// `abscope incident show`.
struct IncidentShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .incidentShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.incidentName)) var incident: String

    func perform(in session: Session) throws -> ExitStatus {
        session.repeatsIncidents = false
        let found = try session.log().incident(named: incident)
        let console = session.console
        console.line(console.style.bold(found.id))
        for (term, text) in lines(of: found, session) { console.line("  \(say(term)): \(text)".safeForTerminal) }
        console.json([("incident", found.json(session))])
        return .success
    }

    private func lines(of incident: Incident, _ session: Session) -> [(Term, String)] {
        var lines: [(Term, String)] = [
            (.since, session.moment(incident.milliseconds)), (.kind, incident.kind), (.what, incident.text),
        ]
        if let feed = incident.feed { lines.append((.feed, feed)) }
        if let positions = incident.positions {
            lines.append((.position, say(.positions(from: positions.lowerBound, to: positions.upperBound))))
        }
        guard let closing = incident.closing else { return lines + [(.status, say(Term.open))] }
        return lines + [
            (.status, say(Term.closed)), (.whenClosed, session.moment(closing.milliseconds)), (.who, closing.by),
            (.why, closing.how),
        ]
    }
}
