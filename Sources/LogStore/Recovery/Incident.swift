package import LogFormat
import StoreIO

/// Something that happened to a store and that a person has to look at: damage, or a new epoch.
///
/// One small text file each, so that every later command can repeat it until it is closed. A closed one stays, with who
/// closed it, when and how.
package struct Incident: Hashable, Sendable {
    /// Names it: the digits of its file's name.
    package var id: String
    /// Milliseconds since 1970 by this machine's clock.
    package var milliseconds: Int64
    /// What kind: `damage`, `epoch`, `set-back`, `fork`, `fall-back`, or `accepted-loss`, which is closed from the beginning.
    package var kind: String
    /// The feed concerned, where there is one.
    package var feed: String?
    /// The entries concerned, where they are known.
    package var positions: ClosedRange<UInt64>?
    /// The end of the feed that was acknowledged before entries were found missing, where it is known.
    package var acknowledged: FeedHead?
    /// Who says so, for people, where it is another site's word.
    package var peer: String?
    /// Files concerned, relative to the store's folder.
    package var files: [String] = []
    /// What happened, in one sentence. Never clinical.
    package var text: String
    /// How it ended; nil while it is open.
    package var closing: Closing?

    /// Who closed an incident, when and how.
    package struct Closing: Hashable, Sendable {
        /// Milliseconds since 1970 by this machine's clock.
        package var milliseconds: Int64
        /// An account's name, or the program when nobody had to decide.
        package var by: String
        /// In one sentence.
        package var how: String

        package init(milliseconds: Int64, by: String, how: String) {
            self.milliseconds = milliseconds
            self.by = Incident.oneLine(by)
            self.how = Incident.oneLine(how)
        }
    }

    package var isOpen: Bool { closing == nil }
    /// Whether another site holds something else than this store, of a feed or of this site's own.
    package var isContradiction: Bool { kind == Self.forkKind || kind == Self.setBackKind }

    static let title = "abscope incident 0"
    package static let damageKind = "damage"
    package static let epochKind = "epoch"
    /// A new epoch because another site holds more of the one before, or something else.
    package static let setBackKind = "set-back"
    /// Another site holds another history of a feed.
    package static let forkKind = "fork"
    /// A damaged replica was given up from a position on.
    static let fallBackKind = "fall-back"
    /// A person decided that entries are lost.
    package static let acceptedLossKind = "accepted-loss"
    /// Who closes what ended by itself.
    static let program = "abscope"
    private static let suffix = ".incident"

    init(
        milliseconds: Int64,
        kind: String,
        feed: String?,
        positions: ClosedRange<UInt64>? = nil,
        acknowledged: FeedHead? = nil,
        peer: String? = nil,
        text: String,
        nonce: [UInt8]
    ) {
        id = nonce.hexadecimal
        self.milliseconds = milliseconds
        self.kind = kind
        self.feed = feed
        self.positions = positions
        self.acknowledged = acknowledged
        self.peer = peer.map(Self.oneLine)
        self.text = Self.oneLine(text)
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Whether it says already, or a person accepted, that these entries are missing.
    ///
    /// What a replica lost behind its end stays missing until it is pulled again, and is met at every start until then.
    func covers(_ damage: StorageError, of feed: FeedID, _ acknowledged: FeedHead?) -> Bool {
        let isSaid = isOpen && [Self.damageKind, Self.fallBackKind].contains(kind) || kind == Self.acceptedLossKind
        guard isSaid, self.feed == feed.description, let positions, let missing = damage.location?.positions else {
            return false
        }
        return positions.contains(missing.lowerBound) && positions.contains(missing.upperBound)
            && (kind != Self.damageKind || self.acknowledged == acknowledged)
    }

    // MARK: - Files

    static func path(_ id: String, at paths: StorePaths) -> String { "\(paths.incidents)/\(id)\(suffix)" }

    /// Reads one.
    ///
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.notFound`, `.inputOutput`.
    init(id: String, at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        let path = Self.path(id, at: paths)
        let record = try TextRecord(
            try fileSystem.readFile(path, limitBytes: TextRecord.limitBytes),
            title: Self.title,
            path: path
        )
        self.id = id
        milliseconds = record["time"].flatMap { Int64($0) } ?? 0
        kind = record["kind"] ?? ""
        feed = record["feed"]
        positions = record["positions"].flatMap(Self.positions)
        acknowledged = record["acknowledged"].flatMap(Self.head)
        peer = record["peer"]
        files = record.values("file")
        text = record["text"] ?? ""
        if let moment = record["closed"].flatMap({ Int64($0) }) {
            closing = Closing(milliseconds: moment, by: record["closed-by"] ?? "", how: record["closed-how"] ?? "")
        }
    }

    private static func positions(_ text: String) -> ClosedRange<UInt64>? {
        let bounds = text.split(separator: " ").compactMap { UInt64($0) }
        guard bounds.count == 2, bounds[0] >= 1, bounds[0] <= bounds[1], bounds[1] <= Limits.position else {
            return nil
        }
        return bounds[0]...bounds[1]
    }

    private static func head(_ text: String) -> FeedHead? {
        let words = text.split(separator: " ")
        guard words.count == 2, let position = UInt64(words[0]), position <= Limits.position,
            let digest = [UInt8](hexadecimal: String(words[1])).flatMap({ ChainDigest($0) })
        else { return nil }
        return FeedHead(position: position, digest: digest)
    }

    /// Every incident, open and closed, oldest first. One that can not be read is one itself, without a time.
    ///
    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    static func all(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) -> [Incident] {
        guard try fileSystem.exists(paths.incidents) else { return [] }
        var incidents: [Incident] = []
        for name in try fileSystem.listDirectory(paths.incidents) where name.hasSuffix(suffix) {
            let id = String(name.dropLast(suffix.count))
            do throws(StorageError) {
                incidents.append(try Incident(id: id, at: paths, in: fileSystem))
            } catch {
                guard error.code == .corrupted || error.code == .tooLarge else { throw error }
                // It must not hide the others.
                incidents.append(Incident(unreadable: id, error))
            }
        }
        return incidents.sorted { ($0.milliseconds, $0.id) < ($1.milliseconds, $1.id) }
    }

    private init(unreadable id: String, _ error: StorageError) {
        self.id = id
        milliseconds = 0
        kind = Self.damageKind
        text = Self.oneLine(error.description)
    }

    /// Whether the file itself can not be read, and this stands for it.
    package var isUnreadable: Bool { milliseconds == 0 }

    /// Writes the incident; durable when this returns.
    func save(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        try fileSystem.makeDirectories(paths.incidents)
        var record = TextRecord(title: Self.title)
        record.add("time", String(milliseconds))
        record.add("kind", kind)
        if let feed { record.add("feed", feed) }
        if let positions { record.add("positions", "\(positions.lowerBound) \(positions.upperBound)") }
        if let acknowledged { record.add("acknowledged", "\(acknowledged.position) \(acknowledged.digest)") }
        if let peer { record.add("peer", peer) }
        for file in files { record.add("file", Self.oneLine(file)) }
        record.add("text", text)
        if let closing {
            record.add("closed", String(closing.milliseconds))
            record.add("closed-by", closing.by)
            record.add("closed-how", closing.how)
        }
        // Whole or not at all: half of one would be in the way of every later command.
        try fileSystem.replaceFile(Self.path(id, at: paths), with: record.encoded)
    }
}
