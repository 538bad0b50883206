import ArgumentParser
import CaseModel
import Schema

/// `abscope course show`.
struct CourseShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .courseShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.course)) var course: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let listing = try CourseListing(of: caseNumber, course: course, in: session, clinic)
        var table = Table([
            .init(.course), .init(.prescribed), .init(.delivered, right: true), .init(.dose), .init(.next, right: true),
            .init(.standing), .init(.reference),
        ])
        var rows: [JSON] = []
        for (state, book) in listing.books {
            let body = state.displayedBody(OrderBody.self).body
            let doses = body.course.prescriptions.map { $0.rendered(fractions: body.course.fractions).text }
            table.add([
                body.course.name, doses.joined(separator: "; "), "\(book.given.deliveredText)/\(body.course.fractions)",
                book.doseText, book.nextNumber.map { String($0) } ?? "–", body.state.value.words,
                clinic.names.reference(state.id),
            ])
            rows.append(json(state, book, clinic.names))
        }
        return listing.show(table, orElse: .noOrders(.course, listing.number), "courses", rows, on: session.console)
    }

    private func json(_ state: RecordState, _ book: FractionBook, _ names: RecordNames) -> JSON {
        var members: [(String, JSON)] = [
            ("record", state.json(names)), ("delivered_least", .integer(Int64(book.delivered.lowerBound))),
            ("delivered_most", .integer(Int64(book.delivered.upperBound))), ("next_fraction", JSON(book.nextNumber)),
            ("certain", .bool(book.isCertain)), ("missing_entries", JSON(book.missingEntries)),
        ]
        if let dose = book.deliveredDose {
            members.append(("dose_least", .string(String(describing: dose.least))))
            members.append(("dose_most", .string(String(describing: dose.most))))
        }
        members.append(("findings", .array(book.findings.map { $0.json(names) })))
        return .object(members)
    }
}

extension Finding {
    func json(_ names: RecordNames) -> JSON {
        .object([
            ("reference", .string(names.reference(record))), ("field", .string(field)), ("value", .string(value)),
            ("rule", .string(rule)), ("message", .string(message)), ("remedy", .string(remedy)),
        ])
    }
}
