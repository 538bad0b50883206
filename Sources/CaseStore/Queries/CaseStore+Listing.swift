package import CaseModel
import GRDB

/// What a list of cases says, and how much it leaves out.
package struct CaseLines<Line> {
    /// Ascending by case, or in the order that was asked for.
    package let lines: [Line]
    /// Cases that come after the last line and were not looked at.
    package let notShown: Int
}

// Cases one after the other, for lists.
extension CaseStore {
    /// A line for each of many cases, all as of one moment.
    ///
    /// - Parameters:
    ///   - records: The cases; nil for every one, ascending. Those of which nothing has arrived have no line.
    ///   - limit: Most lines; nil for all.
    ///   - line: Gives the line of a case; nil leaves it out, and it does not count. `person` is nil while the link to
    ///     it is in conflict, or nothing of it has arrived. It may be called again from the first case on, and must not
    ///     ask this store for records.
    /// - Returns: The lines. Nothing beyond the last one is read or folded.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`, what `line` throws.
    /// - Complexity: One transaction; index lookups and two folds a case, and for every case one pass over their ids.
    package func caseLines<Line>(
        of records: [RecordID]? = nil,
        limit: Int? = nil,
        line: (_ state: RecordState, _ person: RecordState?) throws -> Line?
    ) throws -> CaseLines<Line> {
        try query { table in
            let records = try records ?? Self.caseRecords(table)
            var lines: [Line] = []
            for (index, record) in records.enumerated() {
                if let limit, lines.count >= limit { return CaseLines(lines: lines, notShown: records.count - index) }
                guard let row = try table.recordRow(record), let state = try table.state(row) else { continue }
                let person = try state.settledLink(LinkField.casePerson)
                    .flatMap { try table.recordRow($0) }
                    .flatMap { try table.state($0) }
                if let line = try line(state, person) { lines.append(line) }
            }
            return CaseLines(lines: lines, notShown: 0)
        }
    }
}
