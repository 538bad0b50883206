import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("A store that was set back together with its marker")
struct SettingBackTests {
    private let sites: TwoSites
    /// The origin's disk when it had three entries; the replica holds and attests five.
    private let earlier: SimulatedDisk

    init() throws {
        sites = try TwoSites()
        try sites.record(3)
        try sites.origin.close()
        earlier = sites.originDisk.killed()
        try sites.record(2, seed: 2)
        try sites.pull()
        try sites.attest()
    }

    /// The origin as it was.
    private func setBack() throws -> LogStore {
        try LogStore.open(at: "/srv/store", in: earlier.process("set back").surroundings, options: TwoSites.options)
    }

    private func head(_ position: UInt64, digest: [UInt8]? = nil) -> LogStore.ForeignHead {
        .init(feed: sites.feed, position: position, digestPrefix: digest, site: "HUB")
    }

    /// What the replica holds at a position.
    private func held(_ position: UInt64) throws -> LogStore.ForeignHead {
        let digest = try sites.replica.head(of: sites.feed, at: position).digest
        return head(position, digest: Array(digest.bytes.prefix(16)))
    }

    @Test("it goes on in a new epoch, says so, and gets its own tail back as entries of the epoch that is over")
    func tail() throws {
        let store = try setBack()
        let before = store.epoch
        #expect(before == sites.feed.epoch, "nothing on its machine shows it")
        guard case .newEpoch(let epoch) = try store.goOn(after: try held(5)) else {
            Issue.record("no epoch was opened")
            return
        }
        #expect(store.epoch == epoch && epoch != before)
        let incident = try #require(try store.incidents().first)
        #expect(try store.incidents().count == 1)
        #expect(incident.kind == Incident.setBackKind && incident.positions == 4...5)
        #expect(incident.feed == sites.feed.description)
        #expect(incident.text.contains("HUB"))
        #expect(try store.goOn(after: try held(5)) == .nothing, "that epoch is over")
        #expect(try store.append([[7]], to: .records).map(\.feed.epoch) == [epoch])

        let end = try store.head(of: sites.feed, at: 3)
        let blocks = try sites.replica.blocks(of: sites.feed, after: end, limitBytes: 1 << 20)
        try store.receive(blocks, of: sites.feed, key: sites.key, after: end)
        #expect(try store.frontier()[sites.feed]?.position == 3, "nobody has vouched for them")
        try store.attest(try #require(try sites.replica.checkpoint(of: sites.feed)), key: sites.key)
        try sites.expectEqual(store)
        // And so after a power cut.
        try store.close()
        let again = try LogStore.open(
            at: "/srv/store",
            in: earlier.crashed(.dropAll).process("again").surroundings,
            options: TwoSites.options
        )
        #expect(again.epoch == epoch)
        try sites.expectEqual(again)
        #expect(try again.incidents().map(\.kind) == [Incident.setBackKind])
        #expect(again.record.parents.last?.heads[.records]?.position == 3)
    }

    @Test("one that recorded on keeps what it has, and what others hold is another history")
    func fork() throws {
        let store = try setBack()
        for byte in UInt8(0)..<4 { _ = try store.append([[byte]], to: .records) }
        #expect(try store.goOn(after: try held(3)) == .nothing, "that is what it has")
        #expect(try store.goOn(after: head(4)) == .nothing, "no digest was said")
        guard case .newEpoch = try store.goOn(after: try held(4)) else {
            Issue.record("no epoch was opened")
            return
        }
        #expect(try store.entries(of: sites.feed, after: 3, limitBytes: 1 << 20).map(\.bytes) == [[0], [1], [2], [3]])
        #expect(try store.incidents().map(\.positions) == [4...4])
    }

    @Test("what says nothing about this store changes nothing")
    func nothing() throws {
        let store = try setBack()
        let other = FeedID(site: sites.replica.site, epoch: sites.replica.epoch, lane: .records)
        for head in [
            LogStore.ForeignHead(feed: other, position: 9, digestPrefix: nil, site: "X"), head(0), head(2), try held(3),
        ] {
            #expect(try store.goOn(after: head) == .nothing)
        }
        #expect(store.epoch == sites.feed.epoch)
        #expect(try store.incidents().isEmpty)
    }

    @Test("a site that makes it up again and again opens a few epochs a day, and no more")
    func liar() throws {
        let store = try setBack()
        func claim() throws -> LogStore.SetBack {
            let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
            return try store.goOn(after: .init(feed: feed, position: 1_000, digestPrefix: nil, site: "LIAR"))
        }
        var opened = 0
        for _ in 0..<12 { if case .newEpoch = try claim() { opened += 1 } }
        #expect(opened == LogStore.epochsOnWordPerDay)
        #expect(try claim() == .notBelieved)
        earlier.clock.advance(milliseconds: 86_400_001)
        if case .newEpoch = try claim() { opened += 1 }
        #expect(opened == LogStore.epochsOnWordPerDay + 1)
    }

    @Test(
        "a process that is killed at any call of it leaves the old epoch or the new one, and the next goes on",
        arguments: [DiskFault.killBefore, .killAfter]
    )
    func killed(fault: DiskFault) throws {
        var halted = 0
        for index in 0..<90 {
            let sites = try SettingBackTests()
            let claim = try sites.held(5)
            do throws(StorageError) {
                let dying = try LogStore.open(
                    at: "/srv/store",
                    in: sites.earlier.process("dying", faults: .at(index, fault)).surroundings,
                    options: TwoSites.options
                )
                _ = try dying.goOn(after: claim)
            } catch {
                #expect(error.code == .halted, "call \(index)")
                halted += 1
            }
            let next = try LogStore.open(
                at: "/srv/store",
                in: sites.earlier.killed().process("next").surroundings,
                options: TwoSites.options
            )
            _ = try next.goOn(after: claim)
            let reference = try #require(try next.append([[1]], to: .records).first)
            #expect(reference.feed.epoch != sites.sites.feed.epoch, "call \(index)")
            // Some of the old epoch may say why twice; nothing else is an incident.
            #expect(try next.incidents().allSatisfy { [Incident.setBackKind, Incident.epochKind].contains($0.kind) })
        }
        #expect(halted > 30 && halted < 90, "\(halted)")
    }

    @Test("that another site holds another history is said once, and again only elsewhere")
    func contradictions() throws {
        let store = try setBack()
        let other = FeedID(site: sites.replica.site, epoch: sites.replica.epoch, lane: .records)
        func note(_ position: UInt64) throws {
            try store.noteContradictions(
                [.init(feed: other, position: position, text: "Two histories.")],
                by: "GY",
                summary: "More."
            )
        }
        for _ in 0..<3 { try note(7) }
        let incident = try #require(try store.incidents().first)
        #expect(try store.incidents().count == 1)
        #expect(incident.kind == Incident.forkKind && incident.positions == 7...7)
        try note(8)
        #expect(try store.incidents().count == 1, "one is open")
        try store.closeIncident(incident.id, by: "li", how: "understood")
        try note(7)
        #expect(try store.incidents().isEmpty)
        try note(9)
        #expect(try store.incidents().count == 1)
    }

    @Test("of one site that contradicts everything a few incidents are open, and one for the rest, at most once a day")
    func manyContradictions() throws {
        let store = try setBack()
        var numbers = SplitMix64(seed: 1)
        let found = try (0..<200).map { _ in
            LogStore.Contradiction(
                feed: FeedID(site: sites.replica.site, epoch: try #require(EpochID(numbers.bytes(8))), lane: .records),
                position: 1,
                text: "Two histories."
            )
        }
        for peer in ["GY", nil] {
            let before = try store.incidents().count
            let mine = peer == nil ? Array(found[100...]) : Array(found[..<100])
            for _ in 0..<2 {
                try store.noteContradictions(mine, by: peer, summary: "More.")
                #expect(try store.incidents().count == before + LogStore.contradictionsPerPeer + 1)
            }
            // One after the other, as sessions tell them.
            for one in mine { try store.noteContradictions([one], by: peer, summary: "More.") }
            #expect(try store.incidents().count == before + LogStore.contradictionsPerPeer + 1)
        }
        // What was understood makes room, and the rest is not summed up twice in a day.
        for incident in try store.incidents() where incident.peer == "GY" {
            try store.closeIncident(incident.id, by: "li", how: "understood")
        }
        func ofPeer() throws -> [Incident] { try store.incidents().filter { $0.peer == "GY" } }
        try store.noteContradictions(Array(found[..<100]), by: "GY", summary: "More.")
        #expect(try ofPeer().count == LogStore.contradictionsPerPeer && ofPeer().allSatisfy { $0.feed != nil })
        earlier.clock.advance(milliseconds: 86_400_001)
        try store.noteContradictions(Array(found[..<100]), by: "GY", summary: "More.")
        #expect(try ofPeer().count == LogStore.contradictionsPerPeer + 1)
    }
}
