import LogFormat
import SyncProtocol
import TestSupport
import Testing

/// What a session costs follows what changed, however many feeds both hold.
@Suite("Sites that met before")
struct SecondMeetingTests {
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 5, bytesPerSecond: 1_000_000)
    private static let lanes: [Lane] = [.urgent, .records, .attachments]

    /// So many sites that more of their feeds are behind than may have credit at once; the first holds all of them.
    private static func crowd(_ count: Int = 25, seed: UInt64, _ generator: inout SplitMix64) throws -> Clinics {
        let clinics = try Clinics(count, seed: seed)
        for site in clinics.sites {
            for lane in lanes {
                let feed = try site.append((0..<2).map { _ in generator.bytes(60) }, to: lane)
                if site !== clinics.sites[0] { try clinics.give(feed, of: site, to: clinics.sites[0]) }
            }
        }
        return clinics
    }

    /// Connects two sites, waits until nothing moves, and breaks the line.
    ///
    /// - Returns: What both sent.
    private func meet(_ clinics: Clinics, _ one: SimulatedSite, _ other: SimulatedSite) throws -> Int {
        let link = try clinics.network.connect(one, other, Self.lan)
        try clinics.network.run(milliseconds: 5_000)
        for end in link.ends {
            #expect(end.session.status.word == .inSync)
            #expect(end.incidents == [] && end.closed == nil)
        }
        try clinics.network.cut(link)
        #expect(one.frontier.digest == other.frontier.digest)
        #expect(clinics.network.violations == [])
        return link.ends.reduce(0) { $0 + $1.sentBytes }
    }

    @Test("Everything comes the first time; then a session costs what changed, in either direction")
    func cost() throws {
        var generator = SplitMix64(seed: 50)
        let clinics = try Self.crowd(seed: 50, &generator)
        let (hub, site) = (clinics.sites[0], clinics.sites[1])
        #expect(try meet(clinics, site, hub) > 73 * 120)
        for owner in [hub, site, hub] {
            #expect(try meet(clinics, site, hub) < 420)
            _ = try owner.append([generator.bytes(60)], to: .records)
            #expect(try meet(clinics, site, hub) < 1_000)
        }
        // What a third site recorded reaches it likewise.
        let third = clinics.sites[2]
        let feed = try third.append([generator.bytes(60)], to: .records)
        try clinics.give(feed, of: third, to: hub)
        #expect(try meet(clinics, site, hub) < 1_000)
        #expect(try meet(clinics, site, hub) < 420)
    }

    /// What one end forgot, or took up again from an older backup.
    enum Loss: CaseIterable {
        case nothingKept, oneKeptNothing, olderHere, olderThere, wrongThere, saidForgotten, heardForgotten
    }

    @Test(
        "Whatever either end forgot, both end equal; all is said once more, and the next time little",
        arguments: Loss.allCases
    )
    func forgotten(_ loss: Loss) throws {
        var generator = SplitMix64(seed: 51)
        let clinics = try Self.crowd(8, seed: 51, &generator)
        let (hub, site) = (clinics.sites[0], clinics.sites[1])
        _ = try meet(clinics, site, hub)
        let (old, oldThere) = (site.memories[hub.site], hub.memories[site.site])
        _ = try site.append([generator.bytes(60)], to: .records)
        _ = try hub.append([generator.bytes(60)], to: .urgent)
        let usual = try meet(clinics, site, hub)
        switch loss {
        case .nothingKept: (site.memories, hub.memories) = ([:], [:])
        case .oneKeptNothing: site.memories = [:]
        case .olderHere: site.memories[hub.site] = old
        case .olderThere: hub.memories[site.site] = oldThere
        case .wrongThere:
            let feed = FeedID(site: clinics.sites[5].site, epoch: clinics.sites[5].epoch, lane: .records)
            hub.memories[site.site]?.vector[feed]?.position += 5
        case .saidForgotten: hub.memories[site.site]?.said = nil
        case .heardForgotten: hub.memories[site.site]?.vector = HaveVector()
        }
        _ = try site.append([generator.bytes(60)], to: .urgent)
        _ = try hub.append([generator.bytes(60)], to: .records)
        // Rows of 24 feeds in at least one direction.
        #expect(try meet(clinics, site, hub) > usual + 500)
        #expect(try meet(clinics, site, hub) < 420)
    }

    @Test("A copy that fell back is told whole, and comes again", arguments: [false, true])
    func fellBack(isGone: Bool) throws {
        var generator = SplitMix64(seed: 52)
        let clinics = try Self.crowd(8, seed: 52, &generator)
        let (hub, site) = (clinics.sites[0], clinics.sites[1])
        _ = try meet(clinics, site, hub)
        // The hub was told of all of them; one is as if it had never come.
        let feed = FeedID(site: clinics.sites[3].site, epoch: clinics.sites[3].epoch, lane: .records)
        site.lose(feed, after: isGone ? 0 : 1)
        #expect(site.frontier.digest != hub.frontier.digest)
        _ = try meet(clinics, site, hub)
        #expect(site.held(feed)?.attested.position == 2)
    }
}
