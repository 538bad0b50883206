import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// The file of a bundle, read from its beginning to where it ends or was cut; a chunk of it is in memory.
struct BundleFile {
    let path: String
    let header: BundleHeader
    let sizeBytes: UInt64
    private let file: any OpenFile

    /// * path: Absolute, links followed.
    /// - Throws: ``Failure`` 66 when there is no such file, 65 when it is no bundle, or was cut within its header.
    init(at path: String, in fileSystem: any FileSystem) throws {
        guard let status = try fileSystem.status(path) else { throw Failure(.noInput, .bundle(.noFile(path))) }
        guard status.kind == .file else { throw Failure(.noInput, .bundle(.notAFile(path))) }
        file = try fileSystem.openFile(path, .read)
        self.path = path
        sizeBytes = status.sizeBytes
        let prefix = try file.read(upTo: BundleHeader.prefixBytes, at: 0)
        let length = try BundleHeader.lengthBytes(prefix)
        header = try BundleHeader(decoding: try file.read(upTo: length, at: 0))
    }

    /// What opens it, with this site's key.
    ///
    /// - Throws: ``Failure`` 77 when it is sealed to others; 65.
    func secret(for log: LogStore, _ names: RecordNames) throws -> BundleSecret {
        guard header.recipients.contains(where: { $0.site == log.site }) else {
            let sites = header.recipients.map { names.site($0.site) }
            throw Failure(.noPermission, .bundle(.forOthers(sites)))
        }
        return try header.secret(for: log.site, with: try log.requireIdentity().agreementKey)
    }

    /// How reading ended.
    enum Ending {
        case complete
        /// The file ends before the bundle does.
        case cut
        /// Something is not what was written; what came before is.
        case damaged(SyncError)

        var isComplete: Bool {
            if case .complete = self { return true }
            return false
        }
    }

    /// Goes through what the bundle says.
    struct Cursor {
        private let bundle: BundleFile
        private var reader: BundleReader
        /// Bytes of the file that were read.
        private(set) var offsetBytes: UInt64
        /// Not nil once everything was given.
        private(set) var ending: Ending?

        private static let pieceBytes = 1 << 16

        init(_ bundle: BundleFile, _ secret: BundleSecret) {
            self.bundle = bundle
            reader = BundleReader(bundle.header, secret: secret)
            offsetBytes = UInt64(bundle.header.encoded.count)
        }

        /// Whole parts that were opened.
        var chunks: UInt64 { reader.chunks }

        /// - Returns: nil at the end, which ``ending`` describes.
        /// - Throws: `StorageError` when the file can not be read.
        mutating func next() throws(StorageError) -> BundleReader.Event? {
            while ending == nil {
                do throws(SyncError) {
                    if let event = try reader.next() { return event }
                } catch {
                    ending = .damaged(error)
                    return nil
                }
                let piece = try bundle.file.read(upTo: Self.pieceBytes, at: offsetBytes)
                offsetBytes += UInt64(piece.count)
                reader.append(piece)
                if piece.isEmpty { ending = reader.isComplete ? .complete : .cut }
            }
            return nil
        }
    }
}
