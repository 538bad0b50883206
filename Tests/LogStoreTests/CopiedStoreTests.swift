import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

/// The promise of the incarnation marker, one case each: what was copied, moved or restored apart from its marker is
/// noticed before the first append, opens one new epoch and records one incident; what is whole goes on.
@Suite("The promise about copies")
struct CopiedStoreTests {
    private static let root = StoreFixture.root

    /// What somebody does to a store nobody has open.
    enum Deed: String, CaseIterable, Sendable {
        case nothing
        case copiedAndUsedThere
        case movedOnTheDisk
        case movedAway
        case feedsRolledBack
        case headsLost
        case markerLost
        case markerEmptied
        case markerOfAnotherStore
        case otherMachine
        case noMachineID
        case olderCopyInPlace

        /// Whether the store is another than the one that wrote the marker, as far as can be told here.
        var isAnother: Bool {
            switch self {
            case .nothing, .movedOnTheDisk, .headsLost: false
            default: true
            }
        }
    }

    private func files(_ disk: SimulatedDisk, _ root: String) throws -> [(name: String, bytes: [UInt8])] {
        var files: [(name: String, bytes: [UInt8])] = []
        for path in try disk.tree(root) where try disk.process().status(path)?.kind == .file {
            files.append((String(path.dropFirst(root.count)), try disk.contents(path)))
        }
        return files
    }

    private func put(_ files: [(name: String, bytes: [UInt8])], into root: String, on disk: SimulatedDisk) throws {
        for (name, bytes) in files where try disk.process().exists(root + name) {
            try disk.truncate(root + name, to: 0)
            try disk.overwrite(root + name, at: 0, with: bytes)
        }
    }

    /// The disk, the root the store has afterwards, and the epoch it had.
    private func done(_ deed: Deed) throws -> (disk: SimulatedDisk, root: String, epoch: EpochID, before: StoreFixture)
    {
        var fixture = try StoreFixture()
        let first = try fixture.open("first")
        try fixture.append("a", "b", with: first)
        let older = try files(fixture.disk, Self.root)
        fixture.disk.clock.advance(milliseconds: 5_000)
        let second = try fixture.open("second")
        try fixture.append("c", with: second)
        try second.close()
        let marker = second.record.markerPath
        let epoch = second.epoch
        var disk = fixture.disk.crashed(.dropAll)
        var root = Self.root
        switch deed {
        case .nothing: break
        case .copiedAndUsedThere:
            root = "/srv/copy"
            try disk.copyTree(Self.root, to: root)
        case .movedOnTheDisk:
            root = "/srv/renamed"
            try disk.move(Self.root, to: root)
        case .movedAway:
            root = "/srv/elsewhere"
            try disk.copyTree(Self.root, to: root)
            try disk.remove(Self.root)
        case .feedsRolledBack: try put(older.filter { $0.name.hasPrefix("/feeds") }, into: root, on: disk)
        case .headsLost: try disk.remove(root + "/HEADS")
        case .markerLost: try disk.remove(marker)
        case .markerEmptied: try disk.truncate(marker, to: 0)
        case .markerOfAnotherStore:
            let other = try LogStore.create(at: "/srv/other", alias: "XY", in: disk.process().surroundings)
            let bytes = try disk.contents(other.record.markerPath)
            try disk.truncate(marker, to: 0)
            try disk.overwrite(marker, at: 0, with: bytes)
        case .otherMachine: disk = disk.cloned(machineID: "machine-2")
        case .noMachineID: disk = disk.cloned(machineID: "")
        case .olderCopyInPlace: try put(older, into: root, on: disk)
        }
        return (disk, root, epoch, fixture)
    }

