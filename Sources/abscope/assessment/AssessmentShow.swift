import ArgumentParser
import CaseModel
import Schema

/// `abscope assessment show`: what the assessments of a case come to.
struct AssessmentShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .assessmentShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let number = try clinic.caseNumber(record)
        let states = try clinic.states(of: record)
        let book = LesionBook(states, missing: clinic.missing)
        let (series, outOfField) = (book.series, book.outOfField)
        if series.isEmpty { session.console.line(.lesion(.noAssessments)) }
        for (index, series) in series.enumerated() {
            if index > 0 { session.console.line() }
            show(series, of: book, on: session.console)
        }
        if !outOfField.isEmpty { session.console.line() }
        for response in outOfField {
            let course = states.first { $0.id == response.course }?.orderName ?? ""
            for message in response.messages(course, in: book) { session.console.line(.lesion(message)) }
        }
        let findings = LesionRules.findings(in: book)
        for finding in findings { session.console.line("\(finding.message) \(finding.remedy)".safeForTerminal) }
        let missing = clinic.missing(for: states.first { $0.id == record })
        clinic.tell(missing, on: session.console)
        session.console.json(
            [("case", .string(number)), ("criteria", .string(ResponseCourse.formula))] + clinic.missingMembers(missing)
                + [
                    ("series", .array(series.map { $0.json(book, clinic.names) })),
                    ("out_of_field", .array(outOfField.map { $0.json(book, clinic.names) })),
                    ("findings", .array(findings.map { $0.json(clinic.names) })),
                ]
        )
        return findings.isEmpty && missing.isEmpty ? .success : .findings
    }

    private func show(_ series: ResponseSeries, of book: LesionBook, on console: Console) {
        console.line(.lesion(.seriesHead(series.assessor, series.baseline.dateText)))
        var table = Table([
            .init(Term.date), .init(.sum, right: true), .init(.ofBaseline, right: true), .init(.ofNadir, right: true),
            .init(Term.target), .init(Term.nonTarget), .init(.newLesion), .init(Term.overall), .init(.immune),
            .init(.reported),
        ])
        let start = series.course?.baselineSumMillimetres
        table.add([
            series.baseline.dateText, start?.shown ?? "", "", "", "", "", "", say(Term.baseline), "",
            series.baseline.reported,
        ])
        for visit in series.visits {
            let response = visit.response
            let isComplete = response?.measuredTargets == series.course?.targets
            table.add([
                visit.reading.dateText,
                response?.sumMillimetres.map { $0.shown + (isComplete ? "" : "+") } ?? "",
                isComplete ? change(response?.sumMillimetres, from: start) : "",
                isComplete ? change(response?.sumMillimetres, from: response?.nadirSumMillimetres) : "",
                response?.target?.rawValue ?? "", response?.nonTarget?.rawValue ?? "",
                response.map { say($0.hasNewLesion ? Term.yes : Term.no) } ?? "",
                response?.overall.rawValue ?? say(Term.unknown), visit.immune?.rawValue ?? "", visit.reading.reported,
            ])
        }
        console.table(table, orElse: .lesion(.noAssessments))
        if let best = series.best { console.line(.lesion(.best(best))) }
    }

    /// `-34.1 %`; empty where there is nothing to compare.
    private func change(_ now: ExactRatio?, from then: ExactRatio?) -> String {
        guard let now, let then, then != .zero else { return "" }
        do throws(RecordError) {
            let percent = try (now - then) * ExactRatio(100) / then
            return try (percent.compare(to: .zero) > 0 ? "+" : "") + percent.digits(places: 1) + " %"
        } catch {
            return ""
        }
    }
}
