package import CaseModel
package import LogFormat
import Schema

extension CaseStore {
    /// Records the rows of an import, one entry each, under a batch that ``undo(batch:reason:alsoAmended:)`` takes back.
    ///
    /// - Parameters:
    ///   - plan: What the file and its mapping amount to.
    ///   - batch: Names the import; one that is used already is refused.
    ///   - operatorRecord: Who imports.
    ///   - program: Name and version.
    ///   - isPartial: Import the good rows of a plan with errors.
    ///   - isDryRun: Check and encode everything, write nothing.
    ///   - progress: Rows durable so far, and their bytes as planned; what it throws ends the import there.
    /// - Returns: The entries, in the order of the rows; empty for a dry run.
    /// - Throws: The plan's first error unless `isPartial`; `RecordError` with `.illFormedFile` for a batch that exists;
    ///   as ``record(batch:program:progress:)``.
    package func importPlan(
        _ plan: ImportPlan,
        batch: String,
        operatorRecord: RecordTarget?,
        program: String,
        isPartial: Bool = false,
        isDryRun: Bool = false,
        progress: (_ rows: Int, _ bytes: UInt64) throws -> Void = { _, _ in }
    ) throws -> [EntryReference] {
        if let error = plan.errors.first, !isPartial { throw error }
        guard try !batches().contains(where: { $0.name == batch }) else {
            throw RecordError(
                .illFormedFile,
                "There is an import \"\(batch)\" already.",
                remedy: "Give this one another name, or undo that one first."
            )
        }
        var ends: [UInt64] = []
        let recordings = plan.rows.map { row in
            var source = Source()
            source.kind = "import"
            source.name = batch
            source.line = UInt64(row.line)
            var recording = Recording(
                changes: row.changes.map(\.draft),
                operatorRecord: operatorRecord,
                source: source,
                isImport: true,
                isDryRun: isDryRun
            )
            for (index, change) in row.changes.enumerated() where !change.identifying.isEmpty {
                recording.identity[index] = change.identifying
            }
            ends.append((ends.last ?? 0) + row.lengthBytes)
            return recording
        }
        return try record(batch: recordings, program: program) { rows in
            try progress(rows, rows > 0 ? ends[rows - 1] : 0)
        }
    }
}
