package import LogFormat
package import StoreIO

/// The checkpoints of one feed: rows in the order they came, in a file of their own.
///
/// A row that a crash cut or a disk damaged is passed over: losing one costs a fetch, never an entry.
package struct CheckpointFile: Sendable {
    private let fileSystem: any FileSystem
    private let path: String
    private let directoryPath: String

    /// At this size the file is written anew with fewer rows.
    private static let limitBytes = 64 * Checkpoint.lengthBytes
    /// So many of the furthest rows are always kept.
    private static let recentRows = 32
    /// So many rows are left when it is written anew.
    private static let keptRows = 48

    package init(_ directory: FeedDirectory) {
        fileSystem = directory.fileSystem
        path = directory.checkpointsPath
        directoryPath = directory.path
    }

    /// What the file holds, row by row.
    struct Content {
        var rows: [(offsetBytes: UInt64, checkpoint: Checkpoint)] = []
        var unreadable: [Unreadable] = []

        /// A row that can not be read.
        struct Unreadable {
            var offsetBytes: UInt64
            var cause: FormatError
            /// It is the last, and what a power cut or a kill leaves of one that was being written: cut, or with a whole
            /// sector's share still empty.
            var isUnfinished: Bool
        }
    }

    /// Looks at every row.
    ///
    /// - Throws: `.inputOutput`.
    func content() throws(StorageError) -> Content {
        var content = Content()
        guard try fileSystem.exists(path) else { return content }
        let bytes = try fileSystem.openFile(path, .read).read(upTo: 2 * Self.limitBytes, at: 0)
        for start in stride(from: 0, to: bytes.count, by: Checkpoint.lengthBytes) {
            let row = Array(bytes[start...].prefix(Checkpoint.lengthBytes))
            do throws(FormatError) {
                content.rows.append((UInt64(start), try Checkpoint(decoding: row)))
            } catch {
                let isLast = start + Checkpoint.lengthBytes >= bytes.count
                let isUnfinished = isLast && (error == .truncated || Self.hasEmptySector(row, at: start))
                content.unreadable.append(.init(offsetBytes: UInt64(start), cause: error, isUnfinished: isUnfinished))
            }
        }
        return content
    }

    private static func hasEmptySector(_ row: [UInt8], at start: Int) -> Bool {
        var index = 0
        while index < row.count {
            let end = min(row.count, ((start + index) / 512 + 1) * 512 - start)
            if row[index..<end].allSatisfy({ $0 == 0 }) { return true }
            index = end
        }
        return false
    }

    /// The furthest position that a readable row speaks of; 0 when there is none.
    ///
    /// - Throws: `.halted`. A file that can not be read says nothing.
    func furthest() throws(StorageError) -> UInt64 {
        do throws(StorageError) {
            return try content().rows.map(\.checkpoint.head.position).max() ?? 0
        } catch {
            if error.code == .halted { throw error }
            return 0
        }
    }

    /// Every readable row.
    ///
    /// - Returns: In the order they came; empty when there is no file.
    /// - Throws: `.corrupted` for a row that is whole and senseless; `.inputOutput`.
    package func rows() throws(StorageError) -> [Checkpoint] {
        let content = try content()
        // A crash or the disk: as if it had not come.
        if let senseless = content.unreadable.first(where: { $0.cause != .truncated && $0.cause != .checksum }) {
            throw FeedDirectory.damage(senseless.cause, path: path, offsetBytes: senseless.offsetBytes)
        }
        return content.rows.map(\.checkpoint)
    }

    /// The row with the largest position up to `position`.
    ///
    /// - Throws: `.inputOutput`.
    package func best(through position: UInt64) throws(StorageError) -> Checkpoint? {
        try rows().filter { $0.head.position <= position }.max { $0.head.position < $1.head.position }
    }

    /// Replaces the file by one with its readable rows; whole and durable when this returns.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    func keepReadable() throws(StorageError) {
        try fileSystem.replaceFile(path, with: try content().rows.flatMap(\.checkpoint.encoded))
    }

    /// Adds a row; durable when this returns. Call with the append lock held.
    ///
    /// A full file is replaced by one with fewer rows, the further apart the older they are: a peer that holds less, and a
    /// replica that lost its end, need a statement not far below where they stand.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: One file sync, one directory sync.
    package func append(_ checkpoint: Checkpoint) throws(StorageError) {
        guard let status = try fileSystem.status(path) else {
            return try fileSystem.replaceFile(path, with: checkpoint.encoded)
        }
        guard status.sizeBytes < UInt64(Self.limitBytes) else {
            let rows = Self.thinned(try self.rows() + [checkpoint])
            return try fileSystem.replaceFile(path, with: rows.flatMap(\.encoded))
        }
        let file = try fileSystem.openFile(path, .readWrite)
        // A row that was not finished is written over: rows stay at their places, and only damage leaves a bad one between.
        let unfinished = try content().unreadable.first { $0.isUnfinished }
        let end = unfinished?.offsetBytes ?? status.sizeBytes
        try file.write(checkpoint.encoded, at: end)
        try file.synchronizeData()
        // Who made the file may have been killed before its name was durable.
        try fileSystem.syncDirectory(directoryPath)
    }

    /// Fewer rows of one feed, by position: the furthest ones, and of those before the ones whose loss would leave the
    /// largest gaps for how far back they lie.
    ///
    /// When rows come at even distances, whoever stands `n` behind the furthest row finds one at most about `2n` behind it.
    ///
    /// - Complexity: O(rows dropped x rows); both are at most 64.
    static func thinned(_ rows: [Checkpoint]) -> [Checkpoint] {
        var heads: Set<FeedHead> = []
        var rows = rows.filter { heads.insert($0.head).inserted }.sorted { $0.head.position < $1.head.position }
        let furthest = rows.last?.head.position ?? 0
        while rows.count > keptRows {
            var cheapest = (index: 0, cost: Double.infinity)
            for index in 0..<rows.count - recentRows {
                let before = index == 0 ? 0 : rows[index - 1].head.position
                let cost = Double(rows[index + 1].head.position - before) / Double(furthest - before)
                if cost < cheapest.cost { cheapest = (index, cost) }
            }
            rows.remove(at: cheapest.index)
        }
        return rows
    }
}
