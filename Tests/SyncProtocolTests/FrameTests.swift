import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("Frames")
struct FrameTests {
    private static func messages() throws -> [SyncMessage] {
        var generator = SplitMix64(seed: 7)
        let keys = try SimulatedKeys(&generator).keys
        let site = keys.signing.siteID
        let epoch = try #require(EpochID(generator.bytes(8)))
        let registry = try #require(RegistryID(generator.bytes(32)))
        let feed = FeedID(site: site, epoch: epoch, lane: .records)
        let start = FeedChain.start(key: keys.signing, epoch: epoch, lane: .records)
        let blocks = try Block.plain([[1, 2, 3], [4]], after: start).blocks
        let row = HaveRow(position: 3, digest: ShortDigest(start.digest), bytes: 99)
        return [
            .hello(
                .init(
                    versions: 0...3,
                    features: 5,
                    registry: registry,
                    site: site,
                    epoch: epoch,
                    wallMilliseconds: -4,
                    program: "p"
                )
            ),
            .have(
                .init(
                    base: nil,
                    rows: [.init(feed: feed, row: row)],
                    result: generator.bytes(16),
                    isContinued: true,
                    asksForFull: false
                )
            ),
            .have(
                .init(
                    base: generator.bytes(16),
                    rows: [],
                    result: generator.bytes(16),
                    isContinued: false,
                    asksForFull: true
                )
            ),
            .want(.init(feed: feed, after: start, creditBytes: 65536, restarts: true)),
            .data(.init(feed: feed, after: 0, digest: ShortDigest(start.digest), isPushed: true, blocks: blocks)),
            .checkpoint(feed: feed, head: FeedHead(position: 2, digest: start.digest), signature: generator.bytes(64)),
            .ack(feed: feed, row: row),
            .keys([[1], [2, 3]]), .keys([[1]], mark: generator.bytes(32)),
            .incident(kind: .diverged, feed: feed, position: 8),
            .report([
                .init(site: feed.site, ageSeconds: 0),
                .init(
                    site: feed.site,
                    ageSeconds: .max,
                    heads: [.init(epoch: feed.epoch, lane: .attachments, position: Limits.position)],
                    program: "abscope 1",
                    clockOffsetMilliseconds: .min,
                    openIncidents: .max
                ),
            ]),
            .bye(.busy, detail: "later", retryAfterSeconds: 30),
        ]
    }

    @Test(
        "every message survives its frame, however the bytes are divided",
        arguments: [1, 2, 3, 7, 64, 1400, 1 << 20]
    )
    func dripFeed(size: Int) throws {
        let messages = try Self.messages()
        let bytes = messages.flatMap { $0.frame.encoded }
        var decoder = FrameDecoder()
        var read: [SyncMessage] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            decoder.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let frame = try decoder.next() { read.append(try SyncMessage(frame)) }
        }
        #expect(read == messages)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("an unknown ancillary frame is passed over, an unknown critical one ends the session")
    func unknownTypes() throws {
        var decoder = FrameDecoder()
        let bye = SyncMessage.bye(.finished, detail: "", retryAfterSeconds: nil)
        decoder.append([3, 0, 0, 0, 0x11, 9, 9] + [9] + bye.frame.encoded)
        let frame = try #require(try decoder.next())
        #expect(try SyncMessage(frame) == bye)
        decoder.append([0, 0, 0, 0, 0xFE])
        #expect(throws: SyncError.self) { try decoder.next() }
        decoder.append(bye.frame.encoded)
        #expect(throws: SyncError.self) { try decoder.next() }
    }

    @Test(
        "a length beyond its limit is refused before its bytes arrive",
        arguments: [0x81, 0x84, 0x11, 0xFE] as [UInt8]
    )
    func tooLong(type: UInt8) throws {
        var decoder = FrameDecoder()
        let length = UInt32(FrameHeader.payloadBytesMaximum(type: type) + 1)
        decoder.append((0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(8 * $0)) } + [type])
        let error = #expect(throws: SyncError.self) { try decoder.next() }
        #expect(error?.code == .tooLarge)
    }

    @Test("garbage gives frames, a wait or an error, and never a trap", arguments: 0..<300 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var bytes = try Self.messages().flatMap { $0.frame.encoded }
        for _ in 0...generator.below(8) { bytes[generator.below(bytes.count)] = UInt8(generator.below(256)) }
        var decoder = FrameDecoder()
        decoder.append(bytes)
        var frames = 0
        do {
            while let frame = try decoder.next() {
                frames += 1
                do { _ = try SyncMessage(frame) } catch { #expect(!error.message.isEmpty) }
            }
        } catch {
            #expect(error.code == .tooLarge || error.code == .unknownCriticalFrame)
        }
        #expect(frames <= 10 + bytes.count / FrameHeader.lengthBytes)
        #expect(decoder.bufferedBytes <= bytes.count)
    }
}
