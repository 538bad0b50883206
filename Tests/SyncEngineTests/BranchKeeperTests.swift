import LogFormat
import LogStore
import Logging
import StoreIO
import SyncProtocol
import Synchronization
import TestSupport
import Testing

@testable import SyncEngine

@Suite("Histories of a forked feed, carried to everybody")
struct BranchKeeperTests {
    /// A hub, the site that forked, and two that hold one history of it each.
    private struct Forked {
        let registry: RegistryOnDisks
        let states: [RosterState]
        let keepers: [BranchKeeper]
        var stores: [StoreOnDisk] { registry.stores }
        var feed: FeedID { stores[1].records }

        init(common: Int, first: Int, second: Int) throws {
            registry = try RegistryOnDisks(4)
            let stores = registry.stores
            func record(_ count: Int, _ mark: UInt8, in log: LogStore) throws {
                for number in 0..<count {
                    _ = try log.append(
                        [[mark, UInt8(number % 256)] + [UInt8](repeating: mark, count: 40)],
                        to: .records
                    )
                }
            }
            try record(common, 1, in: stores[1].log)
            let copy = try StoreOnDisk.Copy(of: stores[1])
            try record(first, 2, in: stores[1].log)
            try record(second, 3, in: copy.log)
            try stores[1].give(stores[1].records, to: stores[2])
            try copy.give(stores[1].records, to: stores[3])
            states = try stores.map { store in
                guard let membership = try store.log.membership() else { throw Hindrance("no registry") }
                return try RosterState(store.log, membership)
            }
            keepers = zip(stores, states).map { store, state in
                BranchKeeper(
                    store.log,
                    roster: state,
                    clock: store.surroundings.clock,
                    logger: Logger(label: "test")
                )
            }
        }

        /// Brings what some sites wrote to others, but for the feed that forked.
        func exchange(_ indices: [Int]) throws {
            for one in indices {
                for other in indices where other != one {
                    for lane in [Lane.roster, .attachments] {
                        let own = FeedID(site: stores[one].log.site, epoch: stores[one].log.epoch, lane: lane)
                        guard try stores[one].log.frontier()[own] != nil else { continue }
                        try stores[one].give(own, to: stores[other])
                    }
                }
            }
        }

        func settle(_ index: Int) throws { try keepers[index].settle(isNow: true, .ofTests) }

        /// How much was written by a site itself about branches.
        func written(by index: Int) throws -> UInt64 {
            try stores[index].log.frontier().rows.filter {
                $0.feed.site == stores[index].log.site && [.roster, .attachments].contains($0.feed.lane)
            }.reduce(0) { $0 + $1.head.position }
        }

        /// Every entry of the feed that can be read at a site, as the feed or as a branch of it: position and content.
        func readable(at index: Int) throws -> Set<[UInt8]> {
            let log = stores[index].log
            var found = try log.entries(of: feed, after: 0, limitBytes: 1 << 24)
            for branch in try log.knownBranches() where branch.statement.feed == feed {
                guard case .entries(let entries) = try log.branch(branch.statement, carriedBy: branch.carrier) else {
                    continue
                }
                found += entries
            }
            return Set(found.map { [UInt8(truncatingIfNeeded: $0.reference.position)] + $0.bytes })
        }
    }

    @Test(
        "Whatever their lengths, each holder carries its history once, and every site can read both",
        arguments: [(6, 4, 2), (6, 2, 4), (1, 3, 3), (0, 2, 1), (90, 40, 33), (33, 1, 60)]
    )
    func bothReadable(common: Int, first: Int, second: Int) throws {
        let forked = try Forked(common: common, first: first, second: second)
        // As a session finds it: the one that holds more compares, where the other ends.
        let position = UInt64(common + min(first, second))
        let longer = first >= second ? 2 : 3
        try forked.keepers[longer].diverged(forked.feed, at: position, .ofTests)
        for _ in 0..<4 {
            try forked.exchange([2, 3])
            for index in [2, 3] { try forked.settle(index) }
        }
        let all = try forked.readable(at: 2)
        #expect(all.count == common + first + second)
        #expect(try forked.readable(at: 3) == all)
        let before = try [2, 3].map { try forked.written(by: $0) }

        // The hub has one of the two, and learns the rest; it writes nothing, for all is carried.
        try forked.stores[1].give(forked.feed, to: forked.stores[0])
        try forked.exchange([0, 2, 3])
        #expect(try forked.readable(at: 0) == all)
        let hub = try forked.written(by: 0)
        for index in [0, 2, 3] {
            try forked.settle(index)
            try forked.keepers[index].diverged(forked.feed, at: position, .ofTests)
        }
        #expect(try forked.written(by: 0) == hub)
        #expect(try [2, 3].map { try forked.written(by: $0) } == before, "again writes nothing")
    }

