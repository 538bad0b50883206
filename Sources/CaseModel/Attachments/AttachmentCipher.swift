import Crypto
import LogFormat
package import Schema

/// Seals the pieces of one file with the key of the person it belongs to.
///
/// The name of an attachment is a code of the file's content under the person's key: the same file attached twice for one
/// person is the same attachment, and nobody without the key can tell whether it is a file they know. Name and number of
/// a piece determine its plain bytes, so that a nonce is never used for two different ones.
///
///     attachment = first 16 bytes of HMAC-SHA256(person key, "abscope attachment 1" || SHA-256 of the file)
///     key        = HKDF-SHA256(person key, salt: attachment, info: "abscope attachment key 1"), 32 bytes
///     nonce      = number of the piece (8, little-endian) || 4 zero bytes
///     data       = "abscope attachment chunk 1" || attachment || number (8) || number of pieces (8)
package struct AttachmentCipher: Sendable {
    /// Names the attachment.
    package let id: [UInt8]
    /// How many pieces there are.
    package let chunks: UInt64
    private let key: SymmetricKey

    package static let idBytes = 16
    /// Plain bytes of a piece; the last one may be shorter. With its envelope it fits an entry.
    package static let chunkBytes = 15 * 1024
    /// The largest file.
    package static let fileBytes: UInt64 = 256 * 1024 * 1024
    package static let mostChunks = chunkCount(fileBytes)

    /// - Parameters:
    ///   - person: Whose file it is.
    ///   - digest: SHA-256 of the file.
    ///   - lengthBytes: Of the file.
    package init(person: PersonKey, digest: [UInt8], lengthBytes: UInt64) {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("abscope attachment 1".utf8) + digest,
            using: SymmetricKey(data: person.secretBytes)
        )
        self.init(person: person, id: Array(code.prefix(Self.idBytes)), chunks: Self.chunkCount(lengthBytes))
    }

    /// As a document says.
    package init(person: PersonKey, file: StoredFile) {
        self.init(person: person, id: Array(file.attachment), chunks: file.chunks)
    }

    private init(person: PersonKey, id: [UInt8], chunks: UInt64) {
        self.id = id
        self.chunks = chunks
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: person.secretBytes),
            salt: id,
            info: Array("abscope attachment key 1".utf8),
            outputByteCount: 32
        )
    }

    /// How many pieces a file has; one for an empty file.
    package static func chunkCount(_ lengthBytes: UInt64) -> UInt64 {
        max(1, (lengthBytes + UInt64(chunkBytes) - 1) / UInt64(chunkBytes))
    }

    /// The entry of lane 3 for a piece.
    ///
    /// - Throws: `.illFormedValue` when the library refuses.
    package func seal(_ chunk: [UInt8], number: UInt64) throws(RecordError) -> [UInt8] {
        var message = AttachmentChunk()
        message.attachment.append(contentsOf: id)
        message.number = number
        do {
            let box = try ChaChaPoly.seal(
                chunk,
                using: key,
                nonce: ChaChaPoly.Nonce(data: Self.nonce(number)),
                authenticating: context(number)
            )
            message.ciphertext.append(contentsOf: box.ciphertext)
            message.ciphertext.append(contentsOf: box.tag)
        } catch {
            throw RecordError(.illFormedValue, "A part of the file cannot be sealed: \(error).")
        }
        return try message.encodedBytes()
    }

    /// The piece that an entry of lane 3 holds.
    ///
    /// - Throws: `.illFormedEntry`; `.cannotOpen` when it is another piece, altered, or sealed with another key.
    package func open(_ entry: [UInt8], number: UInt64) throws(RecordError) -> [UInt8] {
        let message = try AttachmentChunk(encodedBytes: entry)
        let ciphertext = Array(message.ciphertext)
        guard Array(message.attachment) == id, message.number == number, ciphertext.count >= 16 else {
            throw RecordError(.cannotOpen, "This is a part of another file.")
        }
        do {
            let box = try ChaChaPoly.SealedBox(
                nonce: ChaChaPoly.Nonce(data: Self.nonce(number)),
                ciphertext: ciphertext.dropLast(16),
                tag: ciphertext.suffix(16)
            )
            return Array(try ChaChaPoly.open(box, using: key, authenticating: context(number)))
        } catch {
            throw RecordError(.cannotOpen, "A part of the file was altered, or sealed with another key: \(error).")
        }
    }

    private func context(_ number: UInt64) -> [UInt8] {
        Array("abscope attachment chunk 1".utf8) + id + number.littleEndianBytes + chunks.littleEndianBytes
    }

    private static func nonce(_ number: UInt64) -> [UInt8] { number.littleEndianBytes + [0, 0, 0, 0] }
}
