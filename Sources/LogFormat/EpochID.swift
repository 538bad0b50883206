/// One uninterrupted run of a site's log: 8 random bytes, new whenever the store was created, restored or cloned.
package struct EpochID: Hashable, Sendable {
    let value: UInt64

    package static let lengthBytes = 8

    init(value: UInt64) {
        self.value = value
    }

    /// - Returns: nil unless `bytes` are exactly 8.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        value = UInt64(bigEndianBytes: bytes)
    }

    package var bytes: [UInt8] { value.bigEndianBytes }

    /// The bytes as a number, most significant first.
    package var word: UInt64 { value }
}

extension EpochID: Comparable {
    package static func < (left: EpochID, right: EpochID) -> Bool { left.value < right.value }
}

extension EpochID: CustomStringConvertible {
    /// 16 hexadecimal digits, as in directory names.
    package var description: String { bytes.hexadecimal }
}