    @Test("Who only hears that a feed forked says what it holds a few times, and carries nothing without proof")
    func rumours() throws {
        let forked = try Forked(common: 6, first: 4, second: 2)
        for position in 1...10 as ClosedRange<UInt64> {
            try forked.keepers[2].diverged(forked.feed, at: position, .ofTests)
        }
        #expect(try forked.written(by: 2) == 1)
        try forked.settle(2)
        #expect(try forked.written(by: 2) == 1)
        // One that cites what nobody signed counts for nothing.
        let end = try #require(try forked.stores[2].log.checkpoint(of: forked.feed))
        let key = forked.stores[1].log.identity.publicKey
        let forged = try Checkpoint(
            registry: end.registry,
            feed: forked.feed,
            head: FeedHead(position: 9, digest: end.head.digest),
            signature: end.signature
        )
        let statement = try BranchStatement(of: forged, key: key, heads: [], start: nil, stretches: [])
        _ = try forked.stores[3].log.append([BranchNotice.entry(statement, .ofTests)], to: .roster)
        try forked.exchange([2, 3])
        try forked.settle(2)
        #expect(try forked.written(by: 2) == 1)
    }

    @Test("What can not be said when a fork is found is said later: the disk was full, or the day's words were used up")
    func saidLater() throws {
        let forked = try Forked(common: 6, first: 4, second: 2)
        let store = forked.stores[2]
        let isFull = Mutex(false)
        let faults = FaultPlan { call in isFull.withLock { $0 } && call.operation == .write ? .noSpace : nil }
        let log = try LogStore.open(at: StoreOnDisk.root, in: store.disk.process("full", faults: faults).surroundings)
        guard let membership = try log.membership() else { throw Hindrance("no registry") }
        let keeper = BranchKeeper(
            log,
            roster: try RosterState(log, membership),
            clock: store.surroundings.clock,
            logger: Logger(label: "test")
        )
        let before = try forked.written(by: 2)
        isFull.withLock { $0 = true }
        #expect(throws: StorageError.self) { try keeper.diverged(forked.feed, at: 8, .ofTests) }
        #expect(try forked.written(by: 2) == before)
        isFull.withLock { $0 = false }

        // As many words about another feed as are allowed in a day.
        let other = forked.stores[3].records
        _ = try forked.stores[3].log.append([[1]], to: .records)
        try forked.stores[3].give(other, to: store)
        let statement = try BranchStatement(
            of: try #require(try log.checkpoint(of: other)),
            key: forked.stores[3].log.identity.publicKey,
            heads: [],
            start: nil,
            stretches: []
        )
        for _ in 0..<BranchKeeper.statementsPerDay {
            _ = try log.append([BranchNotice.entry(statement, .ofTests)], to: .roster)
        }
        let used = try forked.written(by: 2)
        for _ in 0..<3 {
            store.disk.clock.advance(milliseconds: 3_600_000)
            try keeper.settle(isNow: false, .ofTests)
        }
        #expect(try forked.written(by: 2) == used)
        let tomorrow = RosterDraft(recordedMilliseconds: 90_000_000, zoneOffsetMinutes: 0, program: "test")
        store.disk.clock.advance(milliseconds: 3_600_000)
        try keeper.settle(isNow: false, tomorrow)
        #expect(try forked.written(by: 2) == used + 1)
        let last = try #require(try log.rosterEntries().last { $0.reference.feed.site == log.site })
        #expect(BranchNotice.statement(in: last.bytes)?.feed == forked.feed)
        store.disk.clock.advance(milliseconds: 3_600_000)
        try keeper.settle(isNow: false, tomorrow)
        #expect(try forked.written(by: 2) == used + 1)
    }

