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
        let samples = DaemonMetrics.samples(of: [peer], version: "1") { _ in "HUB" }
        func values(_ name: String) -> [Double] { samples.filter { $0.name == name }.map(\.value) }
        #expect(values("abscope_peer_heard_age_seconds") == (seconds.map { [Double($0)] } ?? []))
        #expect(values("abscope_peer_in_sync_age_seconds") == (seconds.map { [Double($0) + 1] } ?? []))
        #expect(values("abscope_peer_connected") == [0])
        #expect(samples.first { $0.name == "abscope_peer_info" }?.labels.map(\.value) == ["\(peer.site)", "HUB"])
    }

    @Test(
        "A site that turns this one away, or seems to, is shown so",
        arguments: [(nil, 0), (.revoked, 1), (.wordless, 1), (.disconnected, 0)] as [(CloseReason?, Double)]
    )
    func turnedAway(reason: CloseReason?, value: Double) throws {
        let peer = ControlReply.Peer(
            site: try #require(SiteID([UInt8](repeating: 1, count: 16))),
            epoch: nil,
            status: SyncStatus(),
            ageSeconds: nil,
            inSyncAgeSeconds: nil,
            closed: nil,
            closedReason: reason,
            isConnected: false,
            openIncidents: 0
        )
        let samples = DaemonMetrics.samples(of: [peer], version: "1") { _ in "HUB" }
        #expect(samples.filter { $0.name == "abscope_peer_turned_away" }.map(\.value) == [value])
    }

    @Test("The store is shown when it can be read, and what is not known of it is not")
    func store() {
        var figures = StoreFigures()
        figures.feeds = 3
        figures.entries = 12
        figures.viewBehindSeconds = 7
        figures.onlyHereEntries = 2
        func names(_ samples: [MetricSample]) -> [String] { samples.map(\.name) }
        let partial = DaemonMetrics.samples(of: figures, sealing: nil)
        #expect(partial.first { $0.name == "abscope_store_feeds" }?.value == 3)
        #expect(partial.first { $0.name == "abscope_store_entries" }?.value == 12)
        #expect(partial.first { $0.name == "abscope_view_behind_seconds" }?.value == 7)
        #expect(partial.first { $0.name == "abscope_only_here_entries" }?.value == 2)
        #expect(!names(partial).contains("abscope_only_here_age_seconds"))
        #expect(!names(partial).contains("abscope_store_bytes") && !names(partial).contains("abscope_seal_age_seconds"))
        var room = StoreFigures.Room()
        room.storedBytes = 5
        room.sealedSegments = 2
        figures.room = room
        figures.onlyHereSeconds = 70
        let whole = DaemonMetrics.samples(of: figures, sealing: 9)
        #expect(whole.first { $0.name == "abscope_store_bytes" }?.value == 5)
        #expect(whole.first { $0.name == "abscope_seal_age_seconds" }?.value == 9)
        #expect(whole.first { $0.name == "abscope_only_here_age_seconds" }?.value == 70)
        let segments = whole.filter { $0.name == "abscope_store_segments" }
        #expect(segments.map(\.value) == [0, 2] && segments.flatMap { $0.labels.map(\.value) } == ["raw", "sealed"])
        #expect(DaemonMetrics.samples(of: nil, sealing: nil).isEmpty)
        #expect(
            DaemonMetrics.samples(ofSessions: (up: 3, beginning: 2, turnedAway: 9)).map {
                "\($0.name) \(Int($0.value))"
            }
                == ["abscope_sessions 3", "abscope_sessions_beginning 2", "abscope_sessions_turned_away_total 9"]
        )
    }

    @Test("Of the link what went over it is shown, and a budget where there is one")
    func link() {
        let usage = LinkUsage(day: 20_000, dayBytes: 5, month: 24_000, monthBytes: 70)
        func shown(_ link: LinkReport, isOpen: Bool = true) -> [String] {
            DaemonMetrics.samples(of: link, isOpen: isOpen).map {
                "\($0.name) \($0.labels.map(\.value)) \(Int($0.value))"
            }
        }
        let used = ["abscope_link_bytes [\"day\"] 5", "abscope_link_bytes [\"month\"] 70"]
        let open = "abscope_link_open [] 1"
        #expect(shown(LinkReport(usage: usage)) == used + [open])
        var rules = LinkRules()
        rules.budget.monthBytes = 90
        let budget = ["abscope_link_budget_bytes [\"month\"] 90"]
        #expect(shown(LinkReport(rules: rules, usage: usage)) == budget + used + [open])
        #expect(shown(LinkReport(usage: usage), isOpen: false) == used + ["abscope_link_open [] 0"])
    }
}
