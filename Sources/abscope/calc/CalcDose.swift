import ArgumentParser
import CaseModel

/// `abscope calc dose`.
struct CalcDose: Calculation {
    static let configuration = CommandConfiguration("dose", .calcDose)

    @OptionGroup var common: CalcOptions
    @Argument(help: .option(.calcScheme)) var schemes: [String]
    @Option(name: .long, help: .option(.alphaBeta)) var alphaBeta: String
    @Option(name: .long, help: .option(.elapsedDays)) var days: String?
    @Option(name: .long, help: .option(.repopulation)) var repopulation: String?
    @Option(name: .long, help: .option(.kickoff)) var kickoff: String?

    func answer() throws -> CalcAnswer {
        let schemes = try schemes.map { try FractionScheme(parsing: $0) }
        let model = try LinearQuadratic(schemes, alphaBetaGray: try Values.decimal(alphaBeta, of: "alpha-beta"))
        let growth = try growth()
        var answer = CalcAnswer()
        answer.add(.formula, LinearQuadratic.formula)
        if schemes.count > 1 {
            answer.add(
                .phases,
                .list(
                    schemes.map {
                        .object([
                            (.dosePerFractionGray, .decimal($0.dosePerFractionGray)),
                            (.fractions, .whole($0.fractions)),
                        ])
                    }
                )
            )
        }
        // Phases of different doses have none in common.
        let doses = Set(schemes.map(\.dosePerFractionGray))
        answer.add(.dosePerFractionGray, doses.count == 1 ? schemes[0].dosePerFractionGray : nil)
        answer.add(.fractions, .whole(model.fractions))
        answer.add(.totalDoseGray, try model.totalDoseGray())
        answer.add(.alphaBetaGray, model.alphaBetaGray)
        answer.add(.bedGray, try model.bedGray())
        answer.add(.eqd2Gray, try model.eqd2Gray())
        answer.add(.outsideLinearQuadraticRange, .flag(model.isOutsideRange))
        if let growth {
            answer.add(.elapsedDays, .whole(growth.days))
            answer.add(.repopulationGrayPerDay, growth.grayPerDay)
            answer.add(.kickoffDays, growth.kickoffDays)
            answer.add(.bedWithRepopulationGray, try model.bedGray(with: growth))
        }
        return answer
    }

    /// - Throws: ``Failure`` 65 when one of the three is there and another is not: none of them has a default.
    private func growth() throws -> LinearQuadratic.Repopulation? {
        let given = [("--days", days), ("--repopulation", repopulation), ("--kickoff", kickoff)]
        let missing = given.filter { $0.1 == nil }.map(\.0)
        guard let days, let repopulation, let kickoff else {
            guard missing.count == given.count else { throw Failure(.dataError, .calcTogether(missing)) }
            return nil
        }
        return try LinearQuadratic.Repopulation(
            days: Int64(try Values.wholeNumber(days, of: "days", in: 0...1000)),
            grayPerDay: try Values.decimal(repopulation, of: "repopulation"),
            kickoffDays: try Values.decimal(kickoff, of: "kickoff")
        )
    }
}
