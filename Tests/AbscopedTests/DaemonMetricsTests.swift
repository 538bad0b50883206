import LogFormat
import SyncProtocol
import SyncService
import Testing

@testable import abscoped

@Suite("What the metrics show")
struct DaemonMetricsTests {
    @Test("An age is shown of a site that was heard from, and none of one that never was", arguments: [nil, 0, 70])
    func ages(seconds: UInt64?) throws {
        let peer = ControlReply.Peer(
            site: try #require(SiteID([UInt8](repeating: 1, count: 16))),
            epoch: nil,
            status: SyncStatus(),
            ageSeconds: seconds,
            inSyncAgeSeconds: seconds.map { $0 + 1 },
            closed: nil,
            isConnected: false,
            openIncidents: 0
        )
        let samples = DaemonMetrics.samples(of: [peer], version: "1")
        func values(_ name: String) -> [Double] { samples.filter { $0.name == name }.map(\.value) }
        #expect(values("abscope_peer_heard_age_seconds") == (seconds.map { [Double($0)] } ?? []))
        #expect(values("abscope_peer_in_sync_age_seconds") == (seconds.map { [Double($0) + 1] } ?? []))
        #expect(values("abscope_peer_connected") == [0])
    }
}
