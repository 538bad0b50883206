import ArgumentParser
import CaseModel

/// `abscope calc crcl`.
struct CalcCreatinineClearance: Calculation {
    static let configuration = CommandConfiguration("crcl", .calcCreatinineClearance)

    /// By whose muscles the formula goes.
    private enum Sex: String, CaseIterable { case female, male }

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.ageYears)) var age: String
    @Option(name: .long, help: .option(.weightKilograms)) var weightKg: String
    @Option(name: .long, help: .option(.formulaSex)) var sex: String
    @Option(name: .long, help: .option(.creatinine)) var creatinine: String

    func answer() throws -> CalcAnswer {
        let sex: Sex = try Values.choice(sex, of: "sex")
        let clearance = try CreatinineClearance(
            ageYears: try Values.decimal(age, of: "age"),
            weightKilograms: try Values.decimal(weightKg, of: "weight-kg"),
            isFemale: sex == .female,
            creatinine: try Values.measure(creatinine, of: "creatinine")
        )
        var answer = CalcAnswer()
        answer.add(.formula, CreatinineClearance.formula)
        answer.add(.ageYears, clearance.ageYears)
        answer.add(.weightKilograms, clearance.weightKilograms)
        answer.add(.weightKind, .text(CreatinineClearance.weightKind))
        answer.add(.sex, sex.rawValue)
        answer.add(.creatinine, String(describing: clearance.creatinine))
        answer.add(.millilitresPerMinute, try clearance.millilitresPerMinute())
        return answer
    }
}
