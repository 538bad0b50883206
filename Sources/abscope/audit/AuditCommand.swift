import ArgumentParser
import CaseModel
import LogFormat

/// `abscope audit`: every change there is, and nothing turns it off.
struct AuditCommand: StoreCommand {
    static let configuration = CommandConfiguration("audit", .audit)

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("case"), help: .option(.caseNumber)) var caseNumber: String?
    @Option(name: .customLong("by"), help: .option(.auditBy)) var who: String?
    @Option(name: .long, help: .option(.auditSince)) var since: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let from = try since.map { try Values.day($0, of: "since", today: try session.today()) }
        let operators = try clinic.operators()
        let key = who.map { TypedText.folded($0).lowercased() }
        var lines: [(moment: Int64, id: RecordID, number: String, line: HistoryLine)] = []
        func take(_ states: [RecordState], number: String) {
            for state in states {
                for change in state.changes {
                    // A clock that stood outside the calendar is shown, not left out.
                    if let from, let day = change.context.recorded.day, day < from { continue }
                    let line = HistoryLine(change, of: state, operators, clinic.names)
                    if let key, !TypedText.folded(line.who).lowercased().contains(key) { continue }
                    lines.append((change.context.recorded.milliseconds, change.id, number, line))
                }
            }
        }
        let cases = try caseNumber.map { [try session.caseRecord($0, in: clinic)] } ?? (try clinic.caseRecords())
        var seen: Set<RecordID> = []
        for record in cases {
            let person = try clinic.person(of: record)
            // A person of several cases stands once.
            let persons = [person].compactMap(\.self).filter { seen.insert($0.id).inserted }
            take(persons + (try clinic.states(of: record)), number: try clinic.caseNumber(record))
        }
        if caseNumber == nil { take(operators + (try clinic.settingRecords()), number: "") }
        lines.sort { ($0.moment, $0.id) < ($1.moment, $1.id) }
        var table = Table(
            [
                .init(.caseNumber), .init(.when), .init(.site), .init(.who), .init(.kind), .init(.what), .init(.late),
                .init(.why), .init(.reference),
            ],
            isWhole: true
        )
        for (_, _, number, line) in lines {
            let late = line.lateDays.map { say(.daysLate($0)) } ?? ""
            table.add([number] + line.cells.dropLast(2) + [late] + line.cells.suffix(2))
        }
        session.console.table(table, orElse: .noHistory)
        let lost = clinic.lostEntries + clinic.missingEntries
        if lost > 0 { session.console.line(.missing(.incomplete(lost, clinic.places(clinic.missing)))) }
        session.console.json(
            [
                (
                    "changes",
                    .array(lines.map { .object([("case", .string($0.number)), ("change", $0.line.json)]) })
                )
            ] + clinic.missingMembers(clinic.missing)
        )
        return lost > 0 ? .findings : .success
    }
}
