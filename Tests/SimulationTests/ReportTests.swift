import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("What sites say of each other")
struct ReportTests {
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 100, bytesPerSecond: 1_000_000)

    /// Three sites that know each other.
    private func clinics(seed: UInt64) throws -> Clinics {
        let clinics = try Clinics(3, seed: seed)
        for other in clinics.sites.dropFirst() { try clinics.meet(clinics.sites[0], other) }
        return clinics
    }

    @Test("A report arrives behind the first HAVE, of sites the roster lists and of no other")
    func arrives() throws {
        let clinics = try clinics(seed: 80)
        let (one, two, third) = (clinics.sites[0], clinics.sites[1], clinics.sites[2])
        let link = try clinics.network.connect(one, two, Self.lan)
        let stranger = try #require(SiteID([UInt8](repeating: 7, count: 16)))
        let report = SiteReport(
            site: third.site,
            ageSeconds: 5,
            heads: [OwnHead(epoch: two.epoch, lane: .records, position: 3)],
            program: "test"
        )
        let others = [one.site, two.site, stranger].map { SiteReport(site: $0, ageSeconds: 1) }
        // Given before the peer has said a word.
        try clinics.network.tell([report] + others, at: 0, of: link)
        try clinics.network.run(milliseconds: 2000)
        #expect(link.ends[1].deliveredReports == [report])
        #expect(link.ends[0].deliveredReports == [])
        #expect(link.ends.allSatisfy { $0.session.status.word == .inSync })
    }

    @Test("What is given twice before it could be sent is said once, as it was last; more than fit go in several")
    func several() throws {
        let clinics = try clinics(seed: 81)
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.lan)
        let third = clinics.sites[2].site
        let heads = (0..<UInt8(Limits.reportFeeds)).compactMap { EpochID([UInt8](repeating: $0, count: 8)) }.map {
            OwnHead(epoch: $0, lane: .attachments, position: Limits.position)
        }
        func reports(_ count: Int) -> [SiteReport] {
            (0..<count).map {
                SiteReport(
                    site: third,
                    ageSeconds: UInt64($0),
                    heads: heads,
                    program: String(repeating: "\u{1F3E5}", count: 64),
                    clockOffsetMilliseconds: .min,
                    openIncidents: .max
                )
            }
        }
        try clinics.network.tell(reports(700), at: 0, of: link)
        try clinics.network.tell(reports(600), at: 0, of: link)
        try clinics.network.run(milliseconds: 4000)
        #expect(link.ends[1].deliveredReports == reports(600))
    }

    @Test("What a peer holds of the own feeds is in the status as soon as it says so")
    func ownHeads() throws {
        let clinics = try clinics(seed: 82)
        let (one, two) = (clinics.sites[0], clinics.sites[1])
        let link = try clinics.network.connect(one, two, Self.lan)
        try clinics.network.run(milliseconds: 2000)
        #expect(link.ends[1].session.status.position(ofOwn: two.epoch, .records) == 0)
        for count in [1, 2, 6] as [UInt64] {
            try clinics.network.append([[1]], to: .records, at: two)
            if count == 6 { try clinics.network.append([[2], [3], [4]], to: .records, at: two) }
            try clinics.network.run(milliseconds: 2000)
            #expect(link.ends[1].session.status.position(ofOwn: two.epoch, .records) == count)
        }
        #expect(link.ends[0].session.status.position(ofOwn: two.epoch, .records) == 0, "these are not its own")
    }
}
