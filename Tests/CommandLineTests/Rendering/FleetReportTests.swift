import LogFormat
import SyncEngine
import SyncProtocol
import Testing

@testable import abscope

@Suite("What a person should act on")
struct FleetReportTests {
    private static let hour: UInt64 = 3600
    private let here: SiteID
    private let hub: SiteID
    private let feed: FeedID

    init() throws {
        here = try #require(SiteID([UInt8](repeating: 1, count: 16)))
        hub = try #require(SiteID([UInt8](repeating: 2, count: 16)))
        feed = FeedID(site: here, epoch: try #require(EpochID([UInt8](repeating: 1, count: 8))), lane: .records)
    }

    private func peer(
        ageSeconds: UInt64? = nil,
        inSyncAgeSeconds: UInt64? = nil,
        closed: CloseReason? = nil,
        holding position: UInt64 = 0
    ) -> ControlReply.Peer {
        var status = SyncStatus()
        if position > 0 { status.note(OwnHead(epoch: feed.epoch, lane: feed.lane, position: position)) }
        return .init(
            site: hub,
            epoch: nil,
            status: status,
            ageSeconds: ageSeconds,
            inSyncAgeSeconds: inSyncAgeSeconds,
            closed: nil,
            closedReason: closed,
            isConnected: false,
            openIncidents: 0
        )
    }

    private func findings(
        _ peer: ControlReply.Peer,
        entries: UInt64 = 0,
        oldestSeconds: UInt64? = nil,
        memberSeconds: UInt64? = nil
    ) throws -> [String] {
        let digest = try #require(ChainDigest([UInt8](repeating: 0, count: 32)))
        let rows = entries > 0 ? [Frontier.Row(feed: feed, head: FeedHead(position: entries, digest: digest))] : []
        let report = FleetReport(
            peers: [peer],
            frontier: Frontier(rows),
            delivery: Delivery(site: here, peers: [peer]),
            names: RecordNames(aliases: [here: "CL", hub: "HUB"]),
            memberSeconds: memberSeconds.map { [hub: $0] } ?? [:],
            onlyHereSeconds: oldestSeconds
        )
        let limits = FleetLimits.Seconds(silent: 72 * Self.hour, unsent: 24 * Self.hour, clock: 300)
        return report.findings(limits).map(\.english)
    }

    @Test(
        "entries that are only here count from when the oldest was recorded, and not from when sites were last in sync"
    )
    func undelivered() throws {
        let never = try findings(peer(), entries: 4, oldestSeconds: 25 * Self.hour)
        #expect(
            never == [
                "4 entries recorded here are nowhere else, the oldest for 1 d 1 h: look at the link, or carry a bundle."
            ]
        )
        let one = try findings(peer(), entries: 1, oldestSeconds: 25 * Self.hour)
        #expect(one == ["1 entry recorded here is nowhere else for 1 d 1 h: look at the link, or carry a bundle."])
        let fresh = peer(ageSeconds: 30 * Self.hour, inSyncAgeSeconds: 30 * Self.hour, holding: 3)
        #expect(try findings(fresh, entries: 4, oldestSeconds: 60) == [], "recorded a minute ago")
        #expect(try findings(fresh, entries: 4, oldestSeconds: nil) == [])
    }

    @Test("a site that never was heard is silent since its admission")
    func neverHeard() throws {
        #expect(
            try findings(peer(), memberSeconds: 73 * Self.hour) == ["HUB was admitted 3 d 1 h ago and never heard."]
        )
        #expect(try findings(peer(), memberSeconds: 71 * Self.hour) == [])
        #expect(try findings(peer(), memberSeconds: nil) == [])
        let heard = peer(ageSeconds: 73 * Self.hour)
        #expect(try findings(heard, memberSeconds: 9000 * Self.hour) == ["HUB was not heard for 3 d 1 h."])
    }

    @Test("a site that ends connections without a word is one", arguments: [CloseReason.wordless, .disconnected])
    func wordless(reason: CloseReason) throws {
        let found = try findings(peer(ageSeconds: 60, closed: reason))
        #expect(found.count == (reason == .wordless ? 1 : 0), "\(found)")
        #expect(found.allSatisfy { $0.contains("may have revoked the key of this site") })
    }

    @Test("a store that can not write is one until the two have spoken again")
    func stuck() throws {
        let found = try findings(peer(ageSeconds: 60, closed: .storeUnavailable))
        #expect(found.count == 1 && found.first?.contains("can not read or write") == true, "\(found)")
    }

    @Test(
        "between two moments, which clocks may have swapped",
        arguments: [
            (1_000, 61_999, 60), (61_999, 1_000, 0), (5, 5, 0), (Int64.min, Int64.max, UInt64.max),
            (Int64.max, Int64.min, 0),
        ] as [(Int64, Int64, UInt64)]
    )
    func passed(from: Int64, to: Int64, seconds: UInt64) {
        #expect(Quantities.seconds(from: from, to: to) == seconds)
    }
}
