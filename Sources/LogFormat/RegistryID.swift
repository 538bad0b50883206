/// A registry, the sites that share records: the SHA-256 of its founding entry.
package struct RegistryID: Hashable, Sendable {
    private let digest: ChainDigest

    package static let lengthBytes = 32

    /// - Returns: nil unless `bytes` are exactly 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard let digest = ChainDigest(bytes) else { return nil }
        self.digest = digest
    }

    init(digest: ChainDigest) {
        self.digest = digest
    }

    /// The registry an entry founds.
    ///
    /// - Parameter entry: The founding entry as it lies in the log, without its length field.
    package init(foundedBy entry: [UInt8]) {
        digest = ChainDigest(hashing: unsafe entry.span.bytes)
    }

    package var bytes: [UInt8] { digest.bytes }

    /// The bytes as a digest, which appends without an allocation.
    var asDigest: ChainDigest { digest }
}

extension RegistryID: CustomStringConvertible {
    /// 64 hexadecimal digits.
    package var description: String { bytes.hexadecimal }
}
