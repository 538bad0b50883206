import ArgumentParser
import CaseModel
import Schema

/// `abscope lesion list`.
struct LesionList: StoreCommand {
    static let configuration = CommandConfiguration("list", .lesionList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let states = try clinic.states(of: record)
        let book = LesionBook(states, missing: clinic.missing)
        let courses = Orders(.course, states, missing: clinic.missing).orders
        var table = Table([
            .init(.number, right: true), .init(.site), .init(.exposure), .init(.indication), .init(Term.standing),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for lesion in book.lesions {
            guard let state = states.first(where: { $0.id == lesion.record }) else { continue }
            let exposures = courses.flatMap { course in
                book.exposures.lines(of: lesion.record, by: course.id).map { (course, $0) }
            }
            table.add([
                lesion.number.map { String($0) } ?? "", lesion.siteText,
                exposures.map { "\($0.orderName): \($1.text)" }.joined(separator: ", "),
                lesion.indications.map { say(.lesion(.indication($0))) }.joined(separator: ", "), state.standingMark,
                clinic.names.reference(lesion.record),
            ])
            rows.append(json(lesion, state, exposures, clinic.names))
        }
        session.console.table(table, orElse: .lesion(.noLesions))
        try session.console.json([("case", .string(clinic.caseNumber(record))), ("lesions", .array(rows))])
        return .success
    }

    private func json(
        _ lesion: Lesion,
        _ state: RecordState,
        _ exposures: [(course: RecordState, line: ExposureBook.Line)],
        _ names: RecordNames
    ) -> JSON {
        .object([
            ("number", JSON(lesion.number)), ("record", state.json(names)),
            (
                "exposures",
                .array(
                    exposures.map { course, line in
                        .object([
                            ("course", .string(names.reference(course.id))),
                            ("exposure", .string(line.exposure.rawValue)),
                            ("dose", JSON(line.dose.map { String(describing: $0) })),
                            ("reference", .string(names.reference(line.record))),
                            ("provisional", .bool(!line.isSettled)),
                        ])
                    }
                )
            ),
            (
                "indications",
                .array(
                    lesion.indications.map {
                        .object([("rule", .string($0.rawValue)), ("strong", .bool($0.isStrong))])
                    }
                )
            ),
        ])
    }
}

extension Lesion {
    /// Where it is, and that it is a lymph node.
    var siteText: String { body.site.rendered.text + (body.nodal ? " (\(say(Term.node)))" : "") }
}

extension ExposureBook.Line {
    var text: String {
        dose.map { "\(exposure.rawValue) \($0)" } ?? exposure.rawValue
    }
}
