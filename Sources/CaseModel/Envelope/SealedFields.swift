/// Identifying fields of a change as they travel: ciphertext, and the field numbers inside so that a site without the
/// key can still merge.
package struct SealedFields: Hashable, Sendable {
    /// The person whose key it is.
    package var person: RecordID
    /// Which key: see ``PersonKey/id``.
    package var keyID: [UInt8]
    /// 12 bytes.
    package var nonce: [UInt8]
    /// With its 16-byte tag.
    package var ciphertext: [UInt8]
    /// Ascending.
    package var fields: [UInt32]

    package init(person: RecordID, keyID: [UInt8], nonce: [UInt8], ciphertext: [UInt8], fields: [UInt32]) {
        self.person = person
        self.keyID = keyID
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.fields = fields
    }
}
