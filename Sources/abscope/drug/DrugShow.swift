import ArgumentParser
import CaseModel
import Schema

/// `abscope drug show`.
struct DrugShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .drugShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.drug)) var drug: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let listing = try DrugListing(of: caseNumber, drug: drug, in: session, clinic)
        var table = Table([
            .init(.drug), .init(.ordered), .init(.doses, right: true), .init(.next, right: true), .init(.due),
            .init(Term.standing), .init(.reference),
        ])
        var rows: [JSON] = []
        for (state, book) in listing.books {
            let body = state.displayedBody(OrderBody.self).body
            let planned = body.drug.hasCycles ? "/\(body.drug.cycles)" : ""
            table.add([
                body.drug.drug.words, body.drug.renderedRegimen.text, book.given.deliveredText + planned,
                body.drug.hasIntervalDays ? book.nextCycle.map { String($0) } ?? "–" : "",
                book.nextDay.map { String(describing: $0) } ?? "",
                body.state.value.words, clinic.names.reference(state.id),
            ])
            rows.append(json(state, book, listing.sequences(of: book), clinic.names))
        }
        return listing.show(table, orElse: .noOrders(.drug, listing.number), "drugs", rows, on: session.console)
    }

    private func json(
        _ state: RecordState,
        _ book: DoseBook,
        _ sequences: [(course: RecordState, sequence: TreatmentSequence)],
        _ names: RecordNames
    ) -> JSON {
        .object([
            ("record", state.json(names)), ("given_least", .integer(Int64(book.given.delivered.lowerBound))),
            (
                "given_most",
                book.given.delivered.upperBound == .max ? .null : .integer(Int64(book.given.delivered.upperBound))
            ),
            ("next_cycle", JSON(book.nextCycle)), ("next_day", JSON(book.nextDay.map { String(describing: $0) })),
            ("certain", .bool(book.given.isCertain)), ("missing_entries", JSON(book.given.missingEntries)),
            (
                "radiotherapy",
                .array(
                    sequences.map { item in
                        .object([
                            ("course", .string(names.reference(item.course.id))),
                            ("sequence", .string(item.sequence.name)), ("days", JSON(item.sequence.days)),
                        ])
                    }
                )
            ), ("findings", .array(book.findings.map { $0.json(names) })),
        ])
    }
}
