import ArgumentParser
import CaseModel

/// `abscope report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "report",
        .report,
        subcommands: [
            ReportCounts.self, ReportResponse.self, ReportToxicity.self, ReportScreening.self, ReportSurvival.self,
        ]
    )
}

/// A report over every case that was not retracted.
protocol ReportingCommand: StoreCommand {
    associatedtype Count: ReportCount
    var by: String? { get }
    var stale: Bool { get }

    func count(_ field: ReportField?, in session: Session, _ clinic: Clinic) throws -> Count
}

extension ReportingCommand {
    func perform(in session: Session) throws -> ExitStatus {
        let field: ReportField? = try by.map { try Values.choice($0, of: "by") }
        let clinic = try session.clinic()
        let behind = try clinic.missingEntries(isStaleGood: stale)
        var count = try count(field, in: session, clinic)
        var cases = 0
        for record in try clinic.caseRecords() {
            let states = try clinic.states(of: record)
            guard states.first(where: { $0.id == record })?.standing != .retracted else { continue }
            cases += 1
            count.add(
                ReportedCase(record, states, person: try clinic.person(of: record), missing: clinic.missing)
            )
        }
        let report = count.report
        if behind > 0 { session.console.line(.missing(.stale(behind))) }
        show(report, of: cases, on: session.console)
        session.console.line(.setting(.restsOn(clinic.basis, Abscope.program)))
        session.console.json(
            [("cases", .integer(Int64(cases))), ("by", JSON(field?.rawValue))] + report.members + [
                ("frontier", .string(clinic.basis)), ("program", .string(Abscope.program)),
            ] + clinic.missingMembers(clinic.missing)
        )
        return behind > 0 || clinic.lostEntries > 0 ? .findings : .success
    }

    private func show(_ report: Report, of cases: Int, on console: Console) {
        var rest = report.rows[...]
        var isFirst = true
        // Rows of the same columns are one table.
        while let first = rest.first {
            let columns = first.values.map(\.column)
            let same = rest.prefix { $0.values.map(\.column) == columns }
            rest = rest.dropFirst(same.count)
            if !isFirst { console.line() }
            isFirst = false
            var table = Table([.init(.group)] + columns.map { Table.Column($0) })
            for row in same { table.add([row.group ?? say(Term.all)] + row.values.map { $0.value.text }) }
            console.table(table, orElse: .report(.nothing))
        }
        if report.rows.isEmpty { console.line(.report(.nothing)) }
        let leftOut = Report.Reason.allCases.compactMap { reason in report.leftOut[reason].map { (reason, $0) } }
        console.line(.report(.rests(on: cases, leftOut: leftOut.reduce(0) { $0 + $1.1 })))
        for (reason, number) in leftOut { console.line(.report(.leftOut(reason, number))) }
    }
}

extension Report {
    /// As in JSON.
    var members: [(String, JSON)] {
        [
            (
                "rows",
                .array(
                    rows.map { row in
                        .object(
                            [("group", JSON(row.group))] + row.values.map { ($0.column.rawValue, $0.value.json) }
                        )
                    }
                )
            ),
            (
                "left_out",
                .object(
                    Reason.allCases.compactMap { reason in
                        leftOut[reason].map { (reason.rawValue, .integer(Int64($0))) }
                    }
                )
            ),
        ]
    }
}

extension Report.Value {
    /// `9/68 (13.2 %)`; a share of nobody is none.
    var text: String {
        switch self {
        case .count(let number): String(number)
        case .share(let number, let all): "\(number)/\(all)" + (percent.map { " (\($0) %)" } ?? "")
        case .days(let days): days.map { String(describing: $0) } ?? "–"
        }
    }

    /// Of the counts themselves, to one decimal.
    private var percent: String? {
        guard case .share(let number, let all) = self, all > 0 else { return nil }
        do throws(RecordError) {
            return try (ExactRatio(Int64(number) * 100) / ExactRatio(Int64(all))).digits(places: 1)
        } catch {
            return nil
        }
    }

    var json: JSON {
        switch self {
        case .count(let number): .integer(Int64(number))
        case .share(let number, let all):
            .object([
                ("numerator", .integer(Int64(number))), ("denominator", .integer(Int64(all))),
                ("percent", JSON(percent)),
            ])
        case .days(let days): JSON(days.map { String(describing: $0) })
        }
    }
}