    @Test(
        "Noticed before the first append, with one new epoch and one incident, or not at all",
        arguments: Deed.allCases
    )
    func promise(deed: Deed) throws {
        let (disk, root, epoch, before) = try done(deed)
        let store = try LogStore.open(at: root, in: disk.process("after").surroundings)
        let references = try store.append([[9, 9]], to: .records)
        #expect((references[0].feed.epoch != epoch) == deed.isAnother)
        #expect(store.epoch == references[0].feed.epoch)
        // No position of the old epoch holds another entry than the one that was acknowledged there.
        for (reference, bytes) in before.acknowledged where references[0].feed == reference.feed {
            #expect(references[0].position > reference.position)
            #expect(try store.entry(reference) == bytes)
        }
        let epochs = try store.incidents().filter { $0.kind == "epoch" }
        #expect(epochs.count == (deed.isAnother ? 1 : 0), "\(epochs.map(\.text))")
        // Once: this process, the next one, and the one after a restart go on where that was.
        _ = try store.append([[1]], to: .records)
        try store.close()
        let next = try LogStore.open(at: root, in: disk.process("next").surroundings)
        #expect(try next.append([[2]], to: .urgent)[0].feed.epoch == store.epoch)
        let restarted = disk.crashed(.dropAll)
        let again = try LogStore.open(at: root, in: restarted.process("again").surroundings)
        #expect(try again.append([[3]], to: .records)[0].feed.epoch == store.epoch)
        #expect(try again.incidents().count(where: { $0.kind == "epoch" }) == epochs.count)
    }

    @Test("Reading alone opens no epoch, whatever was done to the store", arguments: Deed.allCases)
    func reading(deed: Deed) throws {
        let (disk, root, epoch, _) = try done(deed)
        let store = try LogStore.open(at: root, in: disk.process("reader").surroundings)
        _ = try store.verify()
        _ = try store.frontier()
        if deed != .feedsRolledBack { #expect(store.epoch == epoch) }
    }

    @Test(
        "A container without state, and a marker that can not be written, cost one epoch a start, and record all the same"
    )
    func noState() throws {
        let (disk, root, epoch, _) = try done(.nothing)
        var epochs: Set<EpochID> = [epoch]
        for _ in 0..<3 {
            let store = try LogStore.open(at: root, in: disk.process("container").surroundings)
            try disk.remove(store.record.markerPath)
            for _ in 0..<3 { _ = try store.append([[1]], to: .records) }
            epochs.insert(store.epoch)
        }
        #expect(epochs.count == 4)
        let store = try LogStore.open(at: root, in: disk.process("last").surroundings)
        #expect(try store.incidents().count(where: { $0.kind == "epoch" }) == 3)
        #expect(try store.verify().allSatisfy { !$0.isDamaged })
    }

    @Test("A machine that is set back together with its marker goes on unsuspecting: only a peer can tell")
    func wholeMachine() throws {
        var fixture = try StoreFixture()
        let store = try fixture.open("first")
        try fixture.append("a", with: store)
        try store.close()
        let snapshot = fixture.disk.crashed(.keepAll)
        try fixture.append("b", with: store)
        let rolledBack = try LogStore.open(at: Self.root, in: snapshot.process().surroundings)
        let again = try rolledBack.append([[7]], to: .records)
        #expect(again[0].feed.epoch == store.epoch && again[0].position == 2)
    }

    @Test("A copy that takes the inode of the original is told by when its LOCK was made")
    func inodeUsedAgain() throws {
        let head = FeedHead(
            position: 3,
            digest: try FeedChain.start(key: key(), epoch: epoch(1), lane: .records).digest
        )
        func marker(born: UInt64?) throws -> IncarnationMarker {
            IncarnationMarker(
                machineID: "m",
                inode: 12,
                bornNanoseconds: born,
                store: "s",
                epoch: try epoch(1),
                heads: [.records: head]
            )
        }
        func difference(_ old: UInt64?, _ new: UInt64?) throws -> String? {
            try marker(born: old).difference(from: marker(born: new)) { _, _ throws(StorageError) in head.digest }
        }
        #expect(try difference(5, 5) == nil)
        #expect(try difference(nil, 5) == nil, "a marker of an earlier version says nothing about it")
        #expect(try difference(5, nil) == nil, "nor does a file system that does not know")
        #expect(try difference(5, 6) == "the store was copied or restored")
        let disk = SimulatedDisk()
        try marker(born: 5).save(at: "/state/marker", in: disk.process())
        #expect(try IncarnationMarker(at: "/state/marker", in: disk.process()) == marker(born: 5))
        try marker(born: nil).save(at: "/state/marker", in: disk.process())
        #expect(try IncarnationMarker(at: "/state/marker", in: disk.process()) == marker(born: nil))
    }

    private func epoch(_ byte: UInt8) throws -> EpochID {
        try #require(EpochID([UInt8](repeating: byte, count: EpochID.lengthBytes)))
    }

    private func key() throws -> SitePublicKey {
        try SiteIdentity(random: SimulatedDisk().process().surroundings.random).publicKey
    }
}
