import ArgumentParser
import CaseModel

/// `abscope calc ctcae`.
struct CalcCTCAE: Calculation {
    static let configuration = CommandConfiguration("ctcae", .calcCTCAE)

    /// What stands for a baseline whose number is not at hand.
    private enum BaselineWord: String, CaseIterable { case normal }

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.laboratoryTerm)) var term: String
    @Option(name: .long, help: .option(.laboratoryValue)) var value: String
    @Option(name: .long, help: .option(.laboratoryUnit)) var unit: String?
    @Option(name: .long, help: .option(.upperNormal)) var uln: String?
    @Option(name: .long, help: .option(.lowerNormal)) var lln: String?
    @Option(name: .long, help: .option(.laboratoryBaseline)) var baseline: String?
    @Option(name: .long, help: .option(.ctcaeVersion)) var ctcae: String = LaboratoryTerm.version

    func answer() throws -> CalcAnswer {
        let finding = LaboratoryFinding(
            try amount(value, of: "value"),
            upperNormal: try uln.map { try amount($0, of: "uln") },
            lowerNormal: try lln.map { try amount($0, of: "lln") },
            baseline: try baseline.map(baseline) ?? .unknown
        )
        var answer = CalcAnswer()
        answer.add(.ctcae, ctcae)
        answer.add(.term, term)
        answer.add(.value, finding.value)
        answer.add(.unit, unit)
        answer.add(.uln, finding.upperNormal)
        answer.add(.lln, finding.lowerNormal)
        answer.add(.baseline, baseline)
        guard ctcae == LaboratoryTerm.version else {
            answer.add(.grade, CalcAnswer.Value.none)
            answer.add(.candidates, .list([]))
            answer.add(reason: say(.calcReason(.noTable)))
            return answer
        }
        guard let term = LaboratoryTerm.named(term) else {
            let near = Suggestion.nearest(to: term, among: LaboratoryTerm.names)
            throw Failure(.dataError, .ctcaeUnknown(term, near: near), at: "term")
        }
        try check(term)
        let grades = try term.grades(of: finding)
        answer.add(.grade, CalcAnswer.Value(grades.count == 1 ? Int64(grades[0]) : nil))
        answer.add(.candidates, .list(grades.map { .whole(Int64($0)) }))
        answer.add(.lowerBound, .flag(term.hasClinicalAlternatives))
        if grades.count > 1 { answer.add(reason: say(.ctcaeLimits)) }
        return answer
    }

    /// - Throws: ``Failure`` 65 where the criteria have limits in one unit and the value is in another, or in none.
    private func check(_ term: LaboratoryTerm) throws {
        guard let needed = term.unit else { return }
        let given = try unit.map { try Values.unit($0, of: "unit") }
        guard given == needed else { throw Failure(.dataError, .ctcaeUnit(term.name, needed.code), at: "unit") }
    }

    private func amount(_ text: String, of key: String) throws -> DecimalNumber {
        let number = try Values.decimal(text, of: key)
        guard number.coefficient >= 0 else { throw Failure(.dataError, .negativeNumber(text), at: key) }
        return number
    }

    private func baseline(_ text: String) throws -> LaboratoryFinding.Baseline {
        if TypedText.folded(text).lowercased() == BaselineWord.normal.rawValue { return .normal }
        return .value(try amount(text, of: "baseline"))
    }
}
