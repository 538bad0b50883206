import CaseModel

/// The drugs of a case that a command lists, each with what was given of it.
struct DrugListing {
    /// Of the case.
    let number: String
    let books: [(order: RecordState, book: DoseBook)]
    private let courses: [(course: RecordState, book: FractionBook)]

    /// `drug`: as typed, closed ones too; nil for every order that was not retracted.
    ///
    /// - Throws: What looking up the case throws; 66 for a drug that is not there, 64 for one that is not the only one.
    init(of caseNumber: String, drug: String?, in session: Session, _ clinic: Clinic) throws {
        let record = try session.caseRecord(caseNumber, in: clinic)
        let number = try clinic.caseNumber(record)
        let states = try clinic.states(of: record)
        let all = Orders(.drug, states, missing: clinic.missing)
        let shown = try drug.map { [try all.order($0, of: number, clinic.names, includesClosed: true)] } ?? all.orders
        self.number = number
        books = shown.map { ($0, all.doses(of: $0)) }
        let radiotherapy = Orders(.course, states, missing: clinic.missing)
        courses = radiotherapy.orders.map { ($0, radiotherapy.fractions(of: $0)) }
    }

    /// How the doses lie to each course of which something was given.
    func sequences(of book: DoseBook) -> [(course: RecordState, sequence: TreatmentSequence)] {
        courses.compactMap { course, fractions in
            TreatmentSequence(book, to: fractions, isOpen: course.isOpenOrder).map { (course, $0) }
        }
    }

    /// Prints the table, how doses and courses follow each other, the findings, and the JSON document, whose rows are
    /// called `name`.
    ///
    /// - Returns: Status 1 where there are findings.
    func show(_ table: Table, orElse nothing: Message, _ name: String, _ rows: [JSON], on console: Console)
        -> ExitStatus
    {
        console.table(table, orElse: nothing)
        for (order, book) in books {
            for (course, sequence) in sequences(of: book) {
                console.line(.sequence(order.orderName, sequence, course.orderName))
            }
            for finding in book.findings {
                console.line("\(order.orderName): \(finding.message) \(finding.remedy)".safeForTerminal)
            }
        }
        let findings = books.reduce(0) { $0 + $1.book.findings.count }
        if findings > 0 { console.line(.findingsMark(findings)) }
        let missing = books.map(\.book.given.missingEntries).max() ?? 0
        console.json([("case", .string(number)), ("missing_entries", JSON(missing)), (name, .array(rows))])
        return findings > 0 ? .findings : .success
    }
}

extension TreatmentSequence {
    /// As in JSON.
    var name: String {
        switch self {
        case .concurrent: "concurrent"
        case .after: "after_radiotherapy"
        case .before: "before_radiotherapy"
        case .unknown: "unknown"
        }
    }
}
