import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Appending")
struct AppendTests {
    @Test(
        "What append returned is on the disk, whatever the power cut loses",
        arguments: [CrashPolicy.dropAll, .keepAll]
    )
    func durable(cut: CrashPolicy) throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", "b", with: store)
        try fixture.append("c", to: .urgent, with: store)
        try fixture.check(store)
        let after = fixture.on(fixture.disk.crashed(cut))
        try after.check(try after.open())
    }

    @Test("Processes take turns: positions stay dense and each sees what the others wrote")
    func processes() throws {
        var fixture = try StoreFixture()
        let stores = try (0..<3).map { try fixture.open("process \($0)", segmentBytes: 700) }
        for round in 0..<12 { try fixture.append("entry \(round)", with: stores[round % 3]) }
        #expect(fixture.acknowledged.map(\.reference.position) == Array(1...12))
        for store in stores { try fixture.check(store) }
        #expect(try fixture.segments(stores[0]).count > 2)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.check(try after.open())
    }

    @Test("An append that was validated against older heads is refused, and nothing of it is written")
    func moved() throws {
        var fixture = try StoreFixture()
        let one = try fixture.open("one")
        let other = try fixture.open("other")
        try fixture.append("a", with: one, expecting: [:])
        let feed = FeedID(site: one.site, epoch: one.epoch, lane: .records)
        let known = try #require(try one.frontier()[feed])
        try fixture.append("b", to: .urgent, with: other)
        #expect(try failure { _ = try one.append([[9]], to: .records, expecting: [feed: known]) }.code == .moved)
        let current = Dictionary(uniqueKeysWithValues: try one.frontier().rows.map { ($0.feed, $0.head) })
        try fixture.append("c", with: one, expecting: current)
        try fixture.check(other)
    }

    @Test("Pieces of files that came meanwhile refuse no append, and nothing else that came is overlooked beside them")
    func filesMoveNothing() throws {
        var fixture = try StoreFixture()
        let one = try fixture.open("one")
        let other = try fixture.open("other")
        try fixture.append("a", with: one)
        let known = Dictionary(uniqueKeysWithValues: try one.frontier().rows.map { ($0.feed, $0.head) })
        try fixture.append("piece 1", to: .attachments, with: other)
        try fixture.append("b", with: one, expecting: known)
        let between = Dictionary(uniqueKeysWithValues: try one.frontier().rows.map { ($0.feed, $0.head) })
        try #require(between.keys.contains { $0.lane == .attachments })
        try fixture.append("piece 2", to: .attachments, with: other)
        try fixture.append("c", with: one, expecting: between)
        try fixture.append("piece 3", to: .attachments, with: other)
        try fixture.append("d", to: .urgent, with: other)
        #expect(try failure { _ = try one.append([[9]], to: .records, expecting: between) }.code == .moved)
        try fixture.check(other)
    }

    @Test("Entries that are empty, too long or too many are refused")
    func limits() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open()
        #expect(try failure { _ = try store.append([], to: .records) }.code == .invalidArgument)
        #expect(try failure { _ = try store.append([[]], to: .records) }.code == .tooLarge)
        let long = [UInt8](repeating: 1, count: Limits.entryBytes + 1)
        #expect(try failure { _ = try store.append([long], to: .records) }.code == .tooLarge)
        let full = [[UInt8]](repeating: Array(long.dropFirst()), count: 257)
        #expect(try failure { _ = try store.append(full, to: .records) }.code == .tooLarge)
        try fixture.check(store)
    }

    @Test("A segment is closed when its first entry is thirty days old")
    func age() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", with: store)
        fixture.disk.clock.advance(milliseconds: Int64(Limits.segmentDays) * 86_400_000 - 1)
        try fixture.append("b", with: store)
        #expect(try fixture.segments(store).count == 1)
        fixture.disk.clock.advance(milliseconds: 1)
        try fixture.append("c", with: store)
        #expect(try fixture.segments(store).count == 2)
        try fixture.check(store)
    }

    @Test("A full disk refuses before anything is written, and recording goes on when there is space again")
    func noSpace() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", with: store)
        fixture.disk.setFreeSpace(bytes: 0)
        let big = [[UInt8]](repeating: [UInt8](repeating: 1, count: 16_000), count: 100)
        #expect(try failure { _ = try store.append(big, to: .records) }.code == .noSpace)
        try fixture.check(store)
        fixture.disk.setCapacity(bytes: nil)
        try fixture.append("b", with: store)
        try fixture.check(store)
        #expect(fixture.acknowledged.map(\.reference.position) == [1, 2])
    }

    @Test("An ordinary open of the same start of the machine looks at no segment")
    func coldOpen() throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open("writer"))
        let reader = try fixture.open("reader")
        #expect(try reader.frontier().rows.map(\.head.position) == [1])
        #expect(!fixture.disk.calls.contains { $0.process == "reader" && $0.path.contains(".seg") })
    }

    @Test("The folder of a feed is durable before anything in it is acknowledged, also when somebody killed made it")
    func feedFolder() throws {
        let fixture = try StoreFixture()
        let killed = FaultPlan { $0.operation == .makeDirectory ? .killAfter : nil }
        let dying = try fixture.open("dying", faults: killed)
        #expect(try failure { _ = try dying.append([[1]], to: .records) }.code == .halted)
        var next = fixture.on(fixture.disk.killed())
        try next.append("a", with: try next.open())
        let after = next.on(next.disk.crashed(.dropAll))
        try after.check(try after.open())
    }
}
