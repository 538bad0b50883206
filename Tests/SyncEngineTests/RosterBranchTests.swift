import LogFormat
import LogStore
import Logging
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import SyncEngine

@Suite("The roster where the administrator's lane 0 has forked")
struct RosterBranchTests {
    /// The administrator, its copy as it was, and two sites that take one history each.
    private struct Cloned {
        let registry: RegistryOnDisks
        let copy: StoreOnDisk.Copy
        let states: [RosterState]
        let keepers: [BranchKeeper]
        var stores: [StoreOnDisk] { registry.stores }

        init() throws {
            registry = try RegistryOnDisks(4)
            copy = try StoreOnDisk.Copy(of: registry.stores[0])
            let stores = registry.stores
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

        /// The copy writes as the administrator.
        func admitByCopy(_ store: StoreOnDisk, alias: String) throws {
            guard let roster = try Roster(in: copy.log) else { throw Hindrance("the copy has no roster") }
            let entry = try RosterDraft.ofTests.admission(
                try store.log.publicKeys(),
                alias: alias,
                role: "clinic",
                in: roster
            )
            _ = try copy.log.append([entry], to: .roster)
        }

        /// Site 1 takes the history of the administrator, site 2 that of the copy.
        func deal() throws {
            try registry.stores[0].give(registry.rosterFeed, to: stores[1])
            try copy.give(registry.rosterFeed, to: stores[2])
            try reload()
        }

        func give(_ lane: Lane, from one: Int, to other: Int) throws {
            let own = FeedID(site: stores[one].log.site, epoch: stores[one].log.epoch, lane: lane)
            guard try stores[one].log.frontier()[own] != nil else { return }
            try stores[one].give(own, to: stores[other])
        }

        func reload() throws { for state in states { try state.reload { _, _ in } } }

        /// They find that they hold different things at a position, and carry them to each other.
        func carry(from position: UInt64) throws {
            try keepers[1].diverged(registry.rosterFeed, at: position, .ofTests)
            for _ in 0..<4 {
                for lane in [Lane.roster, .attachments] {
                    try give(lane, from: 1, to: 2)
                    try give(lane, from: 2, to: 1)
                }
                try reload()
                for index in [1, 2] { try keepers[index].settle(isNow: true, .ofTests) }
            }
        }
    }

    @Test("A revocation by one copy and an admission by the other count wherever both histories have come")
    func cloned() throws {
        let cloned = try Cloned()
        let (newcomer, lost) = (try StoreOnDisk("ZZ"), cloned.stores[3].log.site)
        try cloned.registry.revoke(3)
        try cloned.admitByCopy(newcomer, alias: "ZZ")
        try cloned.deal()
        #expect(try cloned.registry.roster(of: 1)[newcomer.log.site] == nil)
        #expect(try cloned.registry.roster(of: 2)[lost]?.isRevoked == false)
        try cloned.carry(from: 5)
        let rosters = try [1, 2].map { try cloned.registry.roster(of: $0) }
        #expect(rosters[0] == rosters[1])
        #expect(rosters[0][lost]?.isRevoked == true)
        #expect(rosters[0][newcomer.log.site]?.alias == "ZZ")
        let ends = try [cloned.stores[0].log, cloned.copy.log].map { log in
            Frontier.Row(feed: cloned.registry.rosterFeed, head: try log.head(of: cloned.registry.rosterFeed, at: 5))
        }
        for (index, roster) in zip([1, 2], rosters) {
            let site = cloned.registry.rosterFeed.site
            let found = try cloned.stores[index].log.rosterEnds(of: site)
            #expect(Set(found) == Set(ends) && found.count == 2)
            #expect(cloned.states[index].current == roster, "what a daemon goes by")
            // Of a history that is carried nothing is said to be held of the feed itself.
            let head = try #require(try cloned.stores[index].log.frontier()[cloned.registry.rosterFeed])
            let extent = cloned.states[index].currentWithExtent.extent
            #expect(extent.positions[cloned.registry.rosterFeed] == head.position)
        }
    }

