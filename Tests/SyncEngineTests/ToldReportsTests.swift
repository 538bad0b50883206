import LogFormat
import SyncProtocol
import Testing

@testable import SyncEngine

@Suite("What a peer was told of other sites")
struct ToldReportsTests {
    private func site(_ number: UInt8) throws -> SiteID {
        try #require(SiteID([UInt8](repeating: number, count: SiteID.lengthBytes)))
    }

    private func report(_ number: UInt8, age: UInt64, heads: [UInt64] = []) throws -> SiteReport {
        let epoch = try #require(EpochID([UInt8](repeating: 1, count: EpochID.lengthBytes)))
        return SiteReport(
            site: try site(number),
            ageSeconds: age,
            heads: heads.map { OwnHead(epoch: epoch, lane: .records, position: $0) }
        )
    }

    @Test("New is a site that was not spoken of, one where more has arrived, and one that was heard much later")
    func news() throws {
        var told = ToldReports()
        #expect(told.nanoseconds == nil)
        #expect(told.news(in: try report(3, age: 7), freshSeconds: 900) == .heard)
        #expect(told.news(in: try report(3, age: 7, heads: [1]), freshSeconds: 900) == .heads)
        told.tell(try [report(3, age: 5000, heads: [1]), report(1, age: 10), report(2, age: 5_000_000_000)], at: 8)
        #expect(told.nanoseconds == 8)
        #expect(told.news(in: try report(3, age: 5000, heads: [1]), freshSeconds: 900) == .nothing)
        #expect(told.news(in: try report(3, age: 4100, heads: [1]), freshSeconds: 900) == .nothing)
        #expect(told.news(in: try report(3, age: 4099, heads: [1]), freshSeconds: 900) == .heard)
        #expect(told.news(in: try report(3, age: 5000, heads: [2]), freshSeconds: 900) == .heads)
        #expect(told.news(in: try report(3, age: 0, heads: []), freshSeconds: 900) == .heads)
        #expect(told.news(in: try report(1, age: 0), freshSeconds: 900) == .nothing)
        #expect(told.news(in: try report(2, age: 1), freshSeconds: 900) == .heard)
        #expect(told.news(in: try report(2, age: 5_000_000_000), freshSeconds: 900) == .nothing)
        // Told again it is known as it was told last.
        told.tell([try report(3, age: 1, heads: [2])], at: 9)
        #expect(told.news(in: try report(3, age: 0, heads: [2]), freshSeconds: 900) == .nothing)
        #expect(told.news(in: try report(1, age: 10), freshSeconds: 900) == .nothing)
        #expect(told.nanoseconds == 9)
    }
}
