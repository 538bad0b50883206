import CaseModel
import Crypto
import StoreIO

/// What a file consists of, found by reading it once: it is read again while it is attached, and may change meanwhile.
struct FileDigests {
    let lengthBytes: UInt64
    let digest: [UInt8]
    /// SHA-256 of each piece: 32 bytes for 15 KiB.
    private let chunks: [SHA256Digest]

    /// - Throws: `.tooLarge`, `.inputOutput`.
    init(_ file: any OpenFile) throws(StorageError) {
        let size = try file.status().sizeBytes
        guard size <= AttachmentCipher.fileBytes else {
            throw StorageError(
                .tooLarge,
                "A file that is attached has at most \(AttachmentCipher.fileBytes / 1_048_576) MiB, and this one has"
                    + " \(size / 1_048_576): scan it with fewer dots, or attach it in parts.",
                at: .init(path: file.path)
            )
        }
        var whole = SHA256()
        var chunks: [SHA256Digest] = []
        var length: UInt64 = 0
        repeat {
            let chunk = try file.read(upTo: AttachmentCipher.chunkBytes, at: length)
            // One that grows while it is read has no end.
            guard length <= size else { throw Self.changed(file.path) }
            whole.update(data: chunk)
            chunks.append(SHA256.hash(data: chunk))
            length += UInt64(chunk.count)
            if chunk.count < AttachmentCipher.chunkBytes { break }
        } while length < size
        guard length == size else { throw Self.changed(file.path) }
        lengthBytes = length
        digest = Array(whole.finalize())
        self.chunks = chunks
    }

    /// A piece, as it was when the file was read first.
    ///
    /// - Throws: `.moved` when it is another by now; `.inputOutput`.
    func chunk(_ number: Int, of file: any OpenFile) throws(StorageError) -> [UInt8] {
        let offset = UInt64(number) * UInt64(AttachmentCipher.chunkBytes)
        let bytes = try file.read(upTo: AttachmentCipher.chunkBytes, at: offset)
        guard SHA256.hash(data: bytes) == chunks[number] else { throw Self.changed(file.path) }
        return bytes
    }

    /// Whether these are the plain bytes of a piece.
    func isChunk(_ number: Int, _ bytes: [UInt8]) -> Bool { SHA256.hash(data: bytes) == chunks[number] }

    private static func changed(_ path: String) -> StorageError {
        StorageError(
            .moved,
            "The file changed while it was read: attach it again when it is finished.",
            at: .init(path: path)
        )
    }
}
