import ArgumentParser
import CaseModel

/// `abscope calc carboplatin`.
struct CalcCarboplatin: Calculation {
    static let configuration = CommandConfiguration("carboplatin", .calcCarboplatin)

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.areaUnderCurve)) var auc: String
    @Option(name: .long, help: .option(.filtrationRate)) var gfr: String
    @Option(name: .long, help: .option(.filtrationMethod)) var gfrMethod: String?

    func answer() throws -> CalcAnswer {
        let dose = try CarboplatinDose(
            areaUnderCurve: try Values.decimal(auc, of: "auc"),
            filtrationRate: try Values.decimal(gfr, of: "gfr"),
            method: try gfrMethod.map { try Values.choice($0, of: "gfr-method") }
        )
        var answer = CalcAnswer()
        answer.add(.formula, CarboplatinDose.formula)
        answer.add(.areaUnderCurve, dose.areaUnderCurve)
        answer.add(.gfr, dose.filtrationRate)
        answer.add(.gfrMethod, dose.method?.rawValue)
        answer.add(.doseMilligrams, try dose.milligrams())
        answer.add(.gfrUsed, dose.usedRate)
        answer.add(.capped, .flag(dose.isCapped))
        return answer
    }
}
