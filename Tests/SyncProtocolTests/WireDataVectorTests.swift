import LogFormat
import SyncProtocol
import Testing

/// DATA with real blocks, and everything that has to be refused, made by a second implementation.
@Suite("Wire vectors: data and refusals")
struct WireDataVectorTests {
    private struct DataRow: Decodable {
        var name, frame, afterDigest, digest, key, epoch: String
        var after: UInt64
        var lane: UInt8
        var pushed: Bool
        var entries: [String]
    }

    private struct Refusals: Decodable {
        struct Row: Decodable {
            var name, error, frame: String
            /// Where it is found.
            var `where`: String
        }

        var key, registry, checkpoint: String
        var rows: [Row]
    }

    @Test("DATA is read as the blocks it carries, proven by the chain, and written byte for byte")
    func data() throws {
        let rows: [DataRow] = try WireVectorFiles.read("data.json")
        #expect(rows.count == 3)
        for row in rows {
            let bytes = try WireVectorFiles.bytes(row.frame)
            var decoder = FrameDecoder()
            decoder.append(bytes)
            let message = try SyncMessage(#require(try decoder.next()))
            guard case .data(let data) = message else {
                Issue.record("\(row.name) is \(message)")
                continue
            }
            let key = try #require(SitePublicKey(try WireVectorFiles.bytes(row.key)))
            let epoch = try #require(EpochID(try WireVectorFiles.bytes(row.epoch)))
            let lane = try #require(Lane(rawValue: row.lane))
            let before = FeedHead(
                position: row.after,
                digest: try #require(ChainDigest(try WireVectorFiles.bytes(row.afterDigest)))
            )
            // Built without reading the blocks, from the entries alone where they are plain.
            var expected = SyncMessage.DataBlocks(
                feed: FeedID(site: key.siteID, epoch: epoch, lane: lane),
                after: row.after,
                digest: ShortDigest(before.digest),
                isPushed: row.pushed,
                blocks: data.blocks
            )
            #expect(data == expected, "\(row.name)")
            let entries = try row.entries.map(WireVectorFiles.bytes)
            var inflater = Inflater()
            var found: [[UInt8]] = []
            var head = before
            for block in data.blocks {
                try block.forEachEntry(using: &inflater) { _, entry in
                    found.append(unsafe entry.withUnsafeBytes { unsafe [UInt8]($0) })
                    return true
                }
                head = try block.verified(after: head, using: &inflater)
            }
            #expect(found == entries, "\(row.name)")
            #expect(head.digest.bytes == (try WireVectorFiles.bytes(row.digest)), "\(row.name)")
            #expect(message.frame.encoded == bytes, "\(row.name)")
            if data.blocks.allSatisfy({ $0.header.method == .plain }) {
                expected.blocks = try Block.plain(entries, after: before).blocks
                #expect(SyncMessage.data(expected).frame.encoded == bytes, "\(row.name)")
            }
        }
    }

    @Test("What is refused is refused at its place and for its reason, however the bytes are cut")
    func refused() throws {
        let vectors: Refusals = try WireVectorFiles.read("refused.json")
        #expect(vectors.rows.count > 35)
        let key = try #require(SitePublicKey(try WireVectorFiles.bytes(vectors.key)))
        let registry = try #require(RegistryID(try WireVectorFiles.bytes(vectors.registry)))
        for row in vectors.rows {
            let bytes = try WireVectorFiles.bytes(row.frame)
            for piece in [bytes.count, 1] {
                let verdict = try Self.verdict(bytes, pieceBytes: piece, key: key, registry: registry)
                #expect(verdict == "\(row.where) \(row.error)", "\(row.name)")
            }
        }
        let sound = try WireVectorFiles.bytes(vectors.checkpoint)
        #expect(try Self.verdict(sound, pieceBytes: sound.count, key: key, registry: registry) == "accepted ")
    }

    /// What becomes of a frame from a peer: where it is found wanting, and the name of the error.
    private static func verdict(
        _ bytes: [UInt8],
        pieceBytes: Int,
        key: SitePublicKey,
        registry: RegistryID
    ) throws -> String {
        var decoder = FrameDecoder()
        var frame: Frame?
        do throws(SyncError) {
            for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                decoder.append(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
                frame = try decoder.next() ?? frame
            }
        } catch {
            return "frame \(error.code)"
        }
        guard let frame else { return decoder.bufferedBytes == 0 ? "skipped " : "waits " }
        let message: SyncMessage
        do throws(SyncError) {
            message = try SyncMessage(frame)
        } catch {
            return "message \(error.cause.map(name(of:)) ?? "\(error.code)")"
        }
        do throws(FormatError) {
            switch message {
            case .data(let data):
                var head = try Self.head(before: data, key: key)
                var inflater = Inflater()
                for block in data.blocks { head = try block.verified(after: head, using: &inflater) }
            case .checkpoint(let feed, let head, let signature):
                try Checkpoint(registry: registry, feed: feed, head: head, signature: signature).verify(key: key)
            default: break
            }
        } catch {
            if case .data = message { return "content \(name(of: error))" }
            return "signature \(name(of: error))"
        }
        return "accepted "
    }

    /// The head that the blocks of the vectors continue: the start of the feed, or after its third entry.
    private static func head(before data: SyncMessage.DataBlocks, key: SitePublicKey) throws(FormatError) -> FeedHead {
        let start = FeedChain.start(key: key, epoch: data.feed.epoch, lane: data.feed.lane)
        guard data.after > 0 else { return start }
        let entries = (1...data.after).map { Array("fraction \($0) of 30 given, 2.0 Gy".utf8) }
        guard let last = try Block.plain(entries, after: start).blocks.last else { throw .empty }
        return last.header.head
    }

    /// The name of the case: what the error prints is a sentence.
    private static func name(of error: FormatError) -> String {
        switch error {
        case .truncated: "truncated"
        case .checksum: "checksum"
        case .tooLarge: "tooLarge"
        case .inflateBeyondDeclared: "inflateBeyondDeclared"
        case .chain: "chain"
        case .signature: "signature"
        default: "\(error)"
        }
    }
}