    @Test("A roster is folded again when the rest of a carried history comes, and not for every part of it")
    func arriving() throws {
        let cloned = try Cloned()
        let newcomer = try StoreOnDisk("ZZ")
        try cloned.registry.revoke(3)
        try cloned.admitByCopy(newcomer, alias: "ZZ")
        try cloned.deal()
        try cloned.carry(from: 5)
        // Site 3 held the administrator's history when it heard the rest.
        try cloned.stores[0].give(cloned.registry.rosterFeed, to: cloned.stores[3])
        try cloned.give(.roster, from: 2, to: 3)
        var told = 0
        try cloned.states[3].reload { _, _ in told += 1 }
        #expect(told == 1)
        #expect(cloned.states[3].current[newcomer.log.site] == nil)
        try cloned.give(.attachments, from: 2, to: 3)
        try cloned.states[3].reload { _, _ in told += 1 }
        #expect(told == 2)
        #expect(cloned.states[3].current[newcomer.log.site]?.alias == "ZZ")
        try cloned.states[3].reload { _, _ in told += 1 }
        #expect(told == 2)
    }

    @Test(
        "After a handover a history that the former key signs for positions before it admits nobody where the true one is"
    )
    func forged() throws {
        let cloned = try Cloned()
        let strangers = try ["YY", "ZZ"].map { try StoreOnDisk($0) }
        for (store, alias) in zip(strangers, ["YY", "ZZ"]) { try cloned.admitByCopy(store, alias: alias) }
        // The handover stands where the forged history admits the first, or behind both.
        try cloned.registry.handOver(from: 0, to: 1)
        try cloned.deal()
        #expect(try cloned.registry.roster(of: 2)[strangers[0].log.site] != nil)
        try cloned.carry(from: 5)
        let rosters = try [1, 2].map { try cloned.registry.roster(of: $0) }
        #expect(rosters[0] == rosters[1])
        #expect(rosters[0].administrator == cloned.stores[1].log.site)
        for store in strangers { #expect(rosters[0][store.log.site] == nil) }
        #expect(rosters[0].members.count == 4)
    }

    @Test("The history that the cut-off of a former administrator names is carried to who has a forged one")
    func revoked() throws {
        let cloned = try Cloned()
        let stranger = try StoreOnDisk("ZZ")
        try cloned.admitByCopy(stranger, alias: "ZZ")
        try cloned.registry.handOver(from: 0, to: 1)
        try cloned.deal()
        #expect(try cloned.registry.roster(of: 2)[stranger.log.site] != nil)
        // The true history is cut off where it ends; who has the forged one hears of it.
        let feed = cloned.registry.rosterFeed
        let end = Frontier.Row(feed: feed, head: try cloned.stores[1].log.head(of: feed, at: 5))
        let entry = try RosterDraft.ofTests.revocation(
            of: feed.site,
            cutOffs: [end],
            reason: "stolen",
            in: try cloned.registry.roster(of: 1)
        )
        _ = try cloned.stores[1].log.append([entry], to: .roster)
        try cloned.reload()
        try cloned.keepers[2].diverged(feed, at: 5, .ofTests)
        for _ in 0..<4 {
            for lane in [Lane.roster, .attachments] {
                try cloned.give(lane, from: 1, to: 2)
                try cloned.give(lane, from: 2, to: 1)
            }
            try cloned.reload()
            for index in [1, 2] { try cloned.keepers[index].settle(isNow: true, .ofTests) }
            for store in cloned.stores { store.disk.clock.advance(milliseconds: 3_600_000) }
        }
        let rosters = try [1, 2].map { try cloned.registry.roster(of: $0) }
        #expect(rosters[0].administrator == cloned.stores[1].log.site)
        #expect(rosters[0][stranger.log.site] == nil)
        #expect(rosters[1] == rosters[0])
        // Nothing more is carried of it, however often it is looked at.
        let carried = try cloned.stores[2].log.knownBranches().count
        for index in [1, 2] { try cloned.keepers[index].settle(isNow: true, .ofTests) }
        #expect(try cloned.stores[2].log.knownBranches().count == carried)
    }

    @Test("A cut-off that what is held contradicts is said to others: they have the history it names")
    func contradictedCutOff() throws {
        let cloned = try Cloned()
        try cloned.registry.revoke(3)
        try cloned.deal()
        let site = try cloned.registry.site(1, keys: NoPersonKeys())
        let key = cloned.stores[2].log.identity.publicKey
        let connection = PeerConnection(peerKey: key, isDialled: true, address: "nowhere:1") { _ in }
        site.take(.proven(connection))
        let before = try cloned.stores[1].log.knownBranches().count
        let said = try cloned.stores[1].log.rosterEntries().count
        let incident = SyncIncident(
            kind: .cutOffDiffers,
            feed: cloned.registry.rosterFeed,
            position: 5,
            isReportedByPeer: false
        )
        site.take(.incident(connection, incident))
        #expect(try cloned.stores[1].log.rosterEntries().count == said + 1)
        #expect(try cloned.stores[1].log.knownBranches().count == before)
    }

    @Test("What proves nothing is paid for by who had it read")
    func rubbish() throws {
        let cloned = try Cloned()
        let (admin, liar) = (cloned.stores[0].log, cloned.stores[2].log)
        let rubbish = BranchStatement.magic + [UInt8](repeating: 7, count: 10_000)
        let place = try #require(try liar.append([rubbish], to: .attachments).first).position
        let key = admin.identity.publicKey
        let statement = try BranchStatement(
            of: try #require(try admin.checkpoint(of: cloned.registry.rosterFeed)),
            key: key,
            heads: [],
            start: FeedChain.start(key: key, epoch: admin.epoch, lane: .roster),
            stretches: [place...place]
        )
        _ = try liar.append([BranchNotice.entry(statement, .ofTests)], to: .roster)
        try cloned.registry.revoke(3)
        try cloned.admitByCopy(try StoreOnDisk("ZZ"), alias: "ZZ")
        try cloned.deal()
        try cloned.carry(from: 5)
        let word = try #require(try cloned.copy.log.rosterEntries().last).bytes
        func isCarried(_ bytesMaximum: Int) throws -> Bool {
            try RosterMaterial(cloned.stores[1].log, bytesMaximum: bytesMaximum).entries.contains { $0.bytes == word }
        }
        #expect(try isCarried(100_000))
        #expect(try !isCarried(9_000))
    }

    @Test("Histories that made-up sites sign, and false ones, change no roster")
    func strangers() throws {
        let cloned = try Cloned()
        let made = try StoreOnDisk("ZZ")
        let liar = cloned.stores[2].log
        try made.log.join(try #require(try liar.membership()))
        _ = try made.log.append([[1]], to: .roster)
        let feed = FeedID(site: made.log.site, epoch: made.log.epoch, lane: .roster)
        let end = try #require(try made.log.checkpoint(of: feed))
        let start = FeedChain.start(key: made.log.identity.publicKey, epoch: feed.epoch, lane: .roster)
        let blocks = try made.log.blocks(of: feed, after: start, limitBytes: .max)
        var bytes = BranchStatement.magic
        for block in blocks { block.encode(into: &bytes) }
        let before = try RosterMaterial(liar).entries
        for (statementEnd, key) in [
            (end, made.log.identity.publicKey),
            (
                try #require(try liar.checkpoint(of: cloned.registry.rosterFeed)),
                cloned.stores[0].log.identity.publicKey
            ),
        ] {
            let place = try #require(try liar.append([bytes], to: .attachments).first).position
            let statement = try BranchStatement(
                of: statementEnd,
                key: key,
                heads: [],
                start: statementEnd.feed == feed
                    ? start : FeedChain.start(key: key, epoch: statementEnd.feed.epoch, lane: .roster),
                stretches: [place...place]
            )
            _ = try liar.append([BranchNotice.entry(statement, .ofTests)], to: .roster)
        }
        let material = try RosterMaterial(liar)
        #expect(material.awaited.isEmpty)
        #expect(
            Set(material.entries.filter { $0.feed.site != liar.site })
                == Set(before.filter { $0.feed.site != liar.site })
        )
        #expect(material.entries.allSatisfy { $0.link == nil && $0.feed != feed })
    }
}
