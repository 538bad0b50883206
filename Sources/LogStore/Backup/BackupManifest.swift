import LogFormat
import StoreIO

/// What a backup consists of. Written last, sealed, and verified before it counts.
struct BackupManifest: Hashable, Sendable {
    /// 1 for the first backup into the folder.
    var generation: UInt64
    /// When the heads were read, milliseconds since 1970 by the machine's clock.
    var milliseconds: Int64
    /// Small files of the store and what the caller gave, by name.
    var files: [File] = []
    /// By folder, then position.
    var segments: [Segment] = []

    /// A piece of the backup in a file of its own.
    struct Object: Hashable, Sendable {
        var name: String
        /// Before it was sealed.
        var lengthBytes: UInt64
        /// SHA-256 before it was sealed.
        var digest: [UInt8]
    }

    struct File: Hashable, Sendable {
        var name: String
        var content: Content

        enum Content: Hashable, Sendable {
            case inline([UInt8])
            case object(Object)
        }
    }

    /// A segment: all of a sealed one, the durable part of a raw one.
    struct Segment: Hashable, Sendable {
        /// The folder of the feed or branch.
        var folder: String
        var name: SegmentName
        /// The head before its first entry.
        var previous: FeedHead
        /// The head after its last.
        var head: FeedHead
        var object: Object
    }

    static let title = "abscope backup manifest 0"
    /// A larger one is not ours: some hundred thousand segments.
    static let limitBytes = 256 * 1024 * 1024

    init(generation: UInt64, milliseconds: Int64) {
        self.generation = generation
        self.milliseconds = milliseconds
    }

    /// The end of every folder.
    var ends: [String: FeedHead] {
        var ends: [String: FeedHead] = [:]
        for segment in segments where segment.head.position >= (ends[segment.folder]?.position ?? 0) {
            ends[segment.folder] = segment.head
        }
        return ends
    }

    /// Everything that has a file of its own.
    var objects: [Object] {
        segments.map(\.object)
            + files.compactMap { file in
                if case .object(let object) = file.content { object } else { nil }
            }
    }

    // MARK: - Bytes

    /// - Throws: `.corrupted`, `.unsupportedFormat`.
    init(_ bytes: [UInt8], path: String) throws(StorageError) {
        let record = try TextRecord(bytes, title: Self.title, path: path)
        let damage = StorageError(.corrupted, "The list of what the backup holds is damaged.", at: .init(path: path))
        guard let generation = record["generation"].flatMap({ UInt64($0) }),
            let milliseconds = record["time"].flatMap({ Int64($0) })
        else { throw damage }
        self.init(generation: generation, milliseconds: milliseconds)
        for line in record.values("inline") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 2, let content = [UInt8](hexadecimal: words[1]) else { throw damage }
            files.append(File(name: words[0], content: .inline(content)))
        }
        for line in record.values("file") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, let object = Object(words[1...]) else { throw damage }
            files.append(File(name: words[0], content: .object(object)))
        }
        for line in record.values("segment") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 9, let name = SegmentName(fileName: words[1]),
                let previous = Self.head(words[2...3]), let head = Self.head(words[4...5]),
                let object = Object(words[6...])
            else { throw damage }
            segments.append(
                Segment(folder: words[0], name: name, previous: previous, head: head, object: object)
            )
        }
    }

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("generation", String(generation))
        record.add("time", String(milliseconds))
        // In the order they are read back in.
        for file in files {
            if case .inline(let bytes) = file.content { record.add("inline", "\(file.name) \(bytes.hexadecimal)") }
        }
        for file in files {
            if case .object(let object) = file.content { record.add("file", "\(file.name) \(object.words)") }
        }
        for segment in segments {
            record.add(
                "segment",
                "\(segment.folder) \(segment.name.fileName) \(segment.previous.position) \(segment.previous.digest)"
                    + " \(segment.head.position) \(segment.head.digest) \(segment.object.words)"
            )
        }
        return record.encoded
    }

    private static func head(_ words: ArraySlice<String>) -> FeedHead? {
        guard let position = words.first.flatMap({ UInt64($0) }),
            let digest = words.last.flatMap({ [UInt8](hexadecimal: $0) }).flatMap({ ChainDigest($0) })
        else { return nil }
        return FeedHead(position: position, digest: digest)
    }
}

extension BackupManifest.Object {
    fileprivate init?(_ words: ArraySlice<String>) {
        let words = Array(words)
        guard words.count == 3, [UInt8](hexadecimal: words[0])?.count == 16, let length = UInt64(words[1]),
            let digest = [UInt8](hexadecimal: words[2]), digest.count == 32
        else { return nil }
        self.init(name: words[0], lengthBytes: length, digest: digest)
    }

    fileprivate var words: String { "\(name) \(lengthBytes) \(digest.hexadecimal)" }
}
