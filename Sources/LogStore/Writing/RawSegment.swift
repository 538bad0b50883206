import LogFormat
import StoreIO

/// A raw segment that is appended to.
struct RawSegment: Sendable {
    let file: any OpenFile
    let header: SegmentHeader
    /// Identity of the file, to notice when another file has taken its name.
    let inode: UInt64
    /// Space is reserved up to here.
    var allocatedBytes: UInt64
    /// Up to where there was nothing behind the durable end, and the generation of the feed's slot that this holds for.
    private(set) var emptySeen: (generation: UInt64, endBytes: UInt64)?

    /// What was seen to be empty holds for this generation too: this process has written it.
    mutating func noteOwnGeneration(_ generation: UInt64) { emptySeen?.generation = generation }

    /// Makes a segment that is durable, name and header, when this returns.
    ///
    /// - Throws: `.alreadyExists` when there is a segment of that name; `.noSpace`, `.readOnly`, `.inputOutput`; then
    ///   nothing was made, unless its name is there and only the last directory sync failed.
    /// - Complexity: One file sync, one directory sync.
    static func create(
        _ header: SegmentHeader,
        in directory: FeedDirectory,
        paths: StorePaths,
        nonce: [UInt8],
        allocationStepBytes: Int
    ) throws(StorageError) -> RawSegment {
        let fileSystem = directory.fileSystem
        let temporary = "\(paths.temporary)/\(nonce.hexadecimal).seg"
        let file = try fileSystem.openFile(temporary, .create)
        let name = SegmentName(firstPosition: header.firstPosition, kind: .raw)
        do throws(StorageError) {
            if allocationStepBytes > 0 { try file.allocate(0..<UInt64(allocationStepBytes)) }
            try file.write(header.encoded, at: 0)
            try file.synchronizeData()
            try fileSystem.renameWithoutReplacing(temporary, to: directory.path(of: name))
        } catch {
            // A half-made file would keep the space that is missing.
            if error.code != .halted, try fileSystem.exists(temporary) { try fileSystem.unlink(temporary) }
            throw error
        }
        try fileSystem.syncDirectory(directory.path)
        // Opened again under its name, so that messages name the place that people know.
        return try open(name, in: directory)
    }

    /// Opens a segment for appending.
    ///
    /// - Throws: `.notFound`, `.corrupted` when its header is not one, `.inputOutput`.
    static func open(_ name: SegmentName, in directory: FeedDirectory) throws(StorageError) -> RawSegment {
        let file = try directory.fileSystem.openFile(directory.path(of: name), .readWrite)
        let bytes = try file.read(upTo: SegmentHeader.lengthBytes, at: 0)
        let header = try FeedDirectory.decoding(file.path, at: 0) { () throws(FormatError) in
            let header = try SegmentHeader(decoding: bytes)
            guard header.feed == directory.feed, header.firstPosition == name.firstPosition, header.kind == .raw else {
                throw .inconsistent
            }
            return header
        }
        let status = try file.status()
        return RawSegment(file: file, header: header, inode: status.inode, allocatedBytes: status.sizeBytes)
    }

    /// Whether nothing was ever written behind a place that a block may begin at.
    ///
    /// What was seen to be empty stays so while this process is the last that wrote to the feed, which ``HeadsSlot``'s
    /// generation says: so the disk is asked once for many appends.
    ///
    /// - Parameters:
    ///   - offsetBytes: The durable end.
    ///   - generation: Of the feed's slot now.
    /// - Returns: False when something is there.
    /// - Throws: `.inputOutput`.
    mutating func isEmpty(behind offsetBytes: UInt64, generation: UInt64) throws(StorageError) -> Bool {
        let needed = offsetBytes + UInt64(BlockPlace.lengthBytes)
        if let seen = emptySeen, seen.generation == generation, needed <= seen.endBytes { return true }
        let bytes = try file.read(upTo: Self.lookAheadBytes, at: offsetBytes)
        let count = bytes.firstIndex { $0 != 0 } ?? Self.lookAheadBytes
        emptySeen = (generation, offsetBytes + UInt64(count))
        return count >= BlockPlace.lengthBytes
    }

    private static let lookAheadBytes = 4096
}
