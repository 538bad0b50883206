import LogFormat
import LogStore
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import SyncEngine

@Suite("A recovery, said again by those who hold it")
struct RepeatedRecoveryTests {
    private let registry: RegistryOnDisks
    private var stores: [StoreOnDisk] { registry.stores }

    init() throws { registry = try RegistryOnDisks(5) }

    private func give(from one: Int, to other: Int) throws {
        let lane0 = registry.rosterFeed(of: one)
        guard try stores[one].log.frontier()[lane0] != nil else { return }
        try stores[one].give(lane0, to: stores[other])
    }

    private func ownEntries(_ index: Int) throws -> UInt64 {
        try stores[index].log.frontier()[registry.rosterFeed(of: index)]?.position ?? 0
    }

    @Test("A site that heard first that its author was revoked hears it from another")
    func cutOffBefore() throws {
        // Site 1 takes over; only site 2 hears of it before the thief of the old key revokes site 1 everywhere else.
        try registry.recover(by: 1)
        try give(from: 1, to: 2)
        try registry.revoke(1)
        for other in [2, 3] { try give(from: 0, to: other) }
        #expect(try registry.roster(of: 2).administrator == stores[1].log.site)
        #expect(try registry.roster(of: 3).administrator == stores[0].log.site)
        #expect(try registry.roster(of: 3).bound(of: registry.rosterFeed(of: 1)) == .nothing)
        let site = try registry.site(2, keys: NoPersonKeys())
        for _ in 0..<10 {
            site.keepNotes()
            stores[2].disk.clock.advance(milliseconds: 600_000)
        }
        #expect(try ownEntries(2) == 1, "once")
        try give(from: 2, to: 3)
        #expect(try registry.roster(of: 3).administrator == stores[1].log.site)
        #expect(try registry.roster(of: 3)[stores[1].log.site]?.isRevoked == false)
        // Now it is taken from its author as well.
        try give(from: 1, to: 3)
        #expect(try registry.roster(of: 3) == registry.roster(of: 2))
    }

    @Test("Who has nothing to repeat writes nothing, and neither does its author")
    func nothing() throws {
        let sites = try (0..<2).map { try registry.site($0, keys: NoPersonKeys()) }
        func keep() throws {
            for (index, site) in sites.enumerated() {
                try site.logChanged()
                for _ in 0..<10 {
                    site.keepNotes()
                    stores[index].disk.clock.advance(milliseconds: 600_000)
                }
            }
        }
        try keep()
        #expect(try ownEntries(1) == 0)
        try registry.recover(by: 1)
        try keep()
        #expect(try ownEntries(1) == 1)
        #expect(try ownEntries(0) == 5)
        // A site that was revoked by what counts is listened to by nobody.
        try give(from: 1, to: 0)
        let roster = try registry.roster(of: 0)
        let entry = try RosterDraft.ofTests.revocation(of: stores[0].log.site, cutOffs: [], reason: "", in: roster)
        _ = try stores[1].log.append([entry], to: .roster)
        try give(from: 1, to: 0)
        try keep()
        #expect(try ownEntries(0) == 5)
    }
}
