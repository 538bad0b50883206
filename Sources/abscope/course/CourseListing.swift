import CaseModel

/// The courses of a case that a command lists, each with what was given of it.
struct CourseListing {
    /// Of the case.
    let number: String
    let books: [(course: RecordState, book: FractionBook)]

    /// `course`: as typed, closed ones too; nil for every course that was not retracted.
    ///
    /// - Throws: What looking up the case throws; 66 for a course that is not there, 64 for one that is not the only one.
    init(of caseNumber: String, course: String?, in session: Session, _ clinic: Clinic) throws {
        let record = try session.caseRecord(caseNumber, in: clinic)
        let number = try clinic.caseNumber(record)
        let all = Orders(.course, try clinic.states(of: record), missing: clinic.missing)
        let shown = try course.map { [try all.order($0, of: number, clinic.names, includesClosed: true)] } ?? all.orders
        self.number = number
        books = shown.map { ($0, all.fractions(of: $0)) }
    }

    /// Prints the table, how many findings there are, and the JSON document, whose rows are called `name`.
    ///
    /// - Returns: Status 1 where there are findings.
    func show(_ table: Table, orElse nothing: Message, _ name: String, _ rows: [JSON], on console: Console)
        -> ExitStatus
    {
        let findings = books.reduce(0) { $0 + $1.book.findings.count }
        console.table(table, orElse: nothing)
        for (course, book) in books {
            // What concerns the course as a whole stands in no row.
            for finding in book.findings where finding.record == book.course {
                console.line("\(course.orderName): \(finding.message) \(finding.remedy)".safeForTerminal)
            }
        }
        if findings > 0 { console.line(.findingsMark(findings)) }
        let missing = books.map(\.book.missingEntries).max() ?? 0
        console.json([("case", .string(number)), ("missing_entries", JSON(missing)), (name, .array(rows))])
        return findings > 0 ? .findings : .success
    }
}
