/// A fact that breaks a rule: stored all the same, marked, and listed until someone deals with it.
package struct Finding: Hashable, Sendable {
    /// The record it is about.
    package var record: RecordID
    package var kind: RecordKind
    /// The field in the words of the registry: `fraction.number`.
    package var field: String
    /// The value that breaks the rule, as shown.
    package var value: String
    /// The rule's name, stable: `fraction.beyond-prescription`.
    package var rule: String
    /// One sentence.
    package var message: String
    /// What to do.
    package var remedy: String

    package init(
        record: RecordID,
        kind: RecordKind,
        field: String,
        value: String,
        rule: String,
        message: String,
        remedy: String
    ) {
        self.record = record
        self.kind = kind
        self.field = field
        self.value = value
        self.rule = rule
        self.message = message
        self.remedy = remedy
    }
}

extension Finding: Comparable {
    /// By record, then field, rule and value: the same list at every site.
    package static func < (left: Finding, right: Finding) -> Bool {
        (left.record, left.field, left.rule, left.value) < (right.record, right.field, right.rule, right.value)
    }
}
