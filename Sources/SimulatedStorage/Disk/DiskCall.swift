/// One file-system call of a simulated process, as the call log keeps it.
package struct DiskCall: Sendable, Hashable, CustomStringConvertible {
    /// What was called.
    package enum Operation: String, Sendable, Hashable, CaseIterable {
        case open, create, list, makeDirectory, rename, renameWithoutReplacing, unlink, removeDirectory
        case syncDirectory, status, freeSpace, read, write, synchronize, allocate, fileStatus, lock, unlock

        /// Whether the call can change what a power cut or another process finds: the calls a sweep has to visit.
        package var changesDisk: Bool {
            switch self {
            case .create, .makeDirectory, .rename, .renameWithoutReplacing, .unlink, .removeDirectory, .syncDirectory,
                .write, .synchronize, .allocate:
                true
            case .open, .list, .status, .freeSpace, .read, .fileStatus, .lock, .unlock:
                false
            }
        }
    }

    /// Counts the calls of its process from 0.
    package var index: Int
    /// The name of the process.
    package var process: String
    package var operation: Operation
    package var path: String
    /// The bytes concerned, for reads, writes and reservations.
    package var bytes: Range<UInt64>?
    /// The other path of a rename.
    package var destination: String?

    package var description: String {
        var text = "\(process) call \(index): \(operation.rawValue) \(path)"
        if let destination { text += " to \(destination)" }
        if let bytes { text += " bytes \(bytes.lowerBound)..<\(bytes.upperBound)" }
        return text
    }
}
