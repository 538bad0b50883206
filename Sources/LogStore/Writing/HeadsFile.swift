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
        /// False when the slots are of another start of the machine, or the file is damaged: only lower bounds then.
        var isCurrent: Bool
        /// False when a pair is damaged, and the feed it stood for is not known.
        var isWhole: Bool
        var changeCounter: UInt64
        /// By number in the file; nil where a pair is damaged or was never written.
        var slots: [HeadsSlot?]

        func index(of feed: FeedID, branch: UInt32 = 0) -> Int? {
            slots.firstIndex { $0?.feed == feed && $0?.branch == branch }
        }
    }

    /// The change counter and whether the slots hold for this start of the machine; nil when the header is damaged.
    ///
    /// - Complexity: One read of 1 KiB.
    func header() throws(StorageError) -> HeadsHeader? {
        let bytes = try file.read(upTo: 2 * HeadsHeader.unitLengthBytes, at: 0)
        do throws(FormatError) {
            let header = try HeadsHeader(decodingPair: bytes)
            return header
        } catch .unsupportedVersion {
            throw FeedDirectory.damage(.unsupportedVersion, path: file.path)
        } catch {
            // A header that can not be read says nothing: the caller recovers from the segments.
            return nil
        }
    }

    /// What is thrown where a damaged pair is in the way.
    var damage: StorageError {
        StorageError(
            .corrupted,
            "HEADS was damaged while the store was in use, and nothing was recorded or read. Run the command again: the"
                + " next program that opens the store finds its ends from the segments.",
            at: .init(path: file.path)
        )
    }

    func isCurrent(_ header: HeadsHeader) -> Bool { header.boot == boot }

    /// Everything.
    ///
    /// - Complexity: One read of 1 KiB and 1 KiB a feed.
    func snapshot() throws(StorageError) -> Snapshot {
        let header = try header()
        let count = HeadsSlot.feedCount(fileLengthBytes: try file.status().sizeBytes)
        var slots: [HeadsSlot?] = []
        slots.reserveCapacity(count)
        let pairLength = 2 * HeadsSlot.lengthBytes
        let bytes = try file.read(upTo: count * pairLength, at: HeadsSlot.pairOffsetBytes(index: 0))
        var isWhole = true
        for index in 0..<count {
            let start = index * pairLength
            guard start + pairLength <= bytes.count else { break }
            let (slot, isReadable) = try decode(Array(bytes[start..<start + pairLength]), index: index)
            slots.append(slot)
            isWhole = isWhole && isReadable
        }
        return Snapshot(
            isCurrent: isWhole && header.map(isCurrent) ?? false,
            isWhole: isWhole,
            changeCounter: header?.changeCounter ?? 0,
            slots: slots
        )
    }

    /// One slot as it is now; nil when its pair was never written or is damaged.
    func slot(at index: Int) throws(StorageError) -> HeadsSlot? {
        let bytes = try file.read(upTo: 2 * HeadsSlot.lengthBytes, at: HeadsSlot.pairOffsetBytes(index: index))
        return try decode(bytes, index: index).slot
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
    /// - Returns: The new counter.
    func countChange(after counter: UInt64) throws(StorageError) -> UInt64 {
        let header = HeadsHeader(boot: boot, changeCounter: counter + 1)
        try file.write(header.encoded, at: header.offsetBytes)
        return header.changeCounter
    }

    /// Makes the slots durable lower bounds.
    func synchronize() throws(StorageError) { try file.synchronizeData() }

    private func decode(_ pair: [UInt8], index: Int) throws(StorageError) -> (slot: HeadsSlot?, isReadable: Bool) {
        do throws(FormatError) {
            return (try HeadsSlot.decodePair(pair, index: index), true)
        } catch .unsupportedFeature {
            throw FeedDirectory.damage(.unsupportedFeature, path: file.path)
        } catch {
            // A damaged pair says nothing; the segments do.
            return (nil, false)
        }
    }
}
