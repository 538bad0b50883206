import LogFormat
import SyncProtocol
import Testing

@testable import SimulatedNetwork

@Suite("What is heard of what an end says")
struct TapTests {
    @Test("Of a write of several messages those count as arrived that have arrived, whatever becomes of the rest")
    func parts() throws {
        let sites = try Stage(2, hasStranger: false, hasPartialReader: false, seed: 1).sites
        let epoch = try #require(EpochID([UInt8](repeating: 7, count: 8)))
        let feeds = sites.map { FeedID(site: $0.key.siteID, epoch: epoch, lane: .records) }
        func row(_ position: UInt64) -> HaveRow {
            let start = FeedChain.start(key: sites[0].key, epoch: epoch, lane: .records)
            return HaveRow(position: position, digest: ShortDigest(start.digest), bytes: 1)
        }
        let first = SyncMessage.ack(feed: feeds[0], row: row(3)).frame.encoded
        let second = SyncMessage.ack(feed: feeds[1], row: row(4)).frame.encoded
        let tap = Tap(.none, nil, SpokenVectors(), tell: nil)
        #expect(tap.sending(first + second) == first + second)
        #expect(tap.said.count == 2 && tap.arrived.isEmpty)
        tap.delivered(first.count - 1)
        #expect(tap.arrived.isEmpty)
        tap.delivered(2)
        #expect(tap.arrived == [feeds[0]: row(3)])
        tap.delivered(second.count - 1)
        #expect(tap.arrived == [feeds[0]: row(3), feeds[1]: row(4)])
    }
}
