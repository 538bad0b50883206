extension ExportMessage {
    var english: String {
        switch self {
        case .rows(let rows, let path, let size):
            "\(rows) \(rows == 1 ? "row" : "rows") written to \(path), \(size). This file is not encrypted."
        case .dictionary(let path): "What each column is: \(path)"
        case .leadingColumn(let column): Self.meaning(column)
        case .meaning(let kind, let field): Self.meanings[kind]?[field] ?? ""
        }
    }

    private static func meaning(_ column: ExportSheet.Leading) -> String {
        switch column {
        case .case: "The case number."
        case .reference: "The record: the site, and the position of the entry that created it."
        case .standing: "standing, retracted, or disputed where a retraction and a change know nothing of each other."
        case .provisional: "The fields that are not settled, in conflict or waiting for another site."
        case .conflicts: "The fields in conflict; the value shown is the cautious one."
        }
    }

    /// By the name of the field in the registry.
    private static let meanings: [ExportedKind: [String: String]] = [
        .person: [
            "birth_year": "The year of birth.", "administrative_sex": "The sex as in the papers.",
            "birth_sex": "The sex at birth.",
        ],
        .case: [
            "person": "The record of the person.", "diagnosis": "The diagnosis, its histology, day and method.",
            "stage": "T, N, M and the group as reported, with the edition.",
            "treatment_status": "Whether treatment goes on.", "trial_status": "Where the person stands in a trial.",
            "vital_status": "Alive or dead, and since when it is known.",
            "age": "The age where no birth year is known.",
            "smoking": "The smoking history.", "note": "A note, as typed.",
        ],
        .result: [
            "analyte": "What was measured or graded.", "value": "The value with comparator and unit, as typed.",
            "collected": "The day of the specimen or examination.", "specimen": "What it was measured in.",
            "method": "How it was measured.", "reference_range": "The range of the laboratory that measured it.",
            "note": "A note, as typed.", "subject": "The lesion it is about.",
            "assessment": "The assessment it belongs to.", "course": "The course it is about.",
            "role": "What the lesion is in the assessment, or was to the course.",
        ],
        .statement: [
            "question": "What was asked.", "stated": "The answer, who gave it and when.", "note": "A note, as typed.",
            "subject": "The record it is about.", "topic": "What in particular it is about.",
        ],
        .order: [
            "course": "The course of radiotherapy as prescribed.", "drug": "The drug with dose, basis and interval.",
            "period": "From when to when.", "state": "Active, held, resumed, completed or stopped.",
            "approval": "Who prescribed it and when.", "note": "A note, as typed.",
            "part_of": "The order it is a part of.", "replaces": "The order it replaces.",
        ],
        .given: [
            "order": "The order it was given by.", "fraction": "The fraction as delivered or missed.",
            "dose": "The dose of the drug as given or missed.", "duplicate_of": "The record of the same dose.",
            "note": "A note, as typed.",
        ],
        .event: [
            "type": "What happened.", "adverse_event": "The term, the grade and the version of its scale.",
            "period": "From when to when.", "serious": "Whether it was serious, and why.",
            "action_taken": "What was done with the treatment.", "outcome": "How it went on.",
            "note": "A note, as typed.", "detail": "What in particular happened.",
        ],
        .lesion: [
            "number": "The number of the lesion, which it keeps.", "site": "Where it is, with side and level.",
            "nodal": "Whether it is a lymph node.", "bone": "What is known of a lesion of bone.",
            "first_seen": "The day it was first seen.", "note": "A note, as typed.",
        ],
        .assessment: [
            "reading": "The day, the method and the assessor.", "reported": "The response as the assessor reported it.",
            "note": "A note, as typed.",
        ],
    ]
}
