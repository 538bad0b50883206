import Crypto
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Verifying a whole store")
struct StoreVerifyTests {
    private static let registry = RegistryMembership(foundingEntry: [7, 7], dialAddresses: ["hub.example:4711"])

    /// A store with entries, a registry, a replica with a checkpoint and an open incident.
    private func fixture() throws -> (StoreFixture, LogStore, Checkpoint) {
        var fixture = try StoreFixture(seed: 3)
        let store = try fixture.open()
        try fixture.append("one", "two", with: store)
        try store.join(Self.registry)
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 3, count: 32))
        let site = SitePublicKey(key.publicKey)
        let epoch = try #require(EpochID([UInt8](repeating: 1, count: 8)))
        let feed = FeedID(site: site.siteID, epoch: epoch, lane: .records)
        let start = FeedChain.start(key: site, epoch: epoch, lane: .records)
        let (blocks, _) = try Block.plain([[1], [2], [3]], after: start)
        let end = try store.receive(blocks, of: feed, key: site, after: start)
        let registry = try #require(store.registry)
        let checkpoint = try Checkpoint(signing: end, of: feed, registry: registry, with: key)
        try store.attest(checkpoint, key: site)
        try store.close()
        return (fixture, store, checkpoint)
    }

    @Test("A sound store has nothing to say, and all of it is proven")
    func sound() throws {
        let (_, store, _) = try fixture()
        let report = try store.verifyAll()
        #expect(report.all == [])
        #expect(report.provenEntries == 5)
        #expect(!report.isDamaged)
    }

    @Test(
        "A bit that flips anywhere in a file beside the feeds is damage, and its file is named",
        arguments: ["FORMAT", "SITE", "REGISTRY", "site.key", "incident", "CHECKPOINTS"]
    )
    func flips(file: String) throws {
        let (fixture, store, checkpoint) = try fixture()
        var path = "\(StoreFixture.root)/\(file)"
        if file == "CHECKPOINTS" { path = store.paths.feed(checkpoint.feed) + "/CHECKPOINTS" }
        if file == "incident" {
            let incident = Incident(milliseconds: 5, kind: "damage", feed: nil, text: "Something.", nonce: [1, 2])
            try incident.save(at: store.paths, in: fixture.disk.process())
            path = Incident.path(incident.id, at: store.paths)
        }
        #expect(try store.verifyAll().all == [])
        let size = try fixture.disk.contents(path).count
        for byte in 0..<size {
            try fixture.disk.flipBit(path, byte: byte, bit: byte % 8)
            let report = try store.verifyAll()
            #expect(report.isDamaged, "\(file) byte \(byte)")
            #expect(report.all.contains { $0.location.path == path }, "\(file) byte \(byte): \(report.all)")
            #expect(report.provenEntries == 5)
            try fixture.disk.flipBit(path, byte: byte, bit: byte % 8)
        }
        #expect(try store.verifyAll().all == [])
    }

    @Test("A statement that the site did not sign proves nothing and is damage")
    func forged() throws {
        let (fixture, store, checkpoint) = try fixture()
        let path = store.paths.feed(checkpoint.feed) + "/CHECKPOINTS"
        var forged = checkpoint.encoded
        forged[110] ^= 1
        let sum = Checksum.of(Array(forged[..<168]))
        for byte in 0..<4 { forged[168 + byte] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * byte)) }
        try fixture.disk.overwrite(path, at: 0, with: forged)
        let report = try store.verifyAll()
        #expect(report.isDamaged)
        #expect(report.feeds.first { $0.feed == checkpoint.feed }?.provenHead == checkpoint.head)
    }

    @Test("A statement that a power cut left unfinished is no damage, and the next one takes its place")
    func unfinished() throws {
        let (fixture, store, checkpoint) = try fixture()
        let path = store.paths.feed(checkpoint.feed) + "/CHECKPOINTS"
        for rest in [Array(checkpoint.encoded.prefix(100)), [UInt8](repeating: 0, count: Checkpoint.lengthBytes)] {
            try fixture.disk.overwrite(path, at: Checkpoint.lengthBytes, with: rest)
            let report = try store.verifyAll()
            #expect(!report.isDamaged)
            #expect(report.all.map(\.weight) == [.note])
        }
        try CheckpointFile(store.directory(checkpoint.feed)).append(checkpoint)
        #expect(try store.verifyAll().all == [])
        #expect(try CheckpointFile(store.directory(checkpoint.feed)).rows() == [checkpoint, checkpoint])
    }

    @Test("What is none of the store's files is named, and what was left by interrupted work")
    func strangers() throws {
        let (fixture, store, checkpoint) = try fixture()
        let feed = store.paths.feed(checkpoint.feed)
        let places = [
            "\(StoreFixture.root)/notes.txt", "\(StoreFixture.root)/SITE.new", "\(store.paths.temporary)/00.seg",
            "\(feed)/readme", "\(feed)/0000000000000001.zseg.new", "\(store.paths.feeds)/x",
            "\(store.paths.incidents)/00.incident.new",
        ]
        let process = fixture.disk.process()
        for place in places { try process.createFile(place, with: [1]) }
        let report = try store.verifyAll()
        #expect(!report.isDamaged)
        #expect(report.all.map(\.location.path).sorted() == places.sorted())
        #expect(report.all.filter { $0.cause.hasPrefix("Left by") }.count == 4)
    }

    @Test("What was found and can not be kept, for the disk is full, leaves nothing for the next one to find")
    func fullDisk() throws {
        let (fixture, store, _) = try fixture()
        let report = try store.verifyAll()
        fixture.disk.setFreeSpace(bytes: 0)
        #expect(try failure { try store.keep(report) }.code == .noSpace)
        fixture.disk.setCapacity(bytes: nil)
        #expect(try store.lastVerification() == nil)
        #expect(try store.verifyAll().all == [])
        try store.keep(report)
        #expect(try store.lastVerification()?.provenEntries == 5)
    }

    @Test("A head that its segment does not reach is damage, also with whole entries behind the segment's end")
    func segmentEndsEarly() throws {
        var fixture = try StoreFixture(seed: 6)
        let store = try fixture.open()
        for text in ["one", "two", "three"] { try fixture.append(text, with: store) }
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        var slot = try #require(try store.slots().first { $0.feed == feed })
        let directory = store.directory(feed)
        let segment = try SegmentReader(try #require(try directory.segments().first), in: directory)
        let row = try #require(try segment.row(holding: 3, endOffsetBytes: slot.durableBytes)?.row)
        slot.durableBytes = row.offsetBytes
        slot.writtenBytes = row.offsetBytes
        slot.generation += 1
        let index = try #require(try store.snapshot().index(of: feed))
        try fixture.disk.overwrite(
            store.paths.heads,
            at: Int(HeadsSlot.offsetBytes(index: index, generation: slot.generation)),
            with: slot.encoded(index: index)
        )
        let report = try #require(try store.verify().first { $0.feed == feed })
        #expect(report.isDamaged && !report.isHeadsOld)
        #expect(report.lostPositions == [3...3])
    }

    @Test("Entries that recovery found missing stay damage until they are back, whatever the segments say")
    func foundMissing() throws {
        var fixture = try StoreFixture(seed: 4)
        let store = try fixture.open()
        try fixture.append("one", with: store)
        try fixture.append("two", with: store)
        try fixture.append("three", with: store)
        try store.close()
        let path = try #require(try fixture.segments(store).first)
        let after = fixture.disk.crashed(.dropAll)
        let size = try after.contents(path).count
        try after.overwrite(
            path,
            at: SegmentHeader.lengthBytes,
            with: [UInt8](repeating: 0, count: size - SegmentHeader.lengthBytes)
        )
        let again = try fixture.on(after).open("again")
        let report = try again.verifyAll()
        #expect(report.isDamaged)
        #expect(report.feeds.flatMap(\.lostPositions) == [1...3])
        let incident = try #require(try again.incidents().first { $0.kind == "damage" })
        #expect(incident.positions == 1...3)
        #expect(incident.acknowledged?.position == 3)
    }
}
