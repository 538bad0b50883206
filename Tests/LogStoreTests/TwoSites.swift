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
        // A commit of several blocks is written in as many pieces.
        options.pieceBytes = 1
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
