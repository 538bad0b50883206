/// A site: the first 16 bytes of the SHA-256 of its Ed25519 public key.
package struct SiteID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    package static let lengthBytes = 16

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Returns: nil unless `bytes` are exactly 16.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        high = UInt64(bigEndianBytes: bytes.prefix(8))
        low = UInt64(bigEndianBytes: bytes.dropFirst(8))
    }

    package var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    /// The first of ``bytes``, without an allocation.
    package var firstByte: UInt8 { UInt8(truncatingIfNeeded: high >> 56) }

    /// The bytes as two numbers, most significant first.
    package var words: (UInt64, UInt64) { (high, low) }
}

extension SiteID: Comparable {
    /// The order of the bytes, which decides between two connections of one pair.
    package static func < (left: SiteID, right: SiteID) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension SiteID: CustomStringConvertible {
    /// 32 hexadecimal digits, as in directory names.
    package var description: String { bytes.hexadecimal }
}
