import Foundation
import LogFormat
import SyncProtocol
import Testing

/// The vectors of Protocol/vectors/wire, made by a second implementation.
@Suite("Wire vectors")
struct WireVectorTests {
    private struct Row: Decodable {
        var name: String
        var frame: String
    }

    /// What the frames mean, built here without reading them.
    private static func meanings() throws -> [String: SyncMessage] {
        let digest = try #require(ChainDigest(Array(0x80..<0xA0)))
        let short = ShortDigest(digest)
        let site = try #require(SiteID(Array(0..<16)))
        let epoch = try #require(EpochID(Array(0x20..<0x28)))
        let roster = FeedID(site: site, epoch: epoch, lane: .roster)
        let records = FeedID(site: site, epoch: epoch, lane: .records)
        var vector = HaveVector()
        vector[roster] = HaveRow(position: 3, digest: short, bytes: 300)
        vector[records] = HaveRow(position: 300, digest: short, bytes: 70000)
        let before = vector
        let row = HaveRow(position: 301, digest: short, bytes: 70100)
        vector[records] = row
        let hello = SyncMessage.Hello(
            versions: 1...1,
            features: 0,
            registry: try #require(RegistryID(Array(0x40..<0x60))),
            site: site,
            epoch: epoch,
            wallMilliseconds: -3,
            program: "vectors 0"
        )
        var marked = hello
        marked.keysMark = Array(0..<24)
        let full = SyncMessage.Have(
            base: nil,
            rows: before.map { .init(feed: $0.feed, row: $0.row) },
            result: before.digest,
            isContinued: false,
            asksForFull: false
        )
        let delta = SyncMessage.Have(
            base: before.digest,
            rows: [.init(feed: records, row: row)],
            result: vector.digest,
            isContinued: false,
            asksForFull: false
        )
        let head = FeedHead(position: 300, digest: digest)
        return [
            "hello": .hello(hello),
            "have full": .have(full),
            "have delta": .have(delta),
            "want": .want(.init(feed: records, after: head, creditBytes: 65536, restarts: true)),
            "checkpoint": .checkpoint(
                feed: records,
                head: FeedHead(position: 301, digest: digest),
                signature: Array(0..<64)
            ),
            "ack": .ack(feed: records, row: row),
            "keys": .keys([[1, 2], [3]]),
            "keys with a mark": .keys([[3]], mark: Array(0..<24)),
            "hello with a mark of keys": .hello(marked),
            "incident": .incident(kind: .diverged, feed: records, position: 7),
            "report": .report([
                SiteReport(
                    site: records.site,
                    ageSeconds: 7200,
                    heads: [
                        .init(epoch: records.epoch, lane: .urgent, position: 4),
                        .init(epoch: records.epoch, lane: .records, position: 301),
                    ],
                    program: "vectors 0",
                    clockOffsetMilliseconds: -90_000,
                    openIncidents: 2
                )
            ]),
            "bye": .bye(.busy, detail: "later", retryAfterSeconds: 60),
        ]
    }

    private static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        let digits = Array(hexadecimal)
        try #require(digits.count.isMultiple(of: 2))
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }

    @Test("every frame is read as what it means and written byte for byte")
    func frames() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Protocol/vectors/wire/frames.json")
        let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: path))
        #expect(rows.count == 13)
        let meanings = try Self.meanings()
        for row in rows {
            let bytes = try Self.bytes(row.frame)
            var decoder = FrameDecoder()
            decoder.append(bytes)
            let message = try SyncMessage(#require(try decoder.next()))
            #expect(message.frame.encoded == bytes, "\(row.name)")
            if let meaning = meanings[row.name] {
                #expect(message == meaning, "\(row.name)")
            } else {
                guard case .have(let have) = message else { throw SyncError(.illFormed, "No meaning: \(row.name)") }
                #expect(have.asksForFull && have.result == nil && have.rows.isEmpty)
            }
        }
    }
}
