import ArgumentParser
import CaseModel
import Schema

/// `abscope result list`.
struct ResultList: StoreCommand {
    static let configuration = CommandConfiguration("list", .resultList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumberOptional)) var caseNumber: String?
    @Option(name: .long, help: .option(.analyteFilter)) var analyte: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let cases = try caseNumber.map { [try session.caseRecord($0, in: clinic)] } ?? (try clinic.caseRecords())
        var table = Table([
            .init(.caseNumber), .init(Term.date), .init(.analyte), .init(Term.value), .init(.normal), .init(.specimen),
            .init(.standing), .init(.reference),
        ])
        var rows: [JSON] = []
        for record in cases {
            let number = try clinic.caseNumber(record)
            for state in try clinic.states(of: record).filter(isAsked).sorted(by: Self.isEarlier) {
                let body = state.displayedBody(ResultBody.self).body
                let fields = state.renderedFields(clinic.names)
                func shown(_ field: UInt32) -> String { fields.first { $0.number == field }?.shown?.text ?? "" }
                table.add([
                    number, shown(3), body.analyte.words, shown(2), shown(6), shown(4), state.standingMark,
                    clinic.names.reference(state.id),
                ])
                rows.append(.object([("case", .string(number)), ("record", state.json(clinic.names))]))
            }
        }
        session.console.table(table, orElse: .noResults)
        session.console.json([("results", .array(rows))])
        return .success
    }

    private func isAsked(_ state: RecordState) -> Bool {
        guard state.kind == .result, state.standing != .retracted, state[LinkField.resultSubject] == nil else {
            return false
        }
        guard let analyte else { return true }
        let words = state.displayedBody(ResultBody.self).body.analyte.words
        return TypedText.folded(words).lowercased().contains(TypedText.folded(analyte).lowercased())
    }

    /// By the day it was collected, what has none first.
    private static func isEarlier(_ one: RecordState, _ other: RecordState) -> Bool {
        func day(_ state: RecordState) -> Int64 {
            let collected = state.displayedBody(ResultBody.self).body.collected
            do throws(RecordError) {
                return try PartialDate(collected).interval.earliest?.number ?? .min
            } catch {
                // A date that is none is a finding of the record.
                return .min
            }
        }
        return day(one) < day(other)
    }
}
