import ArgumentParser
import CaseModel
import StoreIO

/// `abscope export csv`.
struct ExportCSV: StoreCommand {
    static let configuration = CommandConfiguration("csv", .exportCSV)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.exportedKind)) var kind: String
    @Argument(help: .option(.exportFile), completion: .file()) var file: String
    @Option(name: .long, help: .option(.exportDictionary), completion: .file()) var dictionary: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false

    /// Rows are written this many bytes at a time.
    private static let pieceBytes = 1 << 16

    func perform(in session: Session) throws -> ExitStatus {
        let exported: ExportedKind = try Values.choice(kind, of: "kind")
        let clinic = try session.clinic()
        let behind = try clinic.missingEntries(isStaleGood: stale)
        let path = try Surrounding.realPath(file)
        let dictionaryPath = try dictionary.map(Surrounding.realPath)
        var sheet = ExportSheet(exported)
        try forEach(exported, in: clinic) { state, _ in sheet.note(state, clinic.names) }
        sheet.arrange()
        let (rows, length) = try NewFile.make(path, in: session.surroundings) { file in
            let rows = try write(sheet, exported, to: file, clinic)
            // Before the rows have their name, so that neither is there without the other.
            if let dictionaryPath {
                try NewFile.make(dictionaryPath, in: session.surroundings) {
                    try $0.write(Array(sheet.dictionary.utf8))
                }
            }
            return (rows, file.lengthBytes)
        }
        if behind > 0 { session.console.line(.missing(.stale(behind))) }
        session.console.line(.export(.rows(rows, path, size: Quantities.bytes(length))))
        if let dictionaryPath { session.console.line(.export(.dictionary(dictionaryPath))) }
        session.console.json(
            [
                ("exported", .string(path)), ("kind", .string(exported.rawValue)), ("rows", .integer(Int64(rows))),
                ("columns", .array(sheet.head.map(JSON.string))), ("dictionary", JSON(dictionaryPath)),
                ("frontier", .string(clinic.basis)),
            ] + clinic.missingMembers(clinic.missing)
        )
        return behind > 0 || clinic.lostEntries > 0 ? .findings : .success
    }

    private func write(_ sheet: ExportSheet, _ exported: ExportedKind, to file: NewFile, _ clinic: Clinic) throws -> Int
    {
        var piece = Array(CSVTable.row(sheet.head).utf8)
        var rows = 0
        try forEach(exported, in: clinic) { state, number in
            piece += Array(CSVTable.row(sheet.row(state, caseNumber: number, clinic.names)).utf8)
            rows += 1
            guard piece.count >= Self.pieceBytes else { return }
            try file.write(piece)
            piece.removeAll(keepingCapacity: true)
        }
        try file.write(piece)
        return rows
    }

    /// Every record of the kind, case by case, with the number of its case; retracted ones too. A person of several cases
    /// comes with each.
    private func forEach(
        _ exported: ExportedKind,
        in clinic: Clinic,
        _ body: (RecordState, String) throws -> Void
    ) throws {
        for record in try clinic.caseRecords() {
            let number = try clinic.caseNumber(record)
            if exported == .person {
                if let person = try clinic.person(of: record) { try body(person, number) }
            } else {
                for state in try clinic.states(of: record) where state.kind == exported.kind { try body(state, number) }
            }
        }
    }
}

extension ExportSheet {
    /// The data dictionary: a row for each column, as CSV.
    var dictionary: String {
        let leading = Leading.allCases.map { column in
            [column.rawValue, "", say(.export(.leadingColumn(column))), String(records)]
        }
        let fields = columns.map { column, records in
            [column.name, column.field.name, say(.export(.meaning(kind, column.field.name))), String(records)]
        }
        return ([["column", "field", "meaning", "records"]] + leading + fields).map(CSVTable.row).joined()
    }
}
