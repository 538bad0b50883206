import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Writers that die and disks that fail")
struct TakeoverTests {
    private static func inSegment(_ operation: DiskCall.Operation, _ fault: DiskFault) -> FaultPlan {
        FaultPlan {
            $0.operation == operation && $0.path.contains("/feeds/") && $0.path.hasSuffix(".seg") ? fault : nil
        }
    }

    @Test(
        "What a killed writer had not acknowledged is set aside and never shown; the next one goes on",
        arguments: [(DiskCall.Operation.write, DiskFault.killDuring), (.write, .killAfter), (.synchronize, .killAfter)]
    )
    func takeover(operation: DiskCall.Operation, fault: DiskFault) throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open("first"))
        let dying = try fixture.open("dying", faults: Self.inSegment(operation, fault))
        #expect(try failure { _ = try dying.append([Array("lost".utf8)], to: .records) }.code == .halted)
        var next = fixture.on(fixture.disk.killed())
        let store = try next.open("next")
        try next.check(store)
        try next.append("b", with: store)
        #expect(next.acknowledged.map(\.reference.position) == [1, 2])
        try next.check(store)
        #expect(try next.quarantine().count == 1)
        #expect(try next.segments(store).count == 2)
        let takeovers = try next.events.values().filter { if case .takeover = $0 { true } else { false } }
        #expect(takeovers.count == 1)
        let after = next.on(next.disk.crashed(.dropAll))
        try after.check(try after.open())
    }

    @Test(
        "What a killed writer left is not shown either when the segment that took its place is gone",
        arguments: [false, true]
    )
    func successorIsGone(isLast: Bool) throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open("first"))
        // All of the commit is written, and it is never answered.
        let dying = try fixture.open("dying", faults: Self.inSegment(.synchronize, .killBefore))
        #expect(try failure { _ = try dying.append([[1], [2]], to: .records) }.code == .halted)
        var next = fixture.on(fixture.disk.killed())
        let store = try next.open("next")
        try next.append("b", "c", with: store)
        if !isLast {
            _ = try store.closeActiveSegments()
            try next.append("d", with: store)
        }
        let gone = try next.segments(store)[1]
        try next.disk.remove(gone)
        let reader = try next.open("reader")
        let feed = next.acknowledged[0].reference.feed
        let report = try #require(try reader.verify().first { $0.feed == feed })
        #expect(report.lostPositions == [2...3])
        #expect(try reader.entries(of: feed, after: 0, limitBytes: 1).map(\.bytes) == [Array("a".utf8)])
        for position: UInt64 in 2...3 {
            let errors = try [
                failure { _ = try reader.entries(of: feed, after: position - 1, limitBytes: 1) },
                failure { _ = try reader.entry(of: feed, at: position) },
            ]
            for error in errors {
                #expect(error.code == .corrupted)
                #expect(error.location?.positions == 2...3)
            }
        }
        if !isLast { #expect(try reader.entry(of: feed, at: 4) == Array("d".utf8)) }
    }

    @Test("A failed sync closes the segment for every process and is never tried again")
    func poisoned() throws {
        var fixture = try StoreFixture()
        let other = try fixture.open("other")
        try fixture.append("a", with: other)
        let first = try fixture.segments(other)
        let bad = first[0]
        let plan = FaultPlan { $0.operation == .synchronize && $0.path == bad ? .lyingSync : nil }
        let store = try fixture.open("unlucky", faults: plan)
        try fixture.append("b", with: store)
        try fixture.append("c", with: other)
        try fixture.check(store)
        #expect(try fixture.segments(store).count == 2)
        let after = fixture.disk.calls.drop { $0.process != "unlucky" }
        #expect(after.filter { $0.path == bad && $0.operation == .synchronize }.count == 1)
        #expect(after.filter { $0.path == bad && $0.operation == .write }.count == 1)
        let events = try fixture.events.values().filter { if case .poisoned = $0 { true } else { false } }
        #expect(events.count == 1)
        let crashed = fixture.on(fixture.disk.crashed(.dropAll))
        try crashed.check(try crashed.open())
    }

    @Test("A disk that fails twice refuses writes, and what is recorded stays readable")
    func twice() throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open())
        let store = try fixture.open("unlucky", faults: Self.inSegment(.synchronize, .inputOutput))
        #expect(try failure { _ = try store.append([[1]], to: .records) }.code == .poisoned)
        try fixture.check(store)
        let healthy = try fixture.open("healthy")
        try fixture.append("b", with: healthy)
        try fixture.check(healthy)
    }

    @Test("A place that is taken is damage: nothing is written over it, and the site goes on in a new epoch")
    func taken() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", with: store)
        let slot = try #require(try store.slots().first)
        let path = try fixture.segments(store)[0]
        try fixture.disk.overwrite(path, at: Int(slot.durableBytes), with: [1, 2, 3])
        let before = try fixture.disk.contents(path)
        let epoch = store.epoch
        try fixture.append("b", with: store)
        #expect(store.epoch != epoch)
        #expect(try fixture.disk.contents(path) == before)
        try fixture.check(store)
        let again = try fixture.open("again")
        #expect(try again.incidents().map(\.kind).sorted() == ["damage", "epoch"])
        try fixture.append("c", with: again)
        #expect(again.epoch == store.epoch)
        try fixture.check(again)
    }

    @Test("A segment that can not be read at its end is closed, and recording goes on")
    func unreadableEnd() throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open())
        let slot = try #require(try fixture.open().slots().first)
        let plan = FaultPlan { call in
            call.operation == .read && call.path.hasSuffix(".seg") && call.bytes?.lowerBound == slot.durableBytes
                ? .inputOutput : nil
        }
        let store = try fixture.open("unlucky", faults: plan)
        try fixture.append("b", with: store)
        #expect(try fixture.segments(store).count == 2)
        try fixture.check(try fixture.open("reader"))
    }

    @Test("HEADS that can not be synced costs no acknowledgement")
    func headsNotSynchronized() throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open())
        let plan = FaultPlan { $0.operation == .synchronize && $0.path.hasSuffix("/HEADS") ? .inputOutput : nil }
        let store = try fixture.open("unlucky", faults: plan)
        try fixture.append("b", with: store)
        let events = try fixture.events.values().filter { if case .headsNotSynchronized = $0 { true } else { false } }
        #expect(events.count == 1)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.check(try after.open())
    }

    @Test("A full disk does not fill further with halves of what is to be set aside")
    func quarantineFull() throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open("first"))
        let dying = try fixture.open("dying", faults: Self.inSegment(.write, .killAfter))
        #expect(try failure { _ = try dying.append([Array("lost".utf8)], to: .records) }.code == .halted)
        var next = fixture.on(fixture.disk.killed())
        let store = try next.open("next")
        next.disk.setFreeSpace(bytes: 0)
        for _ in 0..<3 { #expect(try failure { _ = try store.append([[1]], to: .records) }.code == .noSpace) }
        #expect(try next.quarantine().isEmpty)
        next.disk.setCapacity(bytes: nil)
        try next.append("b", with: store)
        try next.check(store)
        #expect(try next.quarantine().count == 1)
    }
}
