package import LogFormat
package import StoreIO

/// The checkpoints of one feed: rows in the order they came, in a file of their own.
///
/// A row that a crash cut or a disk damaged is passed over: losing one costs a fetch, never an entry.
package struct CheckpointFile: Sendable {
    private let fileSystem: any FileSystem
    private let path: String
    private let directoryPath: String

    /// Beyond this the file is written anew with its last row only.
    private static let limitBytes = 64 * Checkpoint.lengthBytes

    package init(_ directory: FeedDirectory) {
        fileSystem = directory.fileSystem
        path = directory.checkpointsPath
        directoryPath = directory.path
    }

    /// Every readable row.
    ///
    /// - Returns: In the order they came; empty when there is no file.
    /// - Throws: `.inputOutput`.
    package func rows() throws(StorageError) -> [Checkpoint] {
        guard try fileSystem.exists(path) else { return [] }
        let bytes = try fileSystem.openFile(path, .read).read(upTo: 2 * Self.limitBytes, at: 0)
        var rows: [Checkpoint] = []
        for start in stride(from: 0, to: bytes.count, by: Checkpoint.lengthBytes) {
            do throws(FormatError) {
                rows.append(try Checkpoint(decoding: Array(bytes[start...].prefix(Checkpoint.lengthBytes))))
            } catch .truncated, .checksum {
                // A crash or the disk: as if it had not come.
                continue
            } catch {
                throw FeedDirectory.damage(error, path: path, offsetBytes: UInt64(start))
            }
        }
        return rows
    }

    /// The row with the largest position up to `position`.
    ///
    /// - Throws: `.inputOutput`.
    package func best(through position: UInt64) throws(StorageError) -> Checkpoint? {
        try rows().filter { $0.head.position <= position }.max { $0.head.position < $1.head.position }
    }

    /// Adds a row; durable when this returns. Call with the append lock held.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    /// - Complexity: One file sync, one directory sync.
    package func append(_ checkpoint: Checkpoint) throws(StorageError) {
        guard let status = try fileSystem.status(path), status.sizeBytes < UInt64(Self.limitBytes) else {
            try fileSystem.replaceFile(path, with: checkpoint.encoded)
            return
        }
        let file = try fileSystem.openFile(path, .readWrite)
        // A cut row is written over, so that rows stay at their places.
        let end = status.sizeBytes / UInt64(Checkpoint.lengthBytes) * UInt64(Checkpoint.lengthBytes)
        try file.write(checkpoint.encoded, at: end)
        try file.synchronizeData()
        // Who made the file may have been killed before its name was durable.
        try fileSystem.syncDirectory(directoryPath)
    }
}
