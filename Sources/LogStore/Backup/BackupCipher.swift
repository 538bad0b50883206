import Crypto
import LogFormat
import StoreIO

/// Seals what a backup holds. One content key for each backup folder, one key for each object, derived from a salt of its
/// own.
///
/// ## Layout of an object (integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `AbscBak0` |
/// | 8 | 32 | salt |
/// | 40 | … | chunks: each at most 256 KiB encrypted with ChaCha20-Poly1305, and its 16-byte tag |
///
/// Key of an object: HKDF-SHA256(content key, salt, `abscope backup object 1`). Nonce of a chunk: 1 for the last chunk and 0
/// for others (1 byte), 3 zero bytes, the number of the chunk from 0 (8). Authenticated with it: the object's name. So
/// nothing can be cut, repeated, exchanged or put under another name unnoticed.
struct BackupCipher: Sendable {
    private let key: SymmetricKey

    static let keyBytes = 32
    private static let magic = Array("AbscBak0".utf8)
    private static let saltBytes = 32
    private static let headerBytes = 40
    private static let chunkBytes = 256 * 1024
    private static let tagBytes = 16

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// What an object with this content is called: tells nothing to whoever lacks the key.
    func name(ofDigest digest: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array("abscope backup name 1".utf8) + digest, using: key)
        return Array(code.prefix(16)).hexadecimal
    }

    /// The size of an object with so much inside.
    static func sealedBytes(_ plainBytes: UInt64) -> UInt64 {
        let chunks = max(1, (plainBytes + UInt64(chunkBytes) - 1) / UInt64(chunkBytes))
        return UInt64(headerBytes) + plainBytes + chunks * UInt64(tagBytes)
    }

    /// - Parameters:
    ///   - plain: What to seal.
    ///   - name: What the object is called.
    ///   - salt: 32 bytes that were never used before.
    /// - Returns: The object.
    /// - Throws: `.invalidArgument` when the library refuses to encrypt.
    func seal(_ plain: [UInt8], name: String, salt: [UInt8]) throws(StorageError) -> [UInt8] {
        precondition(salt.count == Self.saltBytes, "a salt has 32 bytes")
        let objectKey = objectKey(salt: salt)
        let name = Array(name.utf8)
        var sealed = Self.magic + salt
        sealed.reserveCapacity(Int(Self.sealedBytes(UInt64(plain.count))))
        var offset = 0
        var number: UInt64 = 0
        repeat {
            let end = min(offset + Self.chunkBytes, plain.count)
            do {
                let box = try ChaChaPoly.seal(
                    plain[offset..<end],
                    using: objectKey,
                    nonce: try ChaChaPoly.Nonce(data: Self.nonce(number, isLast: end == plain.count)),
                    authenticating: name
                )
                sealed.append(contentsOf: box.ciphertext)
                sealed.append(contentsOf: box.tag)
            } catch {
                throw StorageError(.invalidArgument, "A part of the backup could not be encrypted.", cause: error)
            }
            offset = end
            number += 1
        } while offset < plain.count
        return sealed
    }

    /// - Throws: `.corrupted` when the object was altered, cut, or is another one.
    func open(_ sealed: [UInt8], name: String, path: String) throws(StorageError) -> [UInt8] {
        func damage(_ offset: Int, _ cause: (any Error)? = nil) -> StorageError {
            StorageError(
                .corrupted,
                "This part of the backup is damaged or was altered.",
                at: .init(path: path, offsetBytes: UInt64(offset)),
                cause: cause
            )
        }
        guard sealed.count >= Self.headerBytes + Self.tagBytes, Array(sealed[..<8]) == Self.magic else {
            throw damage(0)
        }
        let objectKey = objectKey(salt: Array(sealed[8..<Self.headerBytes]))
        let name = Array(name.utf8)
        var plain: [UInt8] = []
        plain.reserveCapacity(sealed.count)
        var offset = Self.headerBytes
        var number: UInt64 = 0
        while offset < sealed.count {
            let end = min(offset + Self.chunkBytes + Self.tagBytes, sealed.count)
            guard end - offset >= Self.tagBytes else { throw damage(offset) }
            do {
                let box = try ChaChaPoly.SealedBox(
                    nonce: try ChaChaPoly.Nonce(data: Self.nonce(number, isLast: end == sealed.count)),
                    ciphertext: sealed[offset..<end - Self.tagBytes],
                    tag: sealed[end - Self.tagBytes..<end]
                )
                plain.append(contentsOf: try ChaChaPoly.open(box, using: objectKey, authenticating: name))
            } catch {
                throw damage(offset, error)
            }
            offset = end
            number += 1
        }
        return plain
    }

    private func objectKey(salt: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key,
            salt: salt,
            info: Array("abscope backup object 1".utf8),
            outputByteCount: 32
        )
    }

    private static func nonce(_ number: UInt64, isLast: Bool) -> [UInt8] {
        [isLast ? 1 : 0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }
}
