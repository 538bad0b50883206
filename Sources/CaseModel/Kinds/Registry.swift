/// Kind and field numbers, mirrored from `Protocol/registry.json`; a test keeps the two and `record.proto` equal.
package enum Registry {
    /// How a field travels.
    package enum FieldForm: String, Hashable, Sendable {
        /// In the body.
        case value
        /// In the sealed body: it identifies a person.
        case sealed
        /// In the envelope, as the name of another record.
        case link
    }

    package struct Field: Hashable, Sendable {
        package var number: UInt32
        /// As in `record.proto`: `vital_status`.
        package var name: String
        package var form: FieldForm
    }

    package struct Kind: Hashable, Sendable {
        package var kind: RecordKind
        package var name: String
        /// True when every record of the kind merges only as a whole.
        package var mergesWhole: Bool
        /// Ascending.
        package var fields: [Field]
    }

    /// Every kind with a body in this version, ascending.
    package static let kinds: [Kind] = [
        kind(
            .person,
            "person",
            [
                (1, "name", .sealed), (2, "alternative_name", .sealed), (3, "identifier", .sealed),
                (4, "birth_date", .sealed), (5, "contact", .sealed), (6, "note", .sealed), (7, "birth_year", .value),
                (8, "administrative_sex", .value), (9, "birth_sex", .value),
            ]
        ),
        kind(
            .case,
            "case",
            [
                (1, "person", .link), (2, "diagnosis", .value), (3, "stage", .value), (4, "treatment_status", .value),
                (5, "trial_status", .value), (6, "vital_status", .value), (7, "age", .value), (8, "smoking", .value),
                (9, "note", .value),
            ]
        ),
        kind(
            .result,
            "result",
            [
                (1, "analyte", .value), (2, "value", .value), (3, "collected", .value), (4, "specimen", .value),
                (5, "method", .value), (6, "reference_range", .value), (7, "note", .value), (8, "subject", .link),
                (9, "assessment", .link), (10, "course", .link), (11, "role", .value),
            ]
        ),
        kind(
            .statement,
            "statement",
            [
                (1, "question", .value), (2, "stated", .value), (3, "note", .value), (4, "subject", .link),
                (5, "topic", .value),
            ]
        ),
        kind(
            .order,
            "order",
            [
                (1, "course", .value), (2, "drug", .value), (3, "period", .value), (4, "state", .value),
                (5, "approval", .value), (6, "note", .value), (7, "part_of", .link), (8, "replaces", .link),
            ]
        ),
        kind(
            .given,
            "given",
            mergesWhole: true,
            [
                (1, "order", .link), (2, "fraction", .value), (3, "dose", .value), (4, "duplicate_of", .link),
                (5, "note", .value),
            ]
        ),
        kind(
            .event,
            "event",
            [
                (1, "type", .value), (2, "adverse_event", .value), (3, "period", .value), (4, "serious", .value),
                (5, "action_taken", .value), (6, "outcome", .value), (7, "note", .value), (8, "detail", .value),
            ]
        ),
        kind(.document, "document", [(1, "title", .sealed), (2, "content", .sealed), (3, "file", .value)]),
        kind(
            .lesion,
            "lesion",
            [
                (1, "number", .value), (2, "site", .value), (3, "nodal", .value), (4, "bone", .value),
                (5, "first_seen", .value), (6, "note", .value),
            ]
        ),
        kind(.erasure, "erasure", [(1, "person", .link), (2, "keys", .value)]),
        kind(.assessment, "assessment", [(1, "reading", .value), (2, "reported", .value), (3, "note", .value)]),
        kind(.operator, "operator", [(1, "name", .value), (2, "role", .value), (3, "note", .value)]),
        kind(
            .roster,
            "roster",
            [
                (1, "founding", .value), (2, "admission", .value), (3, "revocation", .value), (4, "handover", .value),
                (5, "recovery", .value), (6, "term", .value),
            ]
        ),
        kind(.protocol, "protocol", [(1, "document", .value), (2, "approval", .value)]),
        kind(.ruleSet, "rule_set", [(1, "document", .value), (2, "approval", .value)]),
        kind(.epoch, "epoch", [(1, "beginning", .value)]),
        kind(.branch, "branch", [(1, "statement", .value)]),
    ]

    /// The row of a kind; nil for one this version does not know.
    package static func kind(_ kind: RecordKind) -> Kind? {
        kinds.first { $0.kind == kind }
    }

    /// The registered name of a field, or `field 12`.
    package static func fieldName(_ field: UInt32, of kind: RecordKind) -> String {
        self.kind(kind)?.fields.first { $0.number == field }?.name ?? "field \(field)"
    }

    /// The number of a field by its name; nil when there is none.
    package static func fieldNumber(_ name: String, of kind: RecordKind) -> UInt32? {
        self.kind(kind)?.fields.first { $0.name == name }?.number
    }

    /// True when every record of the kind merges only as a whole.
    package static func mergesWhole(_ kind: RecordKind) -> Bool {
        self.kind(kind)?.mergesWhole ?? false
    }

    private static func kind(
        _ kind: RecordKind,
        _ name: String,
        mergesWhole: Bool = false,
        _ fields: [(UInt32, String, FieldForm)]
    ) -> Kind {
        Kind(
            kind: kind,
            name: name,
            mergesWhole: mergesWhole,
            fields: fields.map { Field(number: $0.0, name: $0.1, form: $0.2) }
        )
    }
}

/// The numbers of the fields that are links and asked for by number.
package enum LinkField {
    package static let casePerson: UInt32 = 1
    package static let givenOrder: UInt32 = 1
    package static let givenDuplicateOf: UInt32 = 4
    package static let resultSubject: UInt32 = 8
    package static let resultAssessment: UInt32 = 9
    package static let resultCourse: UInt32 = 10
    package static let statementSubject: UInt32 = 4
    package static let erasurePerson: UInt32 = 1
}
