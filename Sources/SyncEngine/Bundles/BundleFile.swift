import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

/// The file of a bundle, read from its beginning to where it ends or was cut; a chunk of it is in memory.
package struct BundleFile: Sendable {
    package let path: String
    package let header: BundleHeader
    package let sizeBytes: UInt64
    private let file: any OpenFile

    /// - Parameters:
    ///   - path: Absolute, links followed.
    ///   - fileSystem: Where it lies.
    /// - Throws: ``BundleRefusal``; `SyncError` when it is no bundle, or was cut within its header; `StorageError`.
    package init(at path: String, in fileSystem: any FileSystem) throws {
        guard let status = try fileSystem.status(path) else { throw BundleRefusal.noFile(path: path) }
        guard status.kind == .file else { throw BundleRefusal.notAFile(path: path) }
        file = try fileSystem.openFile(path, .read)
        self.path = path
        sizeBytes = status.sizeBytes
        let prefix = try file.read(upTo: BundleHeader.prefixBytes, at: 0)
        let length = try BundleHeader.lengthBytes(prefix)
        header = try BundleHeader(decoding: try file.read(upTo: length, at: 0))
    }

    /// What opens it, with this site's key, whoever sent it.
    ///
    /// - Throws: ``BundleRefusal/forOthers(_:)``; `SyncError`; `StorageError` when the key is not to be had.
    package func secret(for log: LogStore) throws -> BundleSecret {
        guard header.recipients.contains(where: { $0.site == log.site }) else {
            throw BundleRefusal.forOthers(header.recipients.map(\.site))
        }
        return try header.secret(for: log.site, with: try log.requireIdentity().agreementKey)
    }

    /// What opens it, when it is one that this site takes: of its registry, signed by a site in good standing.
    ///
    /// - Throws: ``BundleRefusal``; `SyncError` when the signature does not hold; `StorageError`.
    package func secret(for log: LogStore, _ roster: Roster) throws -> BundleSecret {
        guard header.registry == roster.registry else { throw BundleRefusal.otherRegistry }
        guard let member = roster[header.sender] else { throw BundleRefusal.senderUnknown(header.sender) }
        guard !member.isRevoked else { throw BundleRefusal.senderRevoked(header.sender) }
        try header.verify(key: member.keys.signing)
        return try secret(for: log)
    }

    /// Whether the file has all its parts, as far as it can be told without opening it: their lengths stand in it.
    ///
    /// - Throws: `StorageError` when the file can not be read.
    /// - Complexity: One read of 4 KiB for each part, or for as many small ones as lie in that: parts may be of a byte.
    package func hasEnd() throws(StorageError) -> Bool {
        var offset = UInt64(header.encoded.count)
        var (ahead, start): ([UInt8], UInt64) = ([], offset)
        while true {
            if offset + UInt64(BundleReader.prefixBytes) > start + UInt64(ahead.count) {
                ahead = try file.read(upTo: Self.aheadBytes, at: offset)
                start = offset
            }
            let prefix = Array(ahead[Int(offset - start)...].prefix(BundleReader.prefixBytes))
            guard let (lengthBytes, isLast) = BundleReader.part(prefix) else { return false }
            offset += UInt64(lengthBytes)
            guard offset <= sizeBytes else { return false }
            if isLast { return offset == sizeBytes }
        }
    }

    private static let aheadBytes = 4096

    /// How reading ended.
    package enum Ending: Sendable {
        case complete
        /// The file ends before the bundle does.
        case cut
        /// Something is not what was written; what came before is.
        case damaged(SyncError)

        package var isComplete: Bool {
            if case .complete = self { return true }
            return false
        }
    }

    /// Goes through what the bundle says.
    package struct Cursor {
        private let bundle: BundleFile
        private var reader: BundleReader
        /// Bytes of the file that were read.
        package private(set) var offsetBytes: UInt64
        /// Not nil once everything was given.
        package private(set) var ending: Ending?

        private static let pieceBytes = 1 << 16

        package init(_ bundle: BundleFile, _ secret: BundleSecret) {
            self.bundle = bundle
            reader = BundleReader(bundle.header, secret: secret)
            offsetBytes = UInt64(bundle.header.encoded.count)
        }

        /// Whole parts that were opened.
        package var chunks: UInt64 { reader.chunks }

        /// - Returns: nil at the end, which ``ending`` describes.
        /// - Throws: `StorageError` when the file can not be read.
        package mutating func next() throws(StorageError) -> BundleReader.Event? {
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
