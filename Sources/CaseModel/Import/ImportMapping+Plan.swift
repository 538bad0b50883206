extension ImportMapping {
    /// Reads every row of a table.
    ///
    /// - Returns: the rows without an error, and all errors of the others with line and column, in the order of the file.
    /// - Throws: `.illFormedFile` when the columns do not fit the mapping: one is missing, or one is neither mapped nor
    ///   left out with a reason.
    /// - Complexity: O(rows · templates).
    package func plan(for table: CSVTable) throws(RecordError) -> ImportPlan {
        let columns = try columnIndices(of: table)
        var plan = ImportPlan(rows: [], counts: [], checks: [], findings: [], errors: [])
        var refusals = table.refusals
        var records: [String: Int] = [:]
        var checked = Array(repeating: (rows: 0, failed: 0), count: checks.count)
        var keys: [String: Int] = [:]
        for row in table.rows {
            let reader = ImportRowReader(mapping: self, columns: columns, row: row)
            var errors: [CSVTable.Refusal] = []
            let key = row.fields[columns[self.key] ?? 0]
            if let earlier = keys.updateValue(row.line, forKey: key.text) {
                errors.append(
                    CSVTable.Refusal(
                        "Column \"\(self.key)\": line \(earlier) has the same key.",
                        remedy: "Each line needs a key of its own.",
                        at: key.position
                    )
                )
            }
            let changes = reader.changes(errors: &errors)
            for (index, check) in checks.enumerated() {
                guard let outcome = reader.outcome(of: check, errors: &errors) else { continue }
                checked[index].rows += 1
                if case .broken(let finding) = outcome {
                    checked[index].failed += 1
                    plan.findings.append(finding)
                }
            }
            guard errors.isEmpty else {
                refusals += errors
                continue
            }
            for change in changes { records[change.template, default: 0] += 1 }
            plan.rows.append(ImportedRow(line: row.line, key: key.text, changes: changes))
        }
        plan.errors = refusals.sorted { $0.position < $1.position }.map(\.error)
        plan.counts = self.records.map { ($0.name, $0.kind, records[$0.name] ?? 0) }
        plan.checks = zip(checks, checked).map {
            ("\($0.later) - \($0.earlier) = \($0.days)", $1.rows, $1.failed)
        }
        return plan
    }

    /// Whether a sealed field is read from a column: what stands there is never named in an error.
    func isIdentifying(column: String) -> Bool {
        records.contains { template in
            template.fields.contains { source in
                guard case .column(column, _) = source.value else { return false }
                return template.isSealed(source)
            }
        }
    }

    private func columnIndices(of table: CSVTable) throws(RecordError) -> [String: Int] {
        var columns: [String: Int] = [:]
        for (index, name) in table.header.enumerated() { columns[name.text] = index }
        let mapped = mappedColumns
        if let missing = mapped.sorted().first(where: { columns[$0] == nil }) {
            throw RecordError(
                .illFormedFile,
                "The file has no column \"\(missing)\", which the mapping \(name) reads.",
                remedy: "Check that file and mapping belong together.",
                at: "line 1"
            )
        }
        for name in table.header where !mapped.contains(name.text) && ignored[name.text] == nil {
            throw RecordError(
                .illFormedFile,
                "The mapping \(self.name) says nothing about the column \"\(name.text)\".",
                remedy: "Map it, or name it under \"ignored\" with the reason.",
                at: name.position.description
            )
        }
        return columns
    }
}
