import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

/// A store on a simulated disk, with everything that was acknowledged kept beside it in memory.
struct StoreFixture {
    static let root = "/srv/store"

    let disk: SimulatedDisk
    let events = Recorded<StoreEvent>()
    private(set) var acknowledged: [(reference: EntryReference, bytes: [UInt8])] = []

    init(seed: UInt64 = 1) throws {
        disk = SimulatedDisk(seed: seed)
        _ = try LogStore.create(at: Self.root, alias: "GY", in: disk.process("maker").surroundings)
    }

    /// The same acknowledged entries on what a crash left of the disk.
    func on(_ disk: SimulatedDisk) -> StoreFixture { StoreFixture(disk: disk, acknowledged: acknowledged) }

    private init(disk: SimulatedDisk, acknowledged: [(reference: EntryReference, bytes: [UInt8])]) {
        self.disk = disk
        self.acknowledged = acknowledged
    }

    func open(
        _ name: String = "process",
        faults: FaultPlan = .none,
        segmentBytes: Int = Limits.segmentBytes
    ) throws(StorageError) -> LogStore {
        var options = StoreOptions()
        options.segmentBytes = segmentBytes
        // A commit of several blocks is written in as many pieces.
        options.pieceBytes = 1
        options.allocationStepBytes = 4_096
        options.observer = { [events] event in events.append { event } }
        return try LogStore.open(
            at: Self.root,
            in: disk.process(name, faults: faults).surroundings,
            options: options
        )
    }

    mutating func append(
        _ texts: String...,
        to lane: Lane = .records,
        with store: LogStore,
        expecting: [FeedID: FeedHead]? = nil
    ) throws(StorageError) {
        let entries = texts.map { Array($0.utf8) }
        let references = try store.append(entries, to: lane, expecting: expecting)
        acknowledged += zip(references, entries).map { ($0, $1) }
    }

    /// Every acknowledged entry is there, at its place, as it was; nothing else is shown.
    func check(_ store: LogStore, _ comment: Comment = "") throws {
        var shown: [EntryReference: [UInt8]] = [:]
        for slot in try store.slots() where slot.attested.position > 0 {
            let reader = FeedReader(directory: store.directory(slot.feed), slot: slot)
            let entries = try reader.entries(after: 0, limitBytes: .max)
            #expect(entries.map(\.reference.position) == Array(1...slot.attested.position), comment)
            for entry in entries { shown[entry.reference] = entry.bytes }
        }
        for (reference, bytes) in acknowledged { #expect(shown[reference] == bytes, comment) }
        #expect(shown.count == acknowledged.count, comment)
        // One by one: from the files, then from memory.
        for _ in 0..<2 {
            for (reference, bytes) in acknowledged {
                #expect(try store.entry(of: reference.feed, at: reference.position) == bytes, comment)
            }
        }
    }

    /// The raw segments of a lane of the store's epoch, oldest first.
    func segments(_ store: LogStore, _ lane: Lane = .records) throws -> [String] {
        let directory = store.directory(FeedID(site: store.site, epoch: store.epoch, lane: lane))
        return try directory.segments().map(directory.path(of:))
    }

    func quarantine() throws -> [String] { try disk.tree("\(Self.root)/quarantine") }
}

/// Runs `body` and gives the storage error it must throw.
func failure(_ body: () throws -> Void) throws -> StorageError {
    try #require(throws: StorageError.self, performing: body)
}
