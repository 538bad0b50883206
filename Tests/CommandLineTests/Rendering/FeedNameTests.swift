import CaseModel
import LogFormat
import Testing

@testable import abscope

@Suite("Names of feeds")
struct FeedNameTests {
    @Test("two feeds are never called the same: the epoch is said where a site has several, here or in what is told")
    func apart() throws {
        let site = try #require(SiteID([UInt8](repeating: 1, count: 16)))
        let other = try #require(SiteID([UInt8](repeating: 2, count: 16)))
        let former = try #require(EpochID([1, 2, 3, 4, 5, 6, 7, 8]))
        let later = try #require(EpochID([2, 2, 3, 4, 5, 6, 7, 8]))
        let feeds = [former, later].map { FeedID(site: site, epoch: $0, lane: .records) }
        let single = FeedID(site: other, epoch: former, lane: .records)
        let names = RecordNames(aliases: [site: "GY", other: "TH"])
        #expect(names.feed(feeds[0]) == "GY records")
        #expect(names.telling(apart: [feeds[0], single]).feed(feeds[0]) == "GY records")
        let told = names.telling(apart: [feeds[0], single, feeds[1]])
        #expect(told.feed(feeds[0]) == "GY \(CaseNumber.letters(of: former)) records")
        #expect(told.feed(feeds[1]) == "GY \(CaseNumber.letters(of: later)) records")
        #expect(told.feed(single) == "TH records")
        let known = RecordNames(aliases: [site: "GY"], sitesWithSeveralEpochs: [site])
        #expect(known.telling(apart: [feeds[0]]).feed(feeds[0]) == told.feed(feeds[0]))
    }
}
