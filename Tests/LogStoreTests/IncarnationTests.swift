import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Copied, moved and restored stores")
struct IncarnationTests {
    private func fixture() throws -> (StoreFixture, EpochID) {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", "b", with: store)
        return (fixture, store.epoch)
    }

    /// Appends and tells whether that was in a new epoch.
    private func isNewEpoch(_ disk: SimulatedDisk, _ epoch: EpochID, at root: String = StoreFixture.root) throws -> Bool
    {
        let store = try LogStore.open(at: root, in: disk.process().surroundings)
        let (before, doubt) = (store.epoch, try store.doubt())
        let references = try store.append([[1]], to: .records)
        #expect((doubt != nil) == (store.epoch != before), "what `doctor` says before: \(doubt ?? "nothing")")
        #expect(references.map(\.feed.epoch) == [store.epoch])
        #expect(try store.incidents().isEmpty == (store.epoch == epoch))
        return store.epoch != epoch
    }

    @Test("The store itself goes on in its epoch, after a kill and after a power cut")
    func same() throws {
        let (fixture, epoch) = try fixture()
        #expect(try !isNewEpoch(fixture.disk.killed(), epoch))
        #expect(try !isNewEpoch(fixture.disk.crashed(.dropAll), epoch))
        #expect(try !isNewEpoch(fixture.disk.crashed(.keepAll), epoch))
    }

    @Test("A copy opens an epoch of its own, once, and the original keeps its own")
    func copy() throws {
        let (fixture, epoch) = try fixture()
        let disk = fixture.disk.killed()
        try disk.copyTree("/srv/store", to: "/srv/copy")
        #expect(try isNewEpoch(disk, epoch, at: "/srv/copy"))
        let copied = try LogStore.open(at: "/srv/copy", in: disk.process().surroundings).epoch
        #expect(try !isNewEpoch(disk, epoch))
        let again = try LogStore.open(at: "/srv/copy", in: disk.process().surroundings)
        #expect(try again.append([[2]], to: .records).map(\.feed.epoch) == [copied])
        #expect(again.record.parents.map(\.epoch) == [epoch])
        #expect(again.record.parents.first?.heads[.records]?.position == 2)
    }

    @Test("A copy whose marker could not be named is refused with a sentence, and recorded in once it can")
    func unnameableMarker() throws {
        let (fixture, epoch) = try fixture()
        let disk = fixture.disk.killed()
        try disk.copyTree("/srv/store", to: "/srv/copy")
        var surroundings = disk.process().surroundings
        surroundings.machine.stateDirectory = "/two\nlines"
        let copy = try LogStore.open(at: "/srv/copy", in: surroundings)
        for _ in 0..<2 { #expect(try failure { _ = try copy.append([[1]], to: .records) }.code == .invalidArgument) }
        #expect(try isNewEpoch(disk, epoch, at: "/srv/copy"))
    }

    @Test("A store without its marker, or on another machine, opens a new epoch")
    func moved() throws {
        let (fixture, epoch) = try fixture()
        let gone = fixture.disk.killed()
        try gone.remove(try fixture.open().record.markerPath)
        #expect(try isNewEpoch(gone, epoch))
        #expect(try isNewEpoch(fixture.disk.cloned(machineID: "machine-2"), epoch))
    }

    @Test("A process that only reads knows of the epoch that another one opened, and signs what is written in it")
    func openedByAnother() throws {
        let (fixture, epoch) = try fixture()
        let disk = fixture.disk.cloned(machineID: "machine-2")
        let daemon = try LogStore.open(at: StoreFixture.root, in: disk.process().surroundings)
        try daemon.join(RegistryID(foundedBy: [1]))
        #expect(try daemon.feeds().count == 1)
        #expect(daemon.epoch == epoch)
        let command = try LogStore.open(at: StoreFixture.root, in: disk.process().surroundings)
        let reference = try #require(try command.append([[1]], to: .records).last)
        #expect(reference.feed.epoch != epoch)
        #expect(try daemon.feeds().contains { $0.feed == reference.feed })
        #expect(daemon.epoch == reference.feed.epoch)
        #expect(try daemon.checkpoint(of: reference.feed)?.head.position == 1)
        // It is not taken from others, and the former one is.
        let former = FeedID(site: daemon.site, epoch: epoch, lane: .records)
        let key = daemon.identity.publicKey
        #expect(
            try failure {
                try daemon.receive(
                    [],
                    of: reference.feed,
                    key: key,
                    after: FeedChain.start(key: key, epoch: daemon.epoch, lane: .records)
                )
            }.code == .invalidArgument
        )
        #expect(try daemon.receive([], of: former, key: key, after: try daemon.head(of: former, at: 2)).position == 2)
    }

