import LogFormat
import StoreIO
import Synchronization
import TestSupport
import Testing

@testable import LogStore

@Suite("HEADS that is damaged while the machine runs")
struct HeadsDamageTests {
    private static let path = StorePaths(root: StoreFixture.root).heads

    /// What can become of some bytes of the file.
    enum Harm: CaseIterable {
        case zeroed, garbled, cut

        func apply(to disk: SimulatedDisk, at offset: Int, count: Int) throws {
            switch self {
            case .zeroed: try disk.overwrite(path, at: offset, with: [UInt8](repeating: 0, count: count))
            case .garbled: try disk.overwrite(path, at: offset, with: [UInt8](repeating: 0x5A, count: count))
            case .cut: try disk.truncate(path, to: offset)
            }
        }
    }

    /// Who meets the damage first.
    enum First: CaseIterable {
        case appender, reader, opener
    }

    private func fixture(appends: Int) throws -> (StoreFixture, LogStore) {
        var fixture = try StoreFixture()
        let store = try fixture.open("writer")
        for number in 0..<appends {
            try fixture.append("entry \(number)", to: number % 3 == 1 ? .urgent : .records, with: store)
        }
        return (fixture, store)
    }

    /// Nothing is lost, nothing is called damage, and the damage is met once.
    private func judge(_ fixture: inout StoreFixture, _ store: LogStore, _ first: First, _ comment: Comment) throws {
        switch first {
        case .appender: try fixture.append("next", with: store)
        case .reader: try fixture.check(store, comment)
        case .opener: try fixture.check(try fixture.open("opener"), comment)
        }
        try fixture.check(store, comment)
        try fixture.append("later", to: .urgent, with: store)
        let second = try fixture.open("second")
        try fixture.check(second, comment)
        let calls = fixture.disk.calls.count
        _ = try fixture.open("third")
        #expect(!fixture.disk.calls[calls...].contains { $0.path.contains(".seg") }, comment)
        #expect(try second.incidents().isEmpty && fixture.quarantine().isEmpty, comment)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        let last = try after.open("after a power cut")
        try after.check(last, comment)
        #expect(try last.incidents().isEmpty, comment)
    }

    @Test(
        "No sector that is zeroed, garbled or cut off costs an acknowledged entry or is called damage",
        arguments: 0...6
    )
    func sectors(appends: Int) throws {
        let length = try fixture(appends: appends).0.disk.contents(Self.path).count
        #expect(length == HeadsSlot.lengthBytes * (2 + 2 * min(appends, 2)))
        for sector in stride(from: 0, to: length, by: HeadsSlot.lengthBytes) {
            for harm in Harm.allCases {
                for first in First.allCases {
                    var (fixture, store) = try fixture(appends: appends)
                    try harm.apply(to: fixture.disk, at: sector, count: HeadsSlot.lengthBytes)
                    try judge(&fixture, store, first, "\(appends) appends, \(harm) at \(sector), \(first) first")
                }
            }
        }
    }

    @Test("The same of whole pairs, of the header and of a feed, and of a file that ends inside one")
    func pairs() throws {
        let length = try fixture(appends: 5).0.disk.contents(Self.path).count
        for start in stride(from: 0, to: length, by: HeadsSlot.lengthBytes) {
            for harm in Harm.allCases {
                for (offset, count) in [(start, 2 * HeadsSlot.lengthBytes), (start + 100, 300)] {
                    for first in First.allCases {
                        var (fixture, store) = try fixture(appends: 5)
                        try harm.apply(to: fixture.disk, at: offset, count: min(count, length - offset))
                        try judge(&fixture, store, first, "\(harm), \(count) bytes at \(offset), \(first) first")
                    }
                }
            }
        }
    }

    @Test("A process that may only read shows what is left as a lower bound", arguments: 1...5)
    func readOnly(appends: Int) throws {
        let length = try fixture(appends: appends).0.disk.contents(Self.path).count
        for sector in stride(from: 0, to: length, by: HeadsSlot.lengthBytes) {
            for harm in Harm.allCases {
                let (fixture, _) = try fixture(appends: appends)
                try harm.apply(to: fixture.disk, at: sector, count: HeadsSlot.lengthBytes)
                fixture.disk.setReadOnly(true)
                let store = try fixture.open("reader")
                for slot in try store.slots() where slot.attested.position > 0 {
                    let entries = try store.entries(of: slot.feed, after: 0, limitBytes: .max)
                    let expected = fixture.acknowledged.filter { $0.reference.feed == slot.feed }.map(\.bytes)
                    #expect(entries.map(\.bytes) == Array(expected.prefix(entries.count)))
                    #expect(entries.count == Int(slot.attested.position))
                }
                let isComplete = try fixture.events.values().compactMap { event -> Bool? in
                    if case .readOnly(_, let isComplete) = event { isComplete } else { nil }
                }
                #expect(isComplete == [false], "\(harm) at \(sector)")
            }
        }
    }

