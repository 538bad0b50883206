import ArgumentParser
import CaseModel

/// `abscope calc stage`.
struct CalcStage: Calculation {
    static let configuration = CommandConfiguration("stage", .calcStage)

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.stageEdition)) var edition: String
    @Argument(help: .option(.calcCategories)) var categories: [String]

    func answer() throws -> CalcAnswer {
        let categories = try TumourCategories(parsing: categories)
        let edition = TypedText.folded(edition)
        let found = StageTable.answer(categories, inEdition: edition)
        var answer = CalcAnswer()
        answer.add(.edition, edition)
        answer.add(.tumour, categories.prefixes.tumour + categories.tumour)
        answer.add(.nodes, categories.prefixes.nodes + categories.nodes)
        answer.add(.metastases, categories.prefixes.metastases + categories.metastases)
        answer.add(.group, found.group)
        answer.add(.candidates, .list(found.candidates.map(CalcAnswer.Value.text)))
        answer.add(reason: found.reason.map { say(.calcReason($0)) })
        return answer
    }
}
