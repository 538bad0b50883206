import LogFormat
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
}
