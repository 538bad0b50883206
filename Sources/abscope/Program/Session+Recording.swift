import CaseModel
import LogFormat

extension Session {
    /// Prints what was recorded: its reference and the command that corrects it; or, with `--dry-run`, that nothing was.
    ///
    /// * entry: nil with `--dry-run`.
    /// * correction: given the entry's reference.
    /// * members: of the JSON document besides these.
    func report(
        _ entry: EntryReference?,
        correction: (String) -> String,
        in clinic: Clinic,
        _ members: [(String, JSON)] = []
    ) {
        guard let entry else {
            console.line(.wouldRecord)
            console.json([("recorded", .bool(false)), ("dry_run", .bool(true))] + members)
            return
        }
        hasRecorded = true
        let reference = clinic.names.reference(entry)
        let command = correction(reference)
        console.line(.recorded(reference: reference))
        console.line(.correctWith(command))
        console.json(
            [
                ("recorded", .bool(true)), ("reference", .string(reference)),
                ("entry", .string("\(entry.feed)/\(entry.position)")), ("correct_with", .string(command)),
            ] + members
        )
    }
}
