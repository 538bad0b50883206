package import Crypto

/// Seals a few bytes to an X25519 key with HPKE (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
/// ChaCha20-Poly1305), without additional data.
package enum KeySealing {
    private static let suite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .chaChaPoly)

    /// Length of an encapsulated key.
    package static let encapsulatedBytes = 32
    /// What a ciphertext is longer than what is in it.
    package static let tagBytes = 16

    /// - Parameters:
    ///   - plain: What to seal.
    ///   - publicKey: The receiver's, 32 bytes.
    ///   - info: What it is for; has to be the same when it is opened.
    /// - Returns: The encapsulated key, and the ciphertext with its tag.
    /// - Throws: `.key` when `publicKey` is none.
    package static func seal(
        _ plain: [UInt8],
        to publicKey: [UInt8],
        info: [UInt8]
    ) throws(FormatError) -> (encapsulated: [UInt8], ciphertext: [UInt8]) {
        do {
            var sender = try HPKE.Sender(
                recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
                ciphersuite: suite,
                info: collected(info)
            )
            let ciphertext = try sender.seal(plain)
            return (Array(sender.encapsulatedKey), Array(ciphertext))
        } catch {
            throw .key
        }
    }

    /// - Throws: `.sealed` when it was altered, or sealed to another key or for something else.
    package static func open(
        encapsulated: [UInt8],
        ciphertext: [UInt8],
        with key: Curve25519.KeyAgreement.PrivateKey,
        info: [UInt8]
    ) throws(FormatError) -> [UInt8] {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key,
                ciphersuite: suite,
                info: collected(info),
                encapsulatedKey: collected(encapsulated)
            )
            return Array(try recipient.open(ciphertext))
        } catch {
            throw .sealed
        }
    }

    /// Names the collection by its protocol, so that its module need not be imported.
    private static func collected<Field: RangeReplaceableCollection<UInt8>>(_ bytes: [UInt8]) -> Field {
        Field(bytes)
    }
}
