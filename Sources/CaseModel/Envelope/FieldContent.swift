package import Schema

/// What a change says about one top-level field of its record: the unit of merge.
package enum FieldContent: Hashable, Sendable {
    /// The field as it stands in the encoded body, tag included; several occurrences one after the other.
    case bytes([UInt8])
    /// Another record.
    case link(RecordID)
    /// No value: cleared (`.unspecified`), or stated as absent for a reason.
    case absent(AbsenceReason)
    /// Identifying, and not opened here. Two sealed contents are equal only when they are the same ciphertext, so
    /// concurrent ones are shown as a conflict until a site with the key opens them.
    case sealed(nonce: [UInt8])
}

/// One field of one change.
package struct FieldChange: Hashable, Sendable {
    /// A number of the kind in `Protocol/registry.json`.
    package var field: UInt32
    package var content: FieldContent
    /// True when it travels sealed, opened here or not.
    package var isIdentifying: Bool

    package init(field: UInt32, content: FieldContent, isIdentifying: Bool = false) {
        self.field = field
        self.content = content
        self.isIdentifying = isIdentifying
    }
}
