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
    /// Generation of the feed's slot as this process wrote it last; nil when it has not.
    var ownGeneration: UInt64?

    /// How the names of files end that are to be a segment.
    static let temporaryEnding = ".seg"

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
        let temporary = "\(paths.temporary)/\(nonce.hexadecimal)\(temporaryEnding)"
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

    /// Whether nothing was ever written at a place.
    func isEmpty(at offsetBytes: UInt64) throws(StorageError) -> Bool {
        try file.read(upTo: BlockPlace.lengthBytes, at: offsetBytes).allSatisfy { $0 == 0 }
    }

    /// Whether a whole block lies at a place, as it was written there.
    func holdsBlock(at offsetBytes: UInt64) throws(StorageError) -> Bool {
        let bytes = try file.read(upTo: 2 * Limits.blockRawBytes, at: offsetBytes)
        do throws(FormatError) {
            _ = try SegmentScan.block(in: bytes, at: 0, bufferOffsetBytes: offsetBytes, salt: header.salt)
            return true
        } catch {
            return false
        }
    }
}