    @Test("What was written in an epoch that is over is signed on, up to where this store had it and no further")
    func formerEpochIsSigned() throws {
        let (fixture, epoch) = try fixture()
        let original = try LogStore.open(at: StoreFixture.root, in: fixture.disk.process().surroundings)
        let disk = fixture.disk.cloned(machineID: "machine-2")
        let copy = try LogStore.open(at: StoreFixture.root, in: disk.process().surroundings)
        for store in [original, copy] { try store.join(RegistryID(foundedBy: [1])) }
        _ = try copy.append([[1]], to: .records)
        let former = FeedID(site: copy.site, epoch: epoch, lane: .records)
        #expect(copy.epoch != epoch)
        let key = copy.identity.publicKey
        for position in [1, 2, 9] as [UInt64] {
            let word = try #require(try copy.checkpoint(of: former, through: position))
            #expect(word.head == (try copy.head(of: former, at: min(position, 2))))
            try word.verify(key: key)
        }
        // What the original wrote since comes as any entry, and is signed by the original alone.
        _ = try original.append([[5], [6]], to: .records)
        let head = try copy.head(of: former, at: 2)
        try copy.receive(
            try original.blocks(of: former, after: head, limitBytes: .max),
            of: former,
            key: key,
            after: head
        )
        #expect(try copy.checkpoint(of: former)?.head.position == 2)
        try copy.attest(try #require(try original.checkpoint(of: former)), key: key)
        #expect(try copy.checkpoint(of: former)?.head.position == 4)
        #expect(try copy.checkpoint(of: former, through: 3)?.head.position == 2)
    }

    @Test("A backup put back in place over the same files is noticed, and no position is used twice")
    func restored() throws {
        var (fixture, epoch) = try fixture()
        let root = StoreFixture.root
        let names = try fixture.disk.tree(root).filter {
            $0.contains("/feeds/") && $0.hasSuffix(".seg") || $0.hasSuffix("HEADS")
        }
        let backup = try names.map { ($0, try fixture.disk.contents($0)) }
        let store = try fixture.open("later")
        fixture.disk.clock.advance(milliseconds: 5_000)
        try fixture.append("c", with: store)
        try store.close()
        let disk = fixture.disk.crashed(.dropAll)
        for (name, bytes) in backup {
            try disk.truncate(name, to: 0)
            try disk.overwrite(name, at: 0, with: bytes)
        }
        #expect(try isNewEpoch(disk, epoch))
    }

    @Test("A command line and a daemon with other environments use the one marker that SITE names")
    func environment() throws {
        let (fixture, epoch) = try fixture()
        var surroundings = fixture.disk.process("daemon").surroundings
        surroundings.machine.stateDirectory = "/srv/elsewhere"
        let store = try LogStore.open(at: StoreFixture.root, in: surroundings)
        _ = try store.append([[1]], to: .records)
        #expect(store.epoch == epoch)
    }

    @Test("However often a store is copied about, SITE stays readable")
    func manyEpochs() throws {
        let (fixture, epoch) = try fixture()
        let disk = fixture.disk.killed()
        for _ in 0..<300 {
            let store = try LogStore.open(at: StoreFixture.root, in: disk.process().surroundings)
            try disk.remove(store.record.markerPath)
            _ = try store.append([[1]], to: .records)
        }
        let store = try LogStore.open(at: StoreFixture.root, in: disk.process().surroundings)
        #expect(store.record.parents.count == 64)
        #expect(store.epoch != epoch)
    }

    @Test("A marker that can not be written costs no acknowledgement, whatever of it fails")
    func markerFails() throws {
        var fixture = try StoreFixture()
        try fixture.append("a", with: try fixture.open())
        let lock = StorePaths(root: StoreFixture.root).lock
        let isCommitted = Recorded<Void>()
        let plan = FaultPlan { call in
            if call.operation == .synchronize, call.path.hasSuffix(".seg") { isCommitted.append {} }
            return call.operation == .status && call.path == lock && (try? isCommitted.values().isEmpty) == false
                ? .inputOutput : nil
        }
        let store = try fixture.open("unlucky", faults: plan)
        try fixture.append("b", with: store)
        try fixture.check(store)
    }

    @Test("Damage where the marker is compared opens a new epoch and stops nobody")
    func damageAtMarker() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open("first", segmentBytes: 700)
        try fixture.append("a", with: store)
        try store.close()
        for _ in 0..<12 { try fixture.append("entry", with: store) }
        // The marker stands where its folder could not be written since.
        let path = try fixture.segments(store)[0]
        let after = fixture.disk.killed()
        let marker = try IncarnationMarker(at: store.record.markerPath, in: after.process())
        var old = try #require(marker)
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        old.heads = [.records: try store.head(of: feed, at: 1)]
        try old.save(at: store.record.markerPath, in: after.process())
        // The header of the block that ends there: without it nothing behind it can be followed either.
        try after.flipBit(path, byte: SegmentHeader.lengthBytes + 20)
        let next = fixture.on(after)
        let again = try next.open("next")
        _ = try again.append([[1]], to: .records)
        #expect(again.epoch != feed.epoch)
    }
}
