/// Bytes both ends know, with which a small deflate block starts, so that what all records share is never spelt out.
///
/// Number 0 is the empty dictionary, 1 is ``records``. Others are published in `Protocol/` before a program writes with them; a number is
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

    init(id: UInt8, hexadecimal: String) {
        guard let bytes = [UInt8](hexadecimal: hexadecimal), bytes.count <= 32 * 1024 else {
            preconditionFailure("dictionary \(id) is not what deflate takes")
        }
        self.init(id: id, bytes: bytes)
    }

    /// - Returns: nil when there is no such dictionary yet.
    package init?(id: UInt8) {
        switch id {
        case 0: self = .none
        case 1: self = .records
        default: return nil
        }
    }
}
