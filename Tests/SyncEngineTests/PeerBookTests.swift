import LogFormat
import SyncProtocol
import Testing

@testable import SyncEngine

@Suite("What a daemon knows of other sites")
struct PeerBookTests {
    @Test("Of sites that are not listed, which anybody can make, the last few are kept, and connected ones longest")
    func strangers() throws {
        let book = PeerBook()
        func site(_ number: Int) throws -> SiteID {
            try #require(SiteID((0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }))
        }
        let (listed, connected) = (try site(1), try site(2))
        book.change(listed, at: 0) { _ in }
        book.change(connected, at: 0) { $0.isConnected = true }
        for number in 10..<1000 {
            book.change(try site(number), at: UInt64(number)) { _ in }
            book.forgetStrangers(at: UInt64(number)) { $0 == listed }
        }
        let kept = book.all.map(\.site)
        #expect(kept.count == PeerBook.strangersMaximum + 1)
        #expect(kept.contains(listed) && kept.contains(connected))
        let (latest, first) = (try site(999), try site(10))
        #expect(kept.contains(latest) && !kept.contains(first))
    }

    private func site(_ number: UInt8) throws -> SiteID { try #require(SiteID([UInt8](repeating: number, count: 16))) }

    @Test("Of what others say of a site the one who heard it later stands, and what once arrived there stays")
    func hearsay() throws {
        let book = PeerBook()
        let epoch = try #require(EpochID([UInt8](repeating: 1, count: 8)))
        let (third, one, two) = (try site(1), try site(2), try site(3))
        func head(_ position: UInt64, _ lane: Lane = .records) -> OwnHead {
            OwnHead(epoch: epoch, lane: lane, position: position)
        }
        let second: UInt64 = 1_000_000_000
        let now = 10_000 * second
        #expect(book.hearsay(of: third) == nil && !book.wasTold(since: 0))
        book.take([.init(site: third, ageSeconds: 100, heads: [head(7)], program: "a")], from: one, at: now)
        book.take(
            [.init(site: third, ageSeconds: 500, heads: [head(9), head(1, .urgent)])],
            from: two,
            at: now + second
        )
        let known = try #require(book.hearsay(of: third))
        #expect(known.reporter == one && known.report.program == "a")
        #expect(known.heardNanoseconds == now - 100 * second)
        #expect(Set(known.report.heads) == [head(9), head(1, .urgent)])
        book.take([.init(site: third, ageSeconds: 3, heads: [head(2)])], from: two, at: now + 2 * second)
        let later = try #require(book.hearsay(of: third))
        #expect(later.reporter == two && later.report.program == nil)
        #expect(Set(later.report.heads) == [head(9), head(1, .urgent)])
        #expect(book.told == [third])
        #expect(book.wasTold(since: now + 2 * second) && !book.wasTold(since: now + 3 * second))
        // An age nobody can have, and heads without end.
        let heads = (0..<UInt8(200)).compactMap { EpochID([UInt8](repeating: $0, count: 8)) }.map {
            OwnHead(epoch: $0, lane: .records, position: 1)
        }
        book.take([.init(site: one, ageSeconds: .max, heads: Array(heads.prefix(20)))], from: two, at: now)
        book.take([.init(site: one, ageSeconds: .max, heads: Array(heads.suffix(20)))], from: two, at: now)
        #expect(book.hearsay(of: one)?.report.heads.count == Limits.reportFeeds)
    }
}
