import Crypto
import LogFormat

/// What opens one bundle: 32 random bytes that only its sender and its recipients know.
package struct BundleSecret: Sendable {
    let bytes: [UInt8]

    package static let lengthBytes = 32

    /// - Returns: nil unless `bytes` are exactly 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        self.bytes = Array(bytes)
    }

    /// Encrypts the chunks of the bundle with this header. Bound to it to the last byte: HKDF-SHA256 with SHA-256 of the
    /// header as salt and info `abscope bundle chunk 1`.
    func cipher(of header: BundleHeader) -> ChunkCipher {
        ChunkCipher(
            secret: bytes,
            salt: Array(SHA256.hash(data: header.encoded)),
            purpose: "abscope bundle chunk 1"
        )
    }

    /// HMAC-SHA256 over the frames of the statement; key: HKDF-SHA256, no salt, info `abscope bundle statement 1`.
    func statementCode(_ frames: [UInt8]) -> [UInt8] {
        var code = statementHasher
        code.update(data: frames)
        return Array(code.finalize())
    }

    var statementHasher: HMAC<SHA256> {
        HMAC<SHA256>(
            key: HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: bytes),
                info: Array("abscope bundle statement 1".utf8),
                outputByteCount: 32
            )
        )
    }
}
