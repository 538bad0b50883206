package import CaseModel
package import Schema

/// What a command wants recorded, before the store gives it a place: one entry.
package struct Recording: Sendable {
    package var changes: [DraftChange]
    /// Encoded bodies of identifying fields, by the index of the change that carries them; sealed when it is recorded.
    package var identity: [Int: [UInt8]]
    /// Whose key seals the identifying fields of a change that is no person's own, by the index of the change.
    package var keys: [Int: OwnerKey] = [:]
    package var operatorRecord: RecordTarget?
    package var source: Source?
    /// What a batch brings is history and never urgent.
    package var isImport: Bool
    /// Checked and thrown away.
    package var isDryRun: Bool

    /// A person and the key that seals what is theirs.
    package struct OwnerKey: Sendable {
        package var person: RecordID
        package var key: PersonKey

        package init(person: RecordID, key: PersonKey) {
            self.person = person
            self.key = key
        }
    }

    package init(
        changes: [DraftChange],
        identity: [Int: [UInt8]] = [:],
        operatorRecord: RecordTarget? = nil,
        source: Source? = nil,
        isImport: Bool = false,
        isDryRun: Bool = false
    ) {
        self.changes = changes
        self.identity = identity
        self.operatorRecord = operatorRecord
        self.source = source
        self.isImport = isImport
        self.isDryRun = isDryRun
    }
}
