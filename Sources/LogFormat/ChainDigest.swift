/// The SHA-256 chain value after an entry; equality of two proves equality of everything before.
package struct ChainDigest: Hashable, Sendable {
    private let words: InlineWords

    package static let lengthBytes = 32

    /// - Returns: nil unless `bytes` are exactly 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        words = InlineWords(
            UInt64(bigEndianBytes: bytes.prefix(8)),
            UInt64(bigEndianBytes: bytes.dropFirst(8).prefix(8)),
            UInt64(bigEndianBytes: bytes.dropFirst(16).prefix(8)),
            UInt64(bigEndianBytes: bytes.dropFirst(24))
        )
    }

    package var bytes: [UInt8] {
        words.first.bigEndianBytes + words.second.bigEndianBytes + words.third.bigEndianBytes
            + words.fourth.bigEndianBytes
    }

    /// The first 8 bytes, as an ``EntryReference`` carries them.
    package var prefix: UInt64 { words.first }

    /// Four words rather than an array, so that a digest is a value without an allocation.
    private struct InlineWords: Hashable, Sendable {
        let first, second, third, fourth: UInt64
        init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
            self.first = first
            self.second = second
            self.third = third
            self.fourth = fourth
        }
    }
}

extension ChainDigest: CustomStringConvertible {
    package var description: String { bytes.hexadecimal }
}
