import LogFormat
import StoreIO
import Synchronization

/// The segments last read, kept open with their indexes. Small: a handle and 56 bytes for each block.
final class SegmentCache: Sendable {
    private struct Entry: Sendable {
        var path: String
        var reader: SegmentReader
        /// Up to here what it holds is the feed's for good: attested, and not given up for the next segment.
        var lastPosition: UInt64 = 0
    }

    private let entries = Mutex<[Entry]>([])
    private let spare = Mutex(Inflater())
    private let capacity: Int

    init(capacity: Int = 32) {
        self.capacity = capacity
    }

    /// The open segment of this name, opened now if need be.
    ///
    /// An empty segment whose writer died is replaced by another file of the same name, by any process: what is open
    /// counts only while it is the file that carries the name.
    ///
    /// - Throws: as ``SegmentReader/init(_:in:)``.
    /// - Complexity: One status call for a segment that is open.
    func segment(_ name: SegmentName, in directory: FeedDirectory) throws(StorageError) -> SegmentReader {
        let path = directory.path(of: name)
        let inode = try directory.fileSystem.status(path)?.inode
        let known = entries.withLock { entries -> SegmentReader? in
            entries.removeAll { $0.path == path && $0.reader.inode != inode }
            guard let index = entries.lastIndex(where: { $0.path == path }) else { return nil }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry.reader
        }
        if let known { return known }
        let reader = try SegmentReader(name, in: directory)
        entries.withLock { entries in
            if entries.count >= capacity { entries.removeFirst() }
            entries.append(Entry(path: path, reader: reader))
        }
        return reader
    }

    /// Notes how far a segment is the feed's for good.
    func note(_ segment: SegmentReader, through position: UInt64) {
        entries.withLock { entries in
            guard let index = entries.lastIndex(where: { $0.reader === segment }) else { return }
            entries[index].lastPosition = max(entries[index].lastPosition, position)
        }
    }

    /// A sealed segment that is open and holds a position for good, without a look at the folder: its name may be gone
    /// since.
    ///
    /// - Returns: The segment, and the last position that it holds for good.
    func sealedSegment(
        holding position: UInt64,
        in directory: FeedDirectory
    ) -> (segment: SegmentReader, lastPosition: UInt64)? {
        entries.withLock { entries in
            let found = entries.last { entry in
                guard let footer = entry.reader.footer, entry.reader.header.feed == directory.feed else { return false }
                let last = min(footer.head.position, entry.lastPosition)
                return entry.reader.header.firstPosition <= position && position <= last
                    && entry.path.utf8.starts(with: directory.path.utf8)
                    && entry.path.utf8.count == directory.path.utf8.count + 1 + entry.reader.name.fileName.utf8.count
            }
            return found.map { ($0.reader, $0.lastPosition) }
        }
    }

    /// Runs `body` with an inflater: the one that is kept, whose memory is at hand, unless another thread has it.
    func inflating<Result: Sendable>(
        _ body: (inout Inflater) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        if let result = try spare.withLockIfAvailable({ (kept) throws(StorageError) in try body(&kept) }) {
            return result
        }
        var inflater = Inflater()
        return try body(&inflater)
    }

    /// Forgets what is open below a folder, after its files were replaced.
    func forget(below path: String) {
        entries.withLock { $0.removeAll { $0.path.hasPrefix(path + "/") } }
    }
}
