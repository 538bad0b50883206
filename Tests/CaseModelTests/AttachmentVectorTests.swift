import CaseModel
import Crypto
import LogFormat
import Schema
import Testing

/// Files and their pieces in lane 3, made by a second implementation.
@Suite("Vectors of attached files")
struct AttachmentVectorTests {
    private let vectors: JSONValue

    init() throws { vectors = try JSONValue(parsing: ProtocolFiles.bytes("vectors/records/attachments.json")) }

    private static func content(_ length: Int) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 15_360) }
    }

    @Test("Pieces are written byte for byte, and read as the file they are of")
    func pieces() throws {
        let files = try #require(vectors["files"]?.array)
        #expect(files.count == 4)
        for row in files {
            let length = Int(try row.integer("length"))
            let content = Self.content(length)
            let person = try #require(PersonKey(row.bytes("key")))
            let cipher = AttachmentCipher(
                person: person,
                digest: Array(SHA256.hash(data: content)),
                lengthBytes: UInt64(length)
            )
            #expect(try cipher.id == row.bytes("attachment"))
            let entries = try #require(row["entries"]?.array).map { try row.hex("entries", #require($0.string)) }
            #expect(cipher.chunks == UInt64(entries.count))
            var read: [UInt8] = []
            for (index, entry) in entries.enumerated() {
                let start = index * AttachmentCipher.chunkBytes
                let piece = Array(content[start..<min(start + AttachmentCipher.chunkBytes, length)])
                #expect(try cipher.seal(piece, number: UInt64(index)) == entry)
                #expect(entry.count <= Limits.entryBytes)
                let part = try #require(AttachmentPart(entry: entry))
                #expect(part.attachment == cipher.id && part.number == UInt64(index))
                read += try cipher.open(entry, number: UInt64(index))
            }
            #expect(read == content)
        }
    }

    @Test("The document that lists a file is read as what it says, and written byte for byte")
    func documents() throws {
        for row in try #require(vectors["files"]?.array) {
            let bytes = try row.bytes("document")
            let body = try DocumentBody(encodedBytes: bytes)
            let length = UInt64(try row.integer("length"))
            #expect(try body.content.name == row.text("name"))
            #expect(Array(body.content.sha256) == Array(SHA256.hash(data: Self.content(Int(length)))))
            #expect(body.file.lengthBytes == length)
            #expect(body.file.chunks == AttachmentCipher.chunkCount(length))
            #expect(try Array(body.file.attachment) == row.bytes("attachment"))
            let file = body.file
            var written = DocumentBody()
            written.content.name = body.content.name
            written.content.sha256 = body.content.sha256
            written.file.attachment = file.attachment
            written.file.lengthBytes = length
            written.file.chunks = AttachmentCipher.chunkCount(length)
            #expect(try written.encodedBytes() == bytes)
            // Who reads opens the pieces by what the document says.
            let person = try #require(PersonKey(row.bytes("key")))
            let first = try row.hex("entries", #require(row["entries"]?.array?.first?.string))
            #expect(
                try AttachmentCipher(person: person, file: file).open(first, number: 0)
                    == Self.content(Int(min(length, UInt64(AttachmentCipher.chunkBytes))))
            )
        }
    }

    @Test("What is no piece is passed over, and what is not that piece is not opened")
    func refused() throws {
        let rows = try #require(vectors["refused"]?.array)
        #expect(rows.count == 12)
        for row in rows {
            let (name, entry) = (try row.text("name"), try row.bytes("entry"))
            let number = UInt64(try row.integer("number"))
            if try row.text("where") == "message" {
                #expect(AttachmentPart(entry: entry) == nil, "\(name)")
                continue
            }
            #expect(AttachmentPart(entry: entry) != nil, "\(name)")
            var file = StoredFile()
            file.attachment.append(contentsOf: try row.bytes("attachment"))
            file.chunks = UInt64(try row.integer("chunks"))
            let cipher = AttachmentCipher(person: try #require(PersonKey(row.bytes("key"))), file: file)
            #expect(throws: RecordError.self, "\(name)") { try cipher.open(entry, number: number) }
        }
    }
}
