import ArgumentParser
import CaseModel

/// `abscope calc bsa`.
struct CalcBodySurface: Calculation {
    static let configuration = CommandConfiguration("bsa", .calcBodySurface)

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.heightCentimetres)) var heightCm: String
    @Option(name: .long, help: .option(.weightKilograms)) var weightKg: String
    @Option(name: .long, help: .option(.bodySurfaceFormula)) var formula: String?

    func answer() throws -> CalcAnswer {
        let formula = try formula.map { try Values.choice($0, of: "formula") } ?? BodySurface.mosteller
        let height = try Values.decimal(heightCm, of: "height-cm")
        let weight = try Values.decimal(weightKg, of: "weight-kg")
        let area = try formula.squareMetres(heightCentimetres: height, weightKilograms: weight)
        var answer = CalcAnswer()
        answer.add(.formula, "\(formula.rawValue): \(formula.formula)")
        answer.add(.heightCentimetres, height)
        answer.add(.weightKilograms, weight)
        answer.add(.squareMetres, area)
        return answer
    }
}
