import Crypto
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

/// Two sites on two disks; the tests carry blocks and checkpoints by hand.
struct TwoSites {
    let origin: LogStore
    let originDisk: SimulatedDisk
    let replica: LogStore
    let replicaDisk: SimulatedDisk
    let registry = RegistryID(foundedBy: [1, 2, 3])
    let feed: FeedID

    static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 1_500
        options.allocationStepBytes = 4_096
        return options
    }

    init() throws {
        originDisk = SimulatedDisk(seed: 1, machineID: "origin")
        replicaDisk = SimulatedDisk(seed: 2, machineID: "replica")
        origin = try LogStore.create(
            at: "/srv/store",
            alias: "GY",
            in: originDisk.process("origin").surroundings,
            options: Self.options
        )
        replica = try LogStore.create(
            at: "/srv/store",
            alias: "HUB",
            in: replicaDisk.process("replica").surroundings,
            options: Self.options
        )
        try origin.join(registry)
        try replica.join(registry)
        feed = FeedID(site: origin.identity.site, epoch: origin.epoch, lane: .records)
    }

    var key: SitePublicKey { origin.identity.publicKey }
    var start: FeedHead { FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane) }

    func record(_ count: Int, seed: UInt64 = 1) throws {
        var numbers = SplitMix64(seed: seed)
        for _ in 0..<count {
            _ = try origin.append([numbers.bytes(1 + numbers.below(200))], to: .records, expecting: nil)
        }
    }

    func stored(in store: LogStore) throws -> FeedHead {
        try store.feeds().first { $0.feed == feed }?.stored ?? start
    }

    func attested(in store: LogStore) throws -> FeedHead {
        try store.feeds().first { $0.feed == feed }?.attested ?? start
    }

    /// Carries what the replica lacks, in pieces of `limitBytes`.
    func pull(into store: LogStore? = nil, limitBytes: Int = 700) throws {
        let store = store ?? replica
        while true {
            let head = try stored(in: store)
            let blocks = try origin.blocks(of: feed, after: head, limitBytes: limitBytes)
            if blocks.isEmpty { break }
            let reached = try store.receive(blocks, of: feed, key: key, after: head)
            #expect(reached == blocks.last?.header.head)
        }
    }

    func attest(in store: LogStore? = nil) throws {
        let checkpoint = try #require(try origin.checkpoint(of: feed))
        try (store ?? replica).attest(checkpoint, key: key)
    }

    /// Everything the origin shows, the replica shows, and nothing else.
    func expectEqual(_ store: LogStore? = nil, _ comment: Comment = "") throws {
        let ours = try origin.entries(of: feed, after: 0, limitBytes: 10_000_000)
        let theirs = try (store ?? replica).entries(of: feed, after: 0, limitBytes: 10_000_000)
        #expect(ours == theirs, comment)
    }

    /// A checkpoint the origin signs over something else.
    func signed(_ head: FeedHead) throws -> Checkpoint {
        try Checkpoint(signing: head, of: feed, registry: registry, with: origin.identity.signingKey)
    }

    /// Opens the replica on what a crash left.
    func reopen(_ disk: SimulatedDisk) throws -> LogStore {
        try LogStore.open(at: "/srv/store", in: disk.process("again").surroundings, options: Self.options)
    }
}

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

    @Test("A damaged replica falls back to its last sound position and is pulled again")
    func fallBack() throws {
        for isSealed in [false, true] {
            let sites = try TwoSites()
            try sites.record(40)
            try sites.pull()
            try sites.attest()
            if isSealed { _ = try sites.replica.seal() }
            guard case .sound = try sites.replica.fallBack(sites.feed) else { throw StorageError(.corrupted, "") }
            let segments = try sites.replicaDisk.tree("/srv/store/feeds/\(sites.feed)").filter { $0.hasSuffix("seg") }
            #expect(segments.count > 3)
            try sites.replicaDisk.flipBit(segments[2], byte: 420)
            let fresh = try sites.reopen(sites.replicaDisk)
            guard case .fellBack(let end?, _) = try fresh.fallBack(sites.feed) else {
                throw StorageError(.corrupted, "")
            }
            let reached = end
            #expect(reached.position > 0 && reached.position < 40)
            #expect(try fresh.incidents().map(\.positions) == [reached.position + 1...40])
            #expect(try !sites.replicaDisk.tree("/srv/store/quarantine").isEmpty)
            // Found again after a power cut, the feed has not more than it kept.
            let cut = try sites.reopen(sites.replicaDisk.crashed(.dropAll))
            #expect(try sites.stored(in: cut) == reached)
            #expect(try cut.incidents().count == 1)
            #expect(try sites.attested(in: fresh) == reached)
            try sites.pull(into: fresh)
            try sites.attest(in: fresh)
            try sites.expectEqual(fresh)
            for report in try fresh.verify() { #expect(!report.isDamaged, "\(report.findings)") }
        }
        let sites = try TwoSites()
        try sites.record(1)
        #expect(throws: StorageError(.invalidArgument, "")) { try sites.origin.fallBack(sites.feed) }
    }

    @Test("A replica whose folder is gone, or whose first segment is damaged, is pulled again from its beginning")
    func nothingLeft() throws {
        for isGone in [false, true] {
            let sites = try TwoSites()
            try sites.record(20)
            try sites.pull()
            try sites.attest()
            let folder = "/srv/store/feeds/\(sites.feed)"
            let segments = try sites.replicaDisk.tree(folder).filter { $0.hasSuffix("seg") }
            if isGone {
                try sites.replicaDisk.process("rm").rename(folder, to: "/srv/store/gone")
            } else {
                try sites.replicaDisk.flipBit(segments[0], byte: 20)
            }
            let fresh = try sites.reopen(sites.replicaDisk)
            #expect(throws: StorageError(.corrupted, "")) {
                try fresh.entries(of: sites.feed, after: 0, limitBytes: 10_000_000)
            }
            guard case .fellBack(nil, _) = try fresh.fallBack(sites.feed) else { throw StorageError(.corrupted, "") }
            #expect(try !fresh.feeds().contains { $0.feed == sites.feed })
            // Another process had the store open all the while.
            try sites.pull(into: sites.replica)
            try sites.attest(in: sites.replica)
            try sites.expectEqual(fresh)
            for report in try fresh.verify() { #expect(!report.isDamaged, "\(report.findings)") }
        }
    }

    @Test("What is damaged again where it was fetched again is left as it is")
    func damagedAgain() throws {
        let sites = try TwoSites()
        for round in 0..<2 {
            if round == 0 { try sites.record(40) }
            try sites.pull()
            try sites.attest()
            let segments = try sites.replicaDisk.tree("/srv/store/feeds/\(sites.feed)").filter { $0.hasSuffix("seg") }
            try sites.replicaDisk.flipBit(segments[2 + round], byte: 420)
            let fresh = try sites.reopen(sites.replicaDisk)
            switch try fresh.fallBack(sites.feed) {
            case .fellBack: #expect(round == 0)
            case .left: #expect(round == 1)
            case .sound: Issue.record("round \(round)")
            }
            #expect(try fresh.incidents().count == 1)
        }
    }

    @Test("A feed that is cut back while a segment of it is being sealed keeps that segment raw")
    func cutBackWhileSealing() throws {
        let sites = try TwoSites()
        try sites.record(40)
        try sites.pull()
        try sites.replica.attest(try #require(try sites.origin.checkpoint(of: sites.feed, through: 2)), key: sites.key)
        let directory = sites.replica.directory(sites.feed)
        #expect(try directory.segments().count > 3)
        let (replica, feed) = (sites.replica, sites.feed)
        let sealer = Sealer(directory) { (work) throws(StorageError) in
            try replica.discardUnattested(of: feed)
            try work()
        }
        #expect(try sealer.sealClosedSegments().segments == 0)
        #expect(try directory.segments() == [SegmentName(firstPosition: 1, kind: .raw)])
        #expect(try !sites.replicaDisk.tree(directory.path).contains { $0.hasSuffix(".new") })
        try sites.pull()
        try sites.attest()
        try sites.expectEqual()
        _ = try sites.replica.seal()
        try sites.expectEqual()
        for report in try sites.replica.verify() { #expect(!report.isDamaged, "\(report.findings)") }
    }

    @Test("After a power cut at any moment every acknowledged block and attestation is there")
    func powerCuts() throws {
        let sites = try TwoSites()
        try sites.record(10)
        let images = Recorded<(SimulatedDisk, String)>()
        let disk = sites.replicaDisk
        disk.observe { call in
            guard call.operation.changesDisk else { return }
            images.append { (disk.crashed(.dropAll), "dropAll \(call)") }
            images.append { (disk.crashed(.seeded(UInt64(call.index))), "seeded \(call)") }
            images.append { (disk.killed(), "killed \(call)") }
        }
        var count = 0
        for piece in 0..<4 {
            let acknowledged = (try sites.stored(in: sites.replica), try sites.attested(in: sites.replica))
            let before = try images.values().count
            if piece % 2 == 0 {
                let blocks = try sites.origin.blocks(of: sites.feed, after: acknowledged.0, limitBytes: 600)
                try sites.replica.receive(blocks, of: sites.feed, key: sites.key, after: acknowledged.0)
            } else {
                let head = acknowledged.0
                try sites.replica.attest(try sites.signed(head), key: sites.key)
            }
            for (image, name) in try images.values().dropFirst(before) {
                count += 1
                let again = try sites.reopen(image)
                #expect(try sites.stored(in: again).position >= acknowledged.0.position, "\(name)")
                #expect(try sites.attested(in: again).position >= acknowledged.1.position, "\(name)")
                try sites.pull(into: again)
                try sites.attest(in: again)
                try sites.expectEqual(again, "\(name)")
            }
        }
        disk.observe(nil)
        #expect(count > 30)
    }

    @Test("A kill or a power cut while a contradicted rest is set aside leaves a store that goes on")
    func cutBackCrashes() throws {
        let sites = try TwoSites()
        try sites.record(6)
        try sites.pull()
        try sites.attest()
        let head = try sites.stored(in: sites.replica)
        for round in 0..<10 {
            let at = try sites.stored(in: sites.replica)
            let forged = try Block.plain([[UInt8](repeating: UInt8(round), count: 400)], after: at).blocks
            try sites.replica.receive(forged, of: sites.feed, key: sites.key, after: at)
        }
        try sites.record(9, seed: 3)
        let early = try sites.signed(try sites.origin.head(of: sites.feed, at: 8))
        let images = Recorded<(SimulatedDisk, String)>()
        let disk = sites.replicaDisk
        disk.observe { call in
            guard call.operation.changesDisk else { return }
            images.append { (disk.crashed(.dropAll), "dropAll \(call)") }
            images.append { (disk.crashed(.keepAll), "keepAll \(call)") }
            images.append { (disk.crashed(.seeded(UInt64(call.index))), "seeded \(call)") }
            images.append { (disk.killed(), "killed \(call)") }
        }
        #expect(throws: StorageError(.moved, "")) { try sites.replica.attest(early, key: sites.key) }
        disk.observe(nil)
        let all = try images.values()
        #expect(all.count > 20)
        for (image, name) in all {
            let again = try sites.reopen(image)
            #expect(try sites.attested(in: again) == head, "\(name)")
            // Either the forged rest is still there and contradicted again, or it is gone already.
            do throws(StorageError) {
                try again.attest(early, key: sites.key)
            } catch {
                #expect(error.code == .moved || error.code == .notFound, "\(name): \(error)")
                // Too little of the rest was left to be contradicted: the origin does not know that head.
                if error.code == .notFound { #expect(try again.discardUnattested(of: sites.feed) == head, "\(name)") }
            }
            try sites.pull(into: again)
            try sites.attest(in: again)
            try sites.expectEqual(again, "\(name)")
        }
    }
}
