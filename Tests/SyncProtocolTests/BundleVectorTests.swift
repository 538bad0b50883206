import Crypto
import Foundation
import LogFormat
import SyncProtocol
import Testing

/// Bundles made by a second implementation, with its own HPKE.
@Suite("Bundle vectors")
struct BundleVectorTests {
    private struct Vectors: Decodable {
        struct Taken: Decodable {
            var name, bundle: String
            var frames: [String]
        }

        struct Refused: Decodable {
            var name, `where`, bundle: String
        }

        struct Held: Decodable {
            var lane: UInt8
            var position, bytes: UInt64
            var digest: String
        }

        var senderKey, registry, epoch, site, agreementKey: String
        var number: UInt64
        var held: Held
        var taken: [Taken]
        var refused: [Refused]
    }

    private let vectors: Vectors

    init() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Protocol/vectors/bundle/bundles.json")
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: path))
    }

    @Test("A bundle is opened by its recipient and says what it carries, however the bytes come")
    func taken() throws {
        #expect(vectors.taken.count == 4)
        for row in vectors.taken {
            let bytes = try WireVectorFiles.bytes(row.bundle)
            for pieceBytes in [bytes.count, 1, 61] {
                let found = try read(bytes, pieceBytes: pieceBytes)
                #expect(found.place == nil, "\(row.name)")
                #expect(found.isComplete, "\(row.name)")
                #expect(found.frames == row.frames, "\(row.name)")
                let statement = try #require(found.statement, "\(row.name)")
                #expect(statement.hello.registry.bytes == (try WireVectorFiles.bytes(vectors.registry)))
                #expect(statement.hello.wallMilliseconds == 1000)
                let epoch = try #require(EpochID(try WireVectorFiles.bytes(vectors.epoch)))
                let lane = try #require(Lane(rawValue: vectors.held.lane))
                let row = statement.vector[FeedID(site: statement.hello.site, epoch: epoch, lane: lane)]
                #expect(row?.position == vectors.held.position)
                #expect(row?.bytes == vectors.held.bytes)
                #expect(row?.digest.bytes == (try WireVectorFiles.bytes(vectors.held.digest)))
            }
            let header = try BundleHeader(decoding: Array(bytes[..<BundleHeader.lengthBytes(bytes)]))
            #expect(header.number == vectors.number)
            #expect(header.encoded == Array(bytes[..<header.encoded.count]), "\(row.name)")
        }
    }

    @Test("What is refused is refused at its place")
    func refused() throws {
        #expect(vectors.refused.count > 30)
        for row in vectors.refused {
            let bytes = try WireVectorFiles.bytes(row.bundle)
            for pieceBytes in [bytes.count, 1] {
                let found = try read(bytes, pieceBytes: pieceBytes)
                #expect(found.place == row.where, "\(row.name)")
                #expect(!found.isComplete, "\(row.name)")
            }
        }
    }

    private struct Found {
        /// Where it was refused.
        var place: String?
        var isComplete = false
        var statement: BundleStatement?
        var frames: [String] = []
    }

    private func read(_ bytes: [UInt8], pieceBytes: Int) throws -> Found {
        var found = Found()
        let key = try #require(SitePublicKey(try WireVectorFiles.bytes(vectors.senderKey)))
        let site = try #require(SiteID(try WireVectorFiles.bytes(vectors.site)))
        let agreementKey = try Curve25519.KeyAgreement.PrivateKey(
            rawRepresentation: try WireVectorFiles.bytes(vectors.agreementKey)
        )
        var place = "header"
        do throws(SyncError) {
            let length = try BundleHeader.lengthBytes(bytes)
            let header = try BundleHeader(decoding: Array(bytes.prefix(length)))
            place = "signature"
            try header.verify(key: key)
            place = "secret"
            var reader = BundleReader(header, secret: try header.secret(for: site, with: agreementKey))
            place = "content"
            for start in stride(from: length, to: bytes.count, by: pieceBytes) {
                reader.append(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
                while let event = try reader.next() {
                    switch event {
                    case .statement(let statement): found.statement = statement
                    case .message(let message): found.frames.append(message.frame.encoded.hexadecimal)
                    }
                }
            }
            found.isComplete = reader.isComplete
        } catch {
            found.place = place
        }
        return found
    }
}
