import Schema

/// What a record of kind 14 asks of every site: to destroy the keys of a person.
///
/// Only the change that creates it counts. It is never taken back, for a destroyed key does not come back.
package struct Erasure: Hashable, Sendable {
    /// The record.
    package var id: RecordID
    /// Whose keys.
    package var person: RecordID
    /// The keys that were known to be the person's where it was written; 8 bytes each.
    package var keyIDs: [[UInt8]]
    /// Who recorded it and when.
    package var context: EntryContext
    /// Why.
    package var reason: String?

    /// - Returns: nil for a change that is none, names no person or can not be read.
    package init?(_ change: RecordChange) {
        guard change.kind == .erasure, change.action == .create, change.problem == nil else { return nil }
        var person: RecordID?
        var keyIDs: [[UInt8]] = []
        for field in change.fields {
            switch field.content {
            case .link(let record) where field.field == LinkField.erasurePerson: person = record
            case .bytes(let bytes) where field.field == Self.keysField: keyIDs = Self.keyIDs(in: bytes)
            default: break
            }
        }
        guard let person else { return nil }
        id = change.id
        self.person = person
        self.keyIDs = keyIDs
        context = change.context
        reason = change.reason
    }

    private static let keysField: UInt32 = 2

    /// What is no list of keys names none: the erasure holds all the same.
    private static func keyIDs(in field: [UInt8]) -> [[UInt8]] {
        do throws(RecordError) {
            return try ErasureBody(encodedBytes: field).keys.id.map { [UInt8]($0) }.filter { $0.count == 8 }
        } catch {
            return []
        }
    }

    /// The change that asks for it.
    ///
    /// - Parameters:
    ///   - person: Whose keys.
    ///   - keyIDs: Of the keys known here.
    ///   - caseRecord: The case it was asked in.
    ///   - reason: Why.
    /// - Returns: What to record; it belongs to the urgent lane.
    /// - Throws: `.illFormedValue` when the body cannot be encoded.
    package static func draft(
        of person: RecordID,
        keyIDs: [[UInt8]],
        in caseRecord: RecordID?,
        reason: String
    ) throws(RecordError) -> DraftChange {
        var body = ErasureBody()
        if !keyIDs.isEmpty {
            body.keys.id = keyIDs.sorted { $0.lexicographicallyPrecedes($1) }.map { collected($0) }
        }
        var change = try DraftChange.create(
            .erasure,
            body,
            in: caseRecord.map(RecordTarget.existing),
            links: [LinkField.erasurePerson: .existing(person)]
        )
        change.reason = reason
        return change
    }
}
