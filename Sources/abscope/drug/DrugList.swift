import ArgumentParser
import CaseModel
import Schema

/// `abscope drug list`: the doses.
struct DrugList: StoreCommand {
    static let configuration = CommandConfiguration("list", .drugList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.drug)) var drug: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let listing = try DrugListing(of: caseNumber, drug: drug, in: session, clinic)
        var table = Table([
            .init(.drug), .init(.number, right: true), .init(Term.date), .init(.outcome), .init(.dose), .init(.detail),
            .init(.reference),
        ])
        var rows: [JSON] = []
        for (order, book) in listing.books {
            for line in book.lines {
                let findings = book.findings.filter { $0.record == line.record }
                let marks = (line.isSettled ? [] : [say(Term.provisional)]) + findings.map(\.message)
                table.add([
                    order.orderName, line.number.map { String($0) } ?? "",
                    line.date.map(String.init(describing:)) ?? "", line.outcome.rendered.text,
                    line.dose.map(String.init(describing:)) ?? "", marks.joined(separator: ", "),
                    clinic.names.reference(line.record),
                ])
                rows.append(json(line, order, findings, clinic.names))
            }
        }
        return listing.show(table, orElse: .noDoses, "doses", rows, on: session.console)
    }

    private func json(
        _ line: GivenLine,
        _ order: RecordState,
        _ findings: [Finding],
        _ names: RecordNames
    ) -> JSON {
        .object([
            ("reference", .string(names.reference(line.record))), ("order", .string(names.reference(order.id))),
            ("cycle", JSON(line.number)), ("day_of_cycle", JSON(line.dayOfCycle)),
            ("date", JSON(line.date.map(String.init(describing:)))), ("outcome", line.outcome.rendered.json),
            ("amount", JSON(line.dose.map(String.init(describing:)))), ("settled", .bool(line.isSettled)),
            ("duplicate_of", JSON(line.duplicateOf.map(names.reference))),
            ("findings", .array(findings.map { $0.json(names) })),
        ])
    }
}
