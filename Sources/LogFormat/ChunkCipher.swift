import Crypto

/// Encrypts a stream in numbered chunks, of which the last says that it is: ChaCha20-Poly1305 with a key of the stream's own.
///
/// Nonce of a chunk: 1 for the last chunk and 0 for others (1 byte), 3 zero bytes, the number of the chunk from 0 (8, least
/// significant first). So no chunk can be cut off, repeated, exchanged or moved to another stream unnoticed.
package struct ChunkCipher: Sendable {
    private let key: SymmetricKey

    /// What a chunk is longer than what is in it.
    package static let tagBytes = 16

    /// - Parameters:
    ///   - secret: What only those who may read it know.
    ///   - salt: Names the stream; never the same for two streams with one secret.
    ///   - purpose: What the key is for: HKDF-SHA256's info.
    package init(secret: [UInt8], salt: [UInt8], purpose: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret),
            salt: salt,
            info: Array(purpose.utf8),
            outputByteCount: 32
        )
    }

    /// - Parameters:
    ///   - plain: What to encrypt.
    ///   - number: Of the chunk in its stream, from 0; never used twice.
    ///   - isLast: Nothing follows.
    ///   - context: Has to be the same when it is opened.
    /// - Returns: Ciphertext and tag.
    /// - Throws: `.key` when the library refuses to encrypt.
    package func seal(
        _ plain: ArraySlice<UInt8>,
        number: UInt64,
        isLast: Bool,
        authenticating context: [UInt8]
    ) throws(FormatError) -> [UInt8] {
        do {
            let box = try ChaChaPoly.seal(
                plain,
                using: key,
                nonce: try ChaChaPoly.Nonce(data: Self.nonce(number, isLast)),
                authenticating: context
            )
            return Array(box.ciphertext) + Array(box.tag)
        } catch {
            throw .key
        }
    }

    /// - Throws: `.sealed` when the chunk was altered, is another one, or of another stream; `.truncated` when it is shorter
    ///   than any.
    package func open(
        _ sealed: ArraySlice<UInt8>,
        number: UInt64,
        isLast: Bool,
        authenticating context: [UInt8]
    ) throws(FormatError) -> [UInt8] {
        guard sealed.count >= Self.tagBytes else { throw .truncated }
        let end = sealed.endIndex - Self.tagBytes
        do {
            let box = try ChaChaPoly.SealedBox(
                nonce: try ChaChaPoly.Nonce(data: Self.nonce(number, isLast)),
                ciphertext: sealed[..<end],
                tag: sealed[end...]
            )
            return Array(try ChaChaPoly.open(box, using: key, authenticating: context))
        } catch {
            throw .sealed
        }
    }

    private static func nonce(_ number: UInt64, _ isLast: Bool) -> [UInt8] {
        [isLast ? 1 : 0, 0, 0, 0] + number.littleEndianBytes
    }
}
