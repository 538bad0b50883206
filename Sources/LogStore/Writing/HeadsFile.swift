import LogFormat
import StoreIO

/// The HEADS file: what every process of this machine may believe of every feed without looking at a segment.
///
/// Slots are written in place with plain writes: within one start of the machine the page cache carries them from
/// process to process, and after a restart they are only lower bounds.
final class HeadsFile: Sendable {
    private let file: any OpenFile
    /// This start of this machine.
    private let boot: BootMark

    init(_ file: any OpenFile, bootID: String) {
        self.file = file
        boot = BootMark(bootID: bootID)
    }

    /// The file as it was at one moment.
    struct Snapshot: Sendable {
        /// Whether the slots are of this start of the machine. Otherwise all of them are lower bounds.
        var isCurrent: Bool
        /// Whether the header is as a writer leaves it and no pair that it counts is missing.
        var isComplete: Bool
        /// Of the header; nil when neither of the two is valid.
        var changeCounter: UInt64?
        /// By number in the file; nil where a pair names no feed.
        var slots: [HeadsSlot?]
        /// Pairs that are not as a writer leaves them. The slot that is left of one is a lower bound.
        var suspects: Set<Int>

        /// Whether the slots are the published heads. Otherwise somebody was killed inside a write, or the file is
        /// damaged, or the machine was started again: the ends have to be found in the segments.
        var isPublished: Bool { isCurrent && isComplete && suspects.isEmpty }

        /// How many pairs name a feed.
        var feedCount: Int { slots.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

        func index(of feed: FeedID, branch: UInt32 = 0) -> Int? {
            slots.firstIndex { $0?.feed == feed && $0?.branch == branch }
        }
    }

    /// The change counter and the start of the machine it is of.
    ///
    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: One read of 1 KiB.
    func header() throws(StorageError) -> HeadsPair<HeadsHeader> {
        try decode(try file.read(upTo: Self.pairLengthBytes, at: 0), index: 0)
    }

    /// The beginning of the file as it was at one moment: the header, and the pairs of the first feeds, which are the
    /// site's own. Whoever holds the append lock reads both at once.
    struct Beginning: Sendable {
        fileprivate let bytes: [UInt8]
        let header: HeadsPair<HeadsHeader>

        static let lengthBytes = 4 * pairLengthBytes
    }

    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: One read of 4 KiB.
    func beginning() throws(StorageError) -> Beginning {
        let bytes = try file.read(upTo: Beginning.lengthBytes, at: 0)
        return Beginning(bytes: bytes, header: try decode(Array(bytes.prefix(Self.pairLengthBytes)), index: 0))
    }

    private static let pairLengthBytes = 2 * HeadsHeader.unitLengthBytes

    func isCurrent(_ header: HeadsHeader) -> Bool { header.boot == boot || SeededBug.bootIgnored.isPlanted }

    /// Everything.
    ///
    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: One read of 1 KiB and 1 KiB a feed.
    func snapshot() throws(StorageError) -> Snapshot {
        // The header first: a feed that is new meanwhile may be there and not be counted, but not the other way round.
        let header = try header()
        let count = HeadsSlot.pairCount(fileLengthBytes: try file.status().sizeBytes)
        var snapshot = Snapshot(
            isCurrent: header.newest.map(isCurrent) ?? false,
            isComplete: header.isConsistent,
            changeCounter: header.newest?.changeCounter,
            slots: [],
            suspects: []
        )
        snapshot.slots.reserveCapacity(count)
        let length = Self.pairLengthBytes
        let bytes = try file.read(upTo: count * length, at: HeadsSlot.pairOffsetBytes(index: 0))
        for index in 0..<count {
            let start = min(index * length, bytes.count)
            let pair: HeadsPair<HeadsSlot> = try decode(Array(bytes[start...].prefix(length)), index: index)
            snapshot.slots.append(pair.newest)
            if !pair.isConsistent { snapshot.suspects.insert(index) }
        }
        if snapshot.feedCount < header.newest?.feedCount ?? 0 { snapshot.isComplete = false }
        return snapshot
    }

    /// One pair: from what was read, as far as that goes, or as it is now.
    ///
    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    func pair(at index: Int, in beginning: Beginning?) throws(StorageError) -> HeadsPair<HeadsSlot> {
        let start = HeadsSlot.pairOffsetBytes(index: index)
        if let bytes = beginning?.bytes, start + UInt64(Self.pairLengthBytes) <= bytes.count {
            return try decode(Array(bytes[Int(start)...].prefix(Self.pairLengthBytes)), index: index)
        }
        return try decode(try file.read(upTo: Self.pairLengthBytes, at: start), index: index)
    }

    /// Writes a slot's next generation; not durable, and readers of ``header()`` are not told yet.
    func write(_ slot: inout HeadsSlot, at index: Int) throws(StorageError) {
        slot.generation += 1
        try file.write(
            slot.encoded(index: index),
            at: HeadsSlot.offsetBytes(index: index, generation: slot.generation)
        )
    }

    /// Makes a pair as if it had never been written.
    func erase(at index: Int) throws(StorageError) {
        try file.write(
            [UInt8](repeating: 0, count: 2 * HeadsSlot.lengthBytes),
            at: HeadsSlot.pairOffsetBytes(index: index)
        )
    }

    /// Tells readers that something changed, and that the slots are of this start of the machine.
    ///
    /// - Parameters:
    ///   - counter: The new counter.
    ///   - feedCount: How many pairs name a feed now.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    func countChange(_ counter: UInt64, feedCount: Int) throws(StorageError) {
        let header = HeadsHeader(boot: boot, changeCounter: counter, feedCount: feedCount)
        try file.write(header.encoded, at: header.offsetBytes)
    }

    /// Makes the slots durable lower bounds.
    func synchronize() throws(StorageError) { try file.synchronizeData() }

    private func decode<Unit>(_ bytes: [UInt8], index: Int) throws(StorageError) -> HeadsPair<Unit> {
        try FeedDirectory.decoding(file.path) { () throws(FormatError) in try HeadsPair(decoding: bytes, index: index) }
    }
}