    @Test(
        "HEADS as it was some time ago, on a machine that runs on: it is said what is not shown, and all of it is found again",
        arguments: 0...3,
        [false, true]
    )
    func setBack(shape: Int, isRepaired: Bool) throws {
        var fixture = try StoreFixture()
        let writer = try fixture.open("writer")
        try fixture.append("a", "b", with: writer)
        let before = try fixture.disk.contents(Self.path)
        if shape > 0 { _ = try writer.closeActiveSegments() }
        try fixture.append("c", with: writer)
        try fixture.append("d", with: writer)
        if shape > 1 { _ = try writer.closeActiveSegments() }
        if shape > 2 { _ = try writer.seal() }
        try fixture.disk.overwrite(Self.path, at: 0, with: before)
        let store = try fixture.open("next")
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        #expect(try store.feeds().map(\.stored.position) == [2])
        #expect(try store.verify(feed)?.lostPositions == [3...4])
        if isRepaired {
            #expect(try store.repair(from: nil).map(\.isWhole) == [true])
        } else {
            try fixture.append("e", with: store)
        }
        try fixture.check(store)
        try fixture.append("f", with: store)
        let last = fixture.on(fixture.disk.crashed(.dropAll))
        let opened = try last.open()
        try last.check(opened)
        #expect(opened.epoch == writer.epoch)
        #expect(try opened.incidents().isEmpty && !opened.verify().contains(where: \.isDamaged))
    }

    @Test("Whatever is read as it was before, no position gets a second meaning and nothing acknowledged goes")
    func staleReads() throws {
        var epochs = 0
        for index in 0..<260 {
            var fixture = try StoreFixture()
            let writer = try fixture.open("writer")
            for number in 0..<3 {
                try fixture.append("before \(number)", "and \(number)", with: writer)
                _ = try writer.closeActiveSegments()
                if number == 1 { _ = try writer.seal() }
            }
            let hasHappened = Mutex(false)
            let plan = FaultPlan { call in
                guard call.index >= index, call.operation == .read, call.path == Self.path else { return nil }
                return hasHappened.withLock { hasHappened in
                    defer { hasHappened = true }
                    return hasHappened ? nil : .staleRead
                }
            }
            let victim = try fixture.open("victim", faults: plan)
            for number in 0..<4 {
                try fixture.append("round \(number)", with: victim)
                _ = try victim.closeActiveSegments()
                if number % 2 == 0 { _ = try victim.seal() }
            }
            try fixture.check(victim, "call \(index)")
            let after = fixture.on(fixture.disk.crashed(.dropAll))
            let last = try after.open("after a power cut")
            try after.check(last, "call \(index)")
            #expect(try !last.verify().contains(where: \.isDamaged), "call \(index)")
            // A store that seems older than its marker goes on in a new epoch; nothing else is noticed.
            if last.epoch == writer.epoch {
                #expect(try last.incidents().isEmpty, "call \(index)")
            } else {
                epochs += 1
            }
        }
        #expect(epochs < 10, "\(epochs)")
    }

    @Test("What a failed sync left stays unbelieved when the slot that says so is all that is left of its pair")
    func poisonSurvives() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open("writer")
        try fixture.append("one", with: store)
        let segment = try fixture.segments(store)[0]
        let plan = FaultPlan { call in
            switch call.operation {
            case .synchronize where call.path == segment: .lyingSync
            case .create where call.path.contains("/tmp/"): .killBefore
            default: nil
            }
        }
        let unlucky = try fixture.open("unlucky", faults: plan)
        #expect(try failure { _ = try unlucky.append([Array("two".utf8)], to: .records) }.code == .halted)
        let poisoned = try #require(try store.slots().first)
        #expect(poisoned.isPoisoned)
        let other = HeadsSlot.offsetBytes(index: 0, generation: poisoned.generation + 1)
        try Harm.garbled.apply(to: fixture.disk, at: Int(other), count: HeadsSlot.lengthBytes)
        let opener = try fixture.open("opener")
        let found = try #require(try opener.slots().first)
        #expect(found.isPoisoned)
        #expect(found.stored == poisoned.stored && found.durableBytes == poisoned.durableBytes)
        try fixture.append("three", with: opener)
        try fixture.check(opener)
        #expect(try fixture.segments(opener).count == 2)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        let last = try after.open()
        try after.check(last)
        #expect(try last.incidents().isEmpty)
    }

    @Test("A torn tail is copied to quarantine once, however often the machine is started again")
    func tornTailOnce() throws {
        let (fixture, store) = try fixture(appends: 1)
        let slot = try #require(try store.slots().first)
        let path = try fixture.segments(store)[0]
        var after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.disk.overwrite(path, at: Int(slot.durableBytes), with: [UInt8](repeating: 0x5A, count: 700))
        for _ in 0..<3 {
            try after.check(try after.open())
            #expect(try after.quarantine().count == 1)
            after = after.on(after.disk.crashed(.dropAll))
        }
        let last = try after.open()
        try after.append("next", with: last)
        try after.check(last)
        #expect(try after.quarantine().count == 1)
    }
}
