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
/// Key of an object: HKDF-SHA256(content key, salt, `abscope backup object 1`). Chunks are those of ``ChunkCipher``;
/// authenticated with each: the object's name. So nothing can be cut, repeated, exchanged or put under another name
/// unnoticed.
struct BackupCipher: Sendable {
    private let key: [UInt8]

    static let keyBytes = 32
    private static let magic = Array("AbscBak0".utf8)
    private static let saltBytes = 32
    private static let headerBytes = 40
    private static let chunkBytes = 256 * 1024
    private static let tagBytes = ChunkCipher.tagBytes

    init(key: [UInt8]) { self.key = key }

    /// What an object with this content is called: tells nothing to whoever lacks the key.
    func name(ofDigest digest: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("abscope backup name 1".utf8) + digest,
            using: SymmetricKey(data: key)
        )
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
        let cipher = cipher(salt: salt)
        let name = Array(name.utf8)
        var sealed = Self.magic + salt
        sealed.reserveCapacity(Int(Self.sealedBytes(UInt64(plain.count))))
        var offset = 0
        var number: UInt64 = 0
        repeat {
            let end = min(offset + Self.chunkBytes, plain.count)
            do throws(FormatError) {
                sealed += try cipher.seal(
                    plain[offset..<end],
                    number: number,
                    isLast: end == plain.count,
                    authenticating: name
                )
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
        let cipher = cipher(salt: Array(sealed[8..<Self.headerBytes]))
        let name = Array(name.utf8)
        var plain: [UInt8] = []
        plain.reserveCapacity(sealed.count)
        var offset = Self.headerBytes
        var number: UInt64 = 0
        while offset < sealed.count {
            let end = min(offset + Self.chunkBytes + Self.tagBytes, sealed.count)
            do throws(FormatError) {
                plain += try cipher.open(
                    sealed[offset..<end],
                    number: number,
                    isLast: end == sealed.count,
                    authenticating: name
                )
            } catch {
                throw damage(offset, error)
            }
            offset = end
            number += 1
        }
        return plain
    }

    private func cipher(salt: [UInt8]) -> ChunkCipher {
        ChunkCipher(secret: key, salt: salt, purpose: "abscope backup object 1")
    }
}
