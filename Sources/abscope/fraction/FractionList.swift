import ArgumentParser
import CaseModel
import Schema

/// `abscope fraction list`.
struct FractionList: StoreCommand {
    static let configuration = CommandConfiguration("list", .fractionList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.course)) var course: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let listing = try CourseListing(of: caseNumber, course: course, in: session, clinic)
        var table = Table([
            .init(.course), .init(.number, right: true), .init(.date), .init(.outcome), .init(.dose), .init(.detail),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for (course, book) in listing.books {
            for line in book.lines {
                table.add(cells(line, course, book, clinic.names))
                rows.append(json(line, course, book, clinic.names))
            }
        }
        return listing.show(table, orElse: .noFractions, "fractions", rows, on: session.console)
    }

    private func cells(
        _ line: GivenLine,
        _ course: RecordState,
        _ book: FractionBook,
        _ names: RecordNames
    ) -> [String] {
        var marks = [line.role.rendered.text]
        if !line.isSettled { marks.append(say(Term.provisional)) }
        marks += book.findings.filter { $0.record == line.record }.map(\.message)
        return [
            course.orderName, line.number.map { String($0) } ?? "",
            line.date.map(String.init(describing:)) ?? "", line.outcome.rendered.text,
            line.dose.map(String.init(describing:)) ?? "",
            marks.filter { !$0.isEmpty }.joined(separator: ", "), names.reference(line.record),
        ]
    }

    private func json(
        _ line: GivenLine,
        _ course: RecordState,
        _ book: FractionBook,
        _ names: RecordNames
    ) -> JSON {
        .object([
            ("reference", .string(names.reference(line.record))), ("course", .string(names.reference(course.id))),
            ("number", JSON(line.number)), ("date", JSON(line.date.map(String.init(describing:)))),
            ("outcome", line.outcome.rendered.json), ("role", line.role.rendered.json),
            ("dose", JSON(line.dose.map(String.init(describing:)))), ("settled", .bool(line.isSettled)),
            ("duplicate_of", JSON(line.duplicateOf.map(names.reference))),
            ("findings", .array(book.findings.filter { $0.record == line.record }.map { $0.json(names) })),
        ])
    }
}
