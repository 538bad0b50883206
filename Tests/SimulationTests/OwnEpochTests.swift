import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("What a peer says of the epoch a site is writing")
struct OwnEpochTests {
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 1_000_000)

    @Test("that the histories differ is judged by the peer's row, also when the peer says so before that was looked at")
    func rumourFirst() throws {
        let clinics = try Clinics(2, seed: 90)
        let (one, two) = (clinics.sites[0], clinics.sites[1])
        try clinics.meet(one, two)
        let feed = try one.append([[1], [2]], to: .records)
        let link = try clinics.network.connect(one, two, Self.lan)
        try clinics.network.run(milliseconds: 2000)
        let rumour = SyncMessage.incident(kind: .diverged, feed: feed, position: 2).frame.encoded
        try clinics.network.inject(rumour, into: 0, of: link)
        #expect(link.ends[0].incidents == [], "a word alone")
        let other = HaveRow(position: 2, digest: try #require(ShortDigest([UInt8](repeating: 7, count: 16))), bytes: 9)
        try clinics.network.inject(SyncMessage.ack(feed: feed, row: other).frame.encoded, into: 0, of: link)
        try clinics.network.run(milliseconds: 1000)
        let found = try #require(link.ends[0].incidents.first)
        #expect(found.kind == .ownEpochAhead && !found.isReportedByPeer && found.feed == feed && found.position == 2)
        #expect(found.digest == other.digest)
    }
}