    @Test("Who says falsely that it carries a history keeps nobody who holds it from carrying it")
    func falseCarrier() throws {
        let forked = try Forked(common: 6, first: 4, second: 2)
        let liar = forked.stores[0].log
        let end = try #require(try forked.stores[2].log.checkpoint(of: forked.feed))
        let place = try liar.append([BranchStatement.magic + [1, 2, 3]], to: .attachments)
        let position = try #require(place.first?.position)
        let statement = try BranchStatement(
            of: end,
            key: forked.stores[1].log.identity.publicKey,
            heads: [],
            start: try forked.stores[2].log.head(of: forked.feed, at: 6),
            stretches: [position...position]
        )
        for _ in 0..<2 { _ = try liar.append([BranchNotice.entry(statement, .ofTests)], to: .roster) }
        try forked.keepers[2].diverged(forked.feed, at: 8, .ofTests)
        for _ in 0..<4 {
            try forked.exchange([0, 2, 3])
            for index in [2, 3] { try forked.settle(index) }
            // Longer than anybody waits for the one whose turn it seems to be.
            for store in forked.stores { store.disk.clock.advance(milliseconds: 3_600_000) }
        }
        let all = try forked.readable(at: 2)
        #expect(all.count == 12)
        #expect(try forked.readable(at: 3) == all)
        // What was named already is not read for another statement.
        let known = try forked.stores[3].log.knownBranches().filter { $0.carrier.site == liar.site }
        #expect(known.count == 1)
    }

    @Test("What a revoked site carried beyond its cut-off reaches nobody else: another holder carries it")
    func revokedCarrier() throws {
        let forked = try Forked(common: 6, first: 4, second: 2)
        // The hub holds the longer history as well, and hears from its holder what the others will not take any more.
        try forked.stores[1].give(forked.feed, to: forked.stores[0])
        try forked.registry.revoke(2)
        try forked.keepers[2].diverged(forked.feed, at: 8, .ofTests)
        for index in [3, 2] {
            try forked.exchange([2, 3])
            try forked.settle(index)
        }
        try forked.exchange([0, 2])
        let known = try forked.stores[0].log.knownBranches().map(\.carrier.site)
        #expect(known == [forked.stores[2].log.site])
        // Another site, which has the other history, has heard of the revocation.
        let fresh = try StoreOnDisk("ZY")
        try fresh.log.join(try #require(try forked.stores[3].log.membership()))
        for round in 0..<4 {
            for state in forked.states { try state.reload { _, _ in } }
            for index in [0, 3] { try forked.settle(index) }
            if round > 0 { try forked.exchange([0, 3]) }
            for store in forked.stores { store.disk.clock.advance(milliseconds: 3_600_000) }
        }
        // What of the hub alone can be read elsewhere.
        for lane in [Lane.roster, .attachments] {
            let own = FeedID(site: forked.stores[0].log.site, epoch: forked.stores[0].log.epoch, lane: lane)
            if try forked.stores[0].log.frontier()[own] != nil { try forked.stores[0].give(own, to: fresh) }
        }
        let carried = try fresh.log.knownBranches().filter { $0.statement.feed == forked.feed }
        #expect(carried.contains { $0.carrier.site == forked.stores[0].log.site })
    }

    @Test("A branch with a part that is missing, altered or not of its feed is no branch")
    func unproven() throws {
        let forked = try Forked(common: 6, first: 4, second: 2)
        let log = forked.stores[2].log
        let key = forked.stores[1].log.identity.publicKey
        let end = try #require(try log.checkpoint(of: forked.feed))
        let start = try log.head(of: forked.feed, at: 6)
        let parts = try #require(try log.carry(forked.feed, after: start, through: end.head, in: log.epoch))
        func read(_ start: FeedHead, _ stretches: [ClosedRange<UInt64>]) throws -> LogStore.CarriedBranch {
            let statement = try BranchStatement(of: end, key: key, heads: [], start: start, stretches: stretches)
            let again = try BranchStatement(decoding: statement.encoded)
            #expect(again == statement)
            return try log.branch(again, carriedBy: forked.registry.rosterFeed(of: 2))
        }
        guard case .entries(let entries) = try read(start, parts.stretches) else {
            Issue.record("it can be read")
            return
        }
        #expect(entries.map(\.reference.position) == [7, 8, 9, 10])
        #expect(try read(start, [1...9]) == .incomplete)
        #expect(try read(try log.head(of: forked.feed, at: 5), parts.stretches) == .unproven)
        _ = try log.append([[1, 2, 3]], to: .attachments)
        let last = try #require(parts.stretches.last).upperBound
        #expect(try read(start, [1...last + 1]) == .unproven)
        let other = try BranchStatement(
            of: try #require(try forked.stores[3].log.checkpoint(of: forked.feed)),
            key: key,
            heads: [],
            start: start,
            stretches: parts.stretches
        )
        #expect(try log.branch(other, carriedBy: forked.registry.rosterFeed(of: 2)) == .unproven)
    }
}
