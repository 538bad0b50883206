/// Bytes both ends know, with which a small deflate block starts, so that what all records share is never spelt out.
///
/// Number 0 is the empty dictionary. Others are published in `Protocol/` before a program writes with them; a number is
/// never reused. A block with a number this program does not know is refused by name and not taken for damage.
package struct PresetDictionary: Hashable, Sendable {
    package let id: UInt8
    /// At most 32 KiB, the window of deflate.
    package let bytes: [UInt8]

    /// No dictionary.
    package static let none = PresetDictionary(id: 0, bytes: [])

    private init(id: UInt8, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }

    /// - Returns: nil when there is no such dictionary yet.
    package init?(id: UInt8) {
        guard id == 0 else { return nil }
        self = .none
    }
}
