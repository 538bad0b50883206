internal import CCryptoBoringSSL

/// The SHA-256 chain value after an entry; equality of two proves equality of everything before.
///
/// Four words rather than an array, so that a digest is a value without an allocation.
package struct ChainDigest: Hashable, Sendable {
    private let first, second, third, fourth: UInt64

    package static let lengthBytes = 32

    /// From its bytes as four numbers, most significant first.
    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        self.first = first
        self.second = second
        self.third = third
        self.fourth = fourth
    }

    /// The SHA-256 of `bytes`.
    ///
    /// By the C function that swift-crypto's `SHA256` is made of and brings along: for pieces as short as records the object
    /// which that type allocates for each digest costs as much as hashing (docs/performance.md). No promise of
    /// swift-crypto covers the function, so the package is pinned.
    init(hashing bytes: RawSpan) {
        self = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.lengthBytes) { digest in
            unsafe bytes.withUnsafeBytes { bytes in
                _ = unsafe CCryptoBoringSSL_SHA256(
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    bytes.count,
                    digest.baseAddress
                )
            }
            return unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(digest)).digest(at: 0)
        }
    }

    /// - Returns: nil unless `bytes` are exactly 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        first = UInt64(bigEndianBytes: bytes.prefix(8))
        second = UInt64(bigEndianBytes: bytes.dropFirst(8).prefix(8))
        third = UInt64(bigEndianBytes: bytes.dropFirst(16).prefix(8))
        fourth = UInt64(bigEndianBytes: bytes.dropFirst(24))
    }

    package var bytes: [UInt8] {
        first.bigEndianBytes + second.bigEndianBytes + third.bigEndianBytes + fourth.bigEndianBytes
    }

    var words: (UInt64, UInt64) { (first, second) }

    /// All bytes as four numbers, most significant first.
    package var allWords: (UInt64, UInt64, UInt64, UInt64) { (first, second, third, fourth) }

    /// The first 8 bytes, as an ``EntryReference`` carries them.
    package var prefix: UInt64 { first }

    /// Gives the 32 bytes without an allocation.
    func withBytes(_ body: (RawSpan) -> Void) {
        let words = (first.bigEndian, second.bigEndian, third.bigEndian, fourth.bigEndian)
        unsafe withUnsafeBytes(of: words) { buffer in body(unsafe RawSpan(_unsafeBytes: buffer)) }
    }
}

extension ChainDigest: CustomStringConvertible {
    package var description: String { bytes.hexadecimal }
}
