/// A change an import would make. Identifying fields are apart, for whoever holds the person's key to seal.
package struct ImportedChange: Sendable {
    /// The name of the template.
    package var template: String
    package var draft: DraftChange
    /// The encoded body of identifying fields; empty when there are none.
    package var identifying: [UInt8]
}

/// One row of the file: one entry.
package struct ImportedRow: Sendable {
    /// In the file, from 1; the header is line 1.
    package var line: Int
    /// The text of the key column; may identify a person.
    package var key: String
    package var changes: [ImportedChange]

    /// Of all bodies; what progress is measured in.
    package var lengthBytes: UInt64 {
        changes.reduce(0) { $0 + UInt64($1.draft.body.count + $1.identifying.count) }
    }
}

/// Something in the file that does not add up; the row is imported all the same.
package struct ImportFinding: Hashable, Sendable {
    /// `line 3, column 12`.
    package var location: String
    package var column: String
    /// As it stands in the file; nil where that would be sealed, or tells something that would be.
    package var value: String?
    package var rule: String
    package var message: String
}

/// What an import would do: computed before anything is written, so that a dry run and the import cannot differ.
package struct ImportPlan: Sendable {
    package var rows: [ImportedRow]
    /// How many records of each template, in the mapping's order.
    package var counts: [(template: String, kind: RecordKind, records: Int)]
    /// Sums of the file that were checked, in the mapping's order.
    package var checks: [(rule: String, rows: Int, failed: Int)]
    package var findings: [ImportFinding]
    /// Each with line and column, in the order of the file, and none with a value that would be sealed. While there is
    /// one, nothing is imported unless the rest is asked for.
    package var errors: [RecordError]

    /// Of all rows.
    package var lengthBytes: UInt64 { rows.reduce(0) { $0 + $1.lengthBytes } }
}
