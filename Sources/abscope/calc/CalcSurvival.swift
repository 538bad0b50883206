import ArgumentParser
import CaseModel

/// `abscope calc survival`.
struct CalcSurvival: Calculation {
    static let configuration = CommandConfiguration("survival", .calcSurvival)

    /// More lines than any registry has patients.
    private static let limitBytes = 512 << 20

    @OptionGroup var common: CalcOptions
    @Argument(help: .option(.calcFile), completion: .file(extensions: ["csv"])) var file: String
    @Option(name: .long, help: .option(.timeColumn)) var time: String
    @Option(name: .long, help: .option(.eventColumn)) var event: String
    @Option(name: .long, help: .option(.eventValue)) var eventValue: String?
    @Option(name: .long, help: .option(.byColumn)) var by: String?
    @Option(name: .long, help: .option(.atDays)) var atDays: [String] = []

    func answer() throws -> CalcAnswer {
        let moments = try atDays.map { try Values.decimal($0, of: "at-days") }
        let table = try CSVTable(parsing: try WholeFile.read(file, limitBytes: Self.limitBytes))
        if let refusal = table.refusals.first { throw Failure(refusal.error) }
        let columns = try table.columns([time, event] + (by.map { [$0] } ?? []))
        var groups: [String?: [KaplanMeier.Subject]] = [:]
        for row in table.rows {
            let stratum = by == nil ? nil : row.fields[columns[2]].text
            groups[stratum, default: []].append(
                KaplanMeier.Subject(
                    days: try days(row.fields[columns[0]]),
                    isEvent: try isEvent(row.fields[columns[1]])
                )
            )
        }
        guard !groups.isEmpty else { throw Failure(.dataError, .calcNoRows) }
        var answer = CalcAnswer()
        answer.add(.formula, KaplanMeier.formula)
        answer.add(.file, file)
        answer.add(.timeColumn, time)
        answer.add(.eventColumn, event)
        answer.add(.eventValue, eventValue ?? "1")
        answer.add(.by, by)
        let strata = groups.keys.sorted { $0 ?? "" < $1 ?? "" }
        answer.add(.strata, .list(try strata.map { try shown($0, KaplanMeier(groups[$0] ?? []), moments) }))
        return answer
    }

    /// To twelve decimals, of which people are shown four.
    private static func share(_ value: Double?) throws -> CalcAnswer.Value {
        guard let value else { return .none }
        let unit: Int64 = 1_000_000_000_000
        return .ratio(try ExactRatio(Int64((value * Double(unit)).rounded())) / ExactRatio(unit), places: 4)
    }

    private func shown(
        _ stratum: String?,
        _ curve: KaplanMeier,
        _ moments: [DecimalNumber]
    ) throws -> CalcAnswer.Value {
        .object([
            (.stratum, CalcAnswer.Value(stratum)), (.n, .whole(Int64(curve.subjects))),
            (.events, .whole(Int64(curve.events))), (.medianDays, CalcAnswer.Value(curve.medianDays)),
            (.medianLower, CalcAnswer.Value(curve.medianLowerDays)),
            (.medianUpper, CalcAnswer.Value(curve.medianUpperDays)),
            (
                .at,
                .list(
                    try moments.map { moment in
                        let there = curve.survival(atDays: moment)
                        return .object([
                            (.days, .decimal(moment)), (.survival, try Self.share(there?.survival)),
                            (.atRisk, .whole(Int64(there?.atRisk ?? 0))),
                        ])
                    }
                )
            ),
        ])
    }

    private func days(_ field: CSVTable.Field) throws -> DecimalNumber {
        let place = String(describing: field.position)
        guard !field.text.isEmpty else { throw Failure(.dataError, .calcNoTime, at: place) }
        let days = try Values.decimal(field.text, of: place)
        guard days.coefficient >= 0 else { throw Failure(.dataError, .calcNegativeTime(field.text), at: place) }
        return days
    }

    /// Only 0 and 1 say by themselves what they mean: 1 and 2 are the codes of another table.
    private func isEvent(_ field: CSVTable.Field) throws -> Bool {
        if let eventValue { return field.text == eventValue }
        switch field.text {
        case "1": return true
        case "0": return false
        default:
            throw Failure(.dataError, .calcEventCode(field.text), at: String(describing: field.position))
        }
    }
}
