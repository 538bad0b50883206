package import Crypto

/// A site's Ed25519 public key: proves who wrote a feed, and gives the site its id.
package struct SitePublicKey: Hashable, Sendable {
    /// 32 bytes (RFC 8032).
    package let bytes: [UInt8]

    package static let lengthBytes = 32

    /// - Returns: nil unless `bytes` are exactly 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        self.bytes = Array(bytes)
    }

    /// The public half of a site's signing key.
    package init(_ key: Curve25519.Signing.PublicKey) {
        bytes = [UInt8](key.rawRepresentation)
    }

    /// The first 16 bytes of the SHA-256 of the key.
    package var siteID: SiteID {
        let digest = ChainDigest(hashing: unsafe bytes.span.bytes)
        return SiteID(high: digest.words.0, low: digest.words.1)
    }

    /// Checks a signature.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes; anything else is simply not valid.
    ///   - message: As made by ``SignatureContext/message(registry:content:)``.
    /// - Returns: Whether `signature` is this key's over `message`.
    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        do {
            return try Curve25519.Signing.PublicKey(rawRepresentation: bytes).isValidSignature(signature, for: message)
        } catch {
            // Not a point on the curve: no signature can be valid for it.
            return false
        }
    }
}

extension SitePublicKey: CustomStringConvertible {
    /// 64 hexadecimal digits.
    package var description: String { bytes.hexadecimal }
}
