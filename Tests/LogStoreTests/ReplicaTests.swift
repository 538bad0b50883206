import Crypto
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Replicas")
struct ReplicaTests {
    @Test("A site signs every position it holds; a replica passes on the best statement that is not beyond it")
    func checkpointsInTheMiddle() throws {
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull()
        for position in [UInt64(5), 8] {
            let checkpoint = try #require(try sites.origin.checkpoint(of: sites.feed, through: position))
            #expect(checkpoint.head.position == position)
            try sites.replica.attest(checkpoint, key: sites.key)
            #expect(try sites.attested(in: sites.replica) == checkpoint.head)
        }
        for (position, best) in [UInt64(4): UInt64?.none, 5: 5, 7: 5, 8: 8, 12: 8] {
            #expect(try sites.replica.checkpoint(of: sites.feed, through: position)?.head.position == best)
        }
        let last = try sites.origin.checkpoint(of: sites.feed)
        #expect(last?.head == (try sites.stored(in: sites.origin)))
        #expect(try sites.origin.checkpoint(of: sites.feed, through: 500) == last)
        #expect(try sites.origin.checkpoint(of: sites.feed, through: 0) == nil)
    }

    @Test(
        "What was pulled is shown only once a checkpoint covers it, and then is the same",
        arguments: [1, 300, 100_000]
    )
    func pullAndAttest(limitBytes: Int) throws {
        let sites = try TwoSites()
        try sites.record(40)
        try sites.pull(limitBytes: limitBytes)
        #expect(try sites.replica.entries(of: sites.feed, after: 0, limitBytes: 1_000).isEmpty)
        #expect(try sites.replica.frontier() == Frontier([]))
        #expect(try sites.replica.checkpoint(of: sites.feed) == nil)
        try sites.attest()
        try sites.expectEqual()
        #expect(try sites.replica.frontier() == sites.origin.frontier())
        #expect(try sites.replica.checkpoint(of: sites.feed) == sites.origin.checkpoint(of: sites.feed))
        try sites.record(5, seed: 2)
        try sites.pull(limitBytes: limitBytes)
        #expect(try sites.replica.frontier() != sites.origin.frontier())
        try sites.attest()
        try sites.expectEqual()
        for report in try sites.replica.verify() { #expect(report.findings == []) }
    }

    @Test("A replica sealed at both ends stays the same, and hands on what it holds")
    func sealed() throws {
        let sites = try TwoSites()
        try sites.record(60)
        #expect(try #require(try sites.origin.seal()).segments > 2)
        try sites.pull()
        try sites.attest()
        #expect(try #require(try sites.replica.seal()).segments > 0)
        try sites.expectEqual()
        // A third site pulls from the replica as from the origin.
        let disk = SimulatedDisk(seed: 3, machineID: "third")
        let third = try LogStore.create(at: "/srv/store", alias: "CC", in: disk.process().surroundings)
        try third.join(sites.registry)
        let blocks = try sites.replica.blocks(of: sites.feed, after: sites.start, limitBytes: 10_000_000)
        try third.receive(blocks, of: sites.feed, key: sites.key, after: sites.start)
        try third.attest(try #require(try sites.replica.checkpoint(of: sites.feed)), key: sites.key)
        try sites.expectEqual(third)
        for row in try sites.replica.statistics() { #expect(row.statistics.sealedSegments > 0) }
    }

    @Test("A checkpoint in the middle shows exactly what it covers", arguments: 1...12)
    func middle(position: UInt64) throws {
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull(limitBytes: 100_000)
        let head = try sites.origin.head(of: sites.feed, at: position)
        try sites.replica.attest(try sites.signed(head), key: sites.key)
        let shown = try sites.replica.entries(of: sites.feed, after: 0, limitBytes: 100_000)
        #expect(shown.count == Int(position))
        #expect(try sites.attested(in: sites.replica) == head)
        let handedOn = try sites.replica.blocks(of: sites.feed, after: sites.start, limitBytes: 100_000)
        #expect(handedOn.last?.header.head == head)
    }

    @Test("Blocks that are not the feed's are refused whole and nothing changes")
    func refused() throws {
        let sites = try TwoSites()
        try sites.record(9)
        let blocks = try sites.origin.blocks(of: sites.feed, after: sites.start, limitBytes: 100_000)
        let other = SitePublicKey(Curve25519.Signing.PrivateKey().publicKey)
        let before = try sites.replicaDisk.tree("/srv/store/feeds")
        let calls: [() throws -> Void] = [
            { try sites.replica.receive(blocks, of: sites.feed, key: other, after: sites.start) },
            { try sites.replica.receive(blocks.reversed(), of: sites.feed, key: sites.key, after: sites.start) },
            {
                try sites.replica.receive(Array(blocks.dropFirst()), of: sites.feed, key: sites.key, after: sites.start)
            },
            {
                let forged = FeedHead(position: 0, digest: blocks[0].header.digest)
                try sites.replica.receive(blocks, of: sites.feed, key: sites.key, after: forged)
            },
            { try sites.origin.receive(blocks, of: sites.feed, key: sites.key, after: sites.start) },
        ]
        for call in calls { #expect(throws: StorageError(.invalidArgument, "")) { try call() } }
        #expect(try sites.replicaDisk.tree("/srv/store/feeds") == before)
        try sites.replica.receive(blocks, of: sites.feed, key: sites.key, after: sites.start)
        #expect(throws: StorageError(.moved, "")) {
            try sites.replica.receive(blocks, of: sites.feed, key: sites.key, after: sites.start)
        }
        let end = try sites.stored(in: sites.replica)
        #expect(try sites.replica.receive([], of: sites.feed, key: sites.key, after: end) == end)
    }

    @Test("Checkpoints of strangers, of other registries and of what is not here are refused")
    func checkpointsRefused() throws {
        let sites = try TwoSites()
        try sites.record(5)
        try sites.pull()
        let head = try sites.stored(in: sites.replica)
        let good = try sites.signed(head)
        let elsewhere = try Checkpoint(
            signing: head,
            of: sites.feed,
            registry: RegistryID(foundedBy: [9]),
            with: sites.origin.identity.signingKey
        )
        #expect(throws: StorageError(.invalidArgument, "")) { try sites.replica.attest(elsewhere, key: sites.key) }
        var signature = good.signature
        signature[5] ^= 1
        let forged = try Checkpoint(registry: good.registry, feed: good.feed, head: head, signature: signature)
        #expect(throws: StorageError(.invalidArgument, "")) { try sites.replica.attest(forged, key: sites.key) }
        let beyond = try sites.signed(FeedHead(position: 6, digest: head.digest))
        #expect(throws: StorageError(.notFound, "")) { try sites.replica.attest(beyond, key: sites.key) }
        #expect(try sites.attested(in: sites.replica).position == 0)
        try sites.replica.attest(good, key: sites.key)
        // Said again, and said of less: nothing changes.
        try sites.replica.attest(good, key: sites.key)
        try sites.replica.attest(try sites.signed(try sites.origin.head(of: sites.feed, at: 2)), key: sites.key)
        #expect(try sites.attested(in: sites.replica) == head)
    }

    @Test(
        "A contradicted rest goes to quarantine; the attested part stays, and the true rest is pulled",
        arguments: [0, 1, 5, 9, 20]
    )
    func contradicted(attestedCount: Int) throws {
        let sites = try TwoSites()
        try sites.record(attestedCount)
        if attestedCount > 0 {
            try sites.pull()
            try sites.attest()
        }
        // Somebody forged a continuation: well chained, but not what the origin wrote.
        let head = try sites.stored(in: sites.replica)
        for round in 0..<12 {
            let at = try sites.stored(in: sites.replica)
            let forged = try Block.plain([[UInt8](repeating: UInt8(round), count: 300)], after: at).blocks
            try sites.replica.receive(forged, of: sites.feed, key: sites.key, after: at)
        }
        try sites.record(14, seed: 5)
        let truth = try #require(try sites.origin.checkpoint(of: sites.feed))
        let early = try sites.signed(try sites.origin.head(of: sites.feed, at: UInt64(attestedCount + 3)))
        #expect(throws: StorageError(.moved, "")) { try sites.replica.attest(early, key: sites.key) }
        #expect(try sites.stored(in: sites.replica) == head)
        #expect(try sites.attested(in: sites.replica) == head)
        #expect(try !sites.replicaDisk.tree("/srv/store/quarantine").isEmpty)
        try sites.pull()
        try sites.replica.attest(truth, key: sites.key)
        try sites.expectEqual()
        for report in try sites.replica.verify() { #expect(!report.isDamaged, "\(report.findings)") }
        _ = try sites.replica.seal()
        try sites.expectEqual()
        for report in try sites.replica.verify() { #expect(!report.isDamaged, "\(report.findings)") }
    }

    @Test("A site that signs two histories is found out, and what it signed first stays")
    func forked() throws {
        let sites = try TwoSites()
        try sites.record(8)
        try sites.pull()
        try sites.attest()
        let other = FeedHead(position: 4, digest: try sites.stored(in: sites.replica).digest)
        #expect(throws: StorageError(.moved, "")) { try sites.replica.attest(try sites.signed(other), key: sites.key) }
        try sites.expectEqual()
    }
}
