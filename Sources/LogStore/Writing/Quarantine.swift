import LogFormat
import StoreIO

/// Where bytes go that are not believed and not thrown away either. The program never removes anything there
/// but the half of a copy that it could not finish.
struct Quarantine: Sendable {
    let paths: StorePaths
    let fileSystem: any FileSystem

    /// Copies a piece of a segment; durable when this returns.
    ///
    /// - Returns: Bytes copied, up to the last that is not zero; 0 when there is nothing but zeros.
    /// - Throws: `.noSpace`, `.inputOutput`.
    func copy(
        of file: any OpenFile,
        from startBytes: UInt64,
        to endBytes: UInt64,
        feed: FeedID,
        nonce: [UInt8]
    ) throws(StorageError) -> UInt64 {
        // No more than there is, whatever HEADS says.
        let endBytes = min(endBytes, try file.status().sizeBytes)
        guard endBytes > startBytes else { return 0 }
        let bytes = try file.read(upTo: Int(endBytes - startBytes), at: startBytes)
        guard let last = SegmentScan.lastNonZero(in: bytes, from: 0) else { return 0 }
        let copy = "\(paths.quarantine)/\(feed)-\(startBytes)-\(nonce.hexadecimal).tail"
        try create(copy, with: Array(bytes[...last]))
        return UInt64(last + 1)
    }

    /// Moves a segment in which nothing was ever acknowledged out of the way; durable when this returns.
    func move(_ name: SegmentName, of directory: FeedDirectory, nonce: [UInt8]) throws(StorageError) {
        try move(directory.path(of: name), called: "\(directory.feed)-\(name.fileName)", nonce: nonce)
    }

    /// Copies a whole file, at most one of segment size; durable when this returns.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What the copy is called, before a dash and the nonce.
    ///   - nonce: Makes the name one that was never used.
    /// - Throws: `.tooLarge`, `.noSpace`, `.inputOutput`.
    func copyWhole(_ path: String, called name: String, nonce: [UInt8]) throws(StorageError) {
        let bytes = try fileSystem.readFile(path, limitBytes: 4 * Limits.segmentBytes)
        try create("\(paths.quarantine)/\(name)-\(nonce.hexadecimal)", with: bytes)
    }

    private func create(_ copy: String, with bytes: [UInt8]) throws(StorageError) {
        do throws(StorageError) {
            try fileSystem.createFile(copy, with: bytes)
        } catch {
            // The next writer copies it again: on a full disk the halves of many copies would take what space there is.
            let isMine = error.code != .halted && error.code != .alreadyExists
            if isMine, try fileSystem.exists(copy) { try fileSystem.unlink(copy) }
            throw error
        }
    }

    /// Moves any file of the store out of the way; durable when this returns.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What it is called here, before a dash and the nonce.
    ///   - nonce: Makes the name one that was never used.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    func move(_ path: String, called name: String, nonce: [UInt8]) throws(StorageError) {
        try fileSystem.renameWithoutReplacing(path, to: "\(paths.quarantine)/\(name)-\(nonce.hexadecimal)")
        try fileSystem.syncDirectory(paths.quarantine)
        try fileSystem.syncDirectory(LinuxFileSystem.parent(of: path))
    }
}
