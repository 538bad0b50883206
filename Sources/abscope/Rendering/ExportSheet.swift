import CaseModel

/// Records as rows of one width: a column for each part of each field that some record has.
///
/// Filled in two passes over the same records, so that nothing but the columns is held: `note` first learns them, `row`
/// then lays each record out.
struct ExportSheet {
    struct Column: Hashable {
        var field: Registry.Field
        /// The field and the parts of it, `stage.t`; parts of a list have their number from 1, `course.prescriptions.1.dose`.
        var name: String
    }

    /// What stands before the fields of every record.
    enum Leading: String, CaseIterable {
        case `case`, reference, standing, provisional, conflicts
    }

    let kind: ExportedKind
    /// In the order of the registry, the parts of a field as they were first met; with how many records have each.
    private(set) var columns: [(column: Column, records: Int)] = []
    private(set) var records = 0
    private var found: [Column: Int] = [:]
    private var isArranged = false

    init(_ kind: ExportedKind) {
        self.kind = kind
    }

    /// Learns the columns of a record.
    mutating func note(_ state: RecordState, _ names: RecordNames) {
        precondition(!isArranged, "columns are learned before the first row is laid out")
        records += 1
        for (column, _) in cells(of: state, names) {
            if let index = found[column] {
                columns[index].records += 1
            } else {
                found[column] = columns.count
                columns.append((column, 1))
            }
        }
    }

    /// The columns stand fast now.
    mutating func arrange() {
        let order = kind.fields.enumerated().reduce(into: [:]) { $0[$1.element.number] = $1.offset }
        columns = columns.enumerated().sorted { one, other in
            let (left, right) = (order[one.element.column.field.number], order[other.element.column.field.number])
            return (left ?? .max, one.offset) < (right ?? .max, other.offset)
        }.map(\.element)
        found = columns.enumerated().reduce(into: [:]) { $0[$1.element.column] = $1.offset }
        isArranged = true
    }

    var head: [String] { Leading.allCases.map(\.rawValue) + columns.map(\.column.name) }

    /// A record that was noted, as one row.
    func row(_ state: RecordState, caseNumber: String, _ names: RecordNames) -> [String] {
        let fields = state.renderedFields(names)
        var row = [
            caseNumber, names.reference(state.id), state.standing.name,
            fields.filter { !$0.isSettled }.map(\.name).joined(separator: ";"),
            fields.filter { !$0.candidates.isEmpty }.map(\.name).joined(separator: ";"),
        ]
        row += [String](repeating: "", count: columns.count)
        for (column, text) in cells(of: state, names) {
            // Unknown where another process wrote between the two passes.
            if let index = found[column] { row[Leading.allCases.count + index] = text }
        }
        return row
    }

    private func cells(of state: RecordState, _ names: RecordNames) -> [(Column, String)] {
        state.renderedFields(names).flatMap { rendered -> [(Column, String)] in
            guard let field = kind.fields.first(where: { $0.number == rendered.number }), let shown = rendered.shown
            else {
                return []
            }
            return Self.leaves(of: shown.json, named: field.name).map { (Column(field: field, name: $0), $1) }
        }
    }

    /// The values of a field without members of their own, each with the way to it.
    private static func leaves(of json: JSON, named name: String) -> [(String, String)] {
        switch json {
        case .null: []
        case .bool(let value): [(name, value ? "true" : "false")]
        case .integer(let value): [(name, String(value))]
        case .number(let text), .string(let text): [(name, text)]
        case .array(let values):
            values.enumerated().flatMap { leaves(of: $0.element, named: "\(name).\($0.offset + 1)") }
        case .object(let members): members.flatMap { leaves(of: $0.1, named: "\(name).\($0.0)") }
        }
    }
}
