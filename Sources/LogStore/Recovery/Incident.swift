import LogFormat
import StoreIO

/// Something that happened to a store and that a person has to look at: damage, or a new epoch.
///
/// One small text file each, so that every later command can repeat it until it is closed.
package struct Incident: Hashable, Sendable {
    /// Milliseconds since 1970 by this machine's clock.
    package var milliseconds: Int64
    /// What kind: `damage`, `epoch`, or `fall-back`.
    package var kind: String
    /// The feed concerned, where there is one.
    package var feed: String?
    /// The entries concerned, where they are known.
    package var positions: ClosedRange<UInt64>?
    /// What happened, in one sentence. Never clinical.
    package var text: String

    static let title = "abscope incident 0"
    /// A damaged replica was given up from a position on.
    static let fallBackKind = "fall-back"

    init(
        milliseconds: Int64,
        kind: String,
        feed: String?,
        positions: ClosedRange<UInt64>? = nil,
        text: String
    ) {
        self.milliseconds = milliseconds
        self.kind = kind
        self.feed = feed
        self.positions = positions
        self.text = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private init(at path: String, in fileSystem: any FileSystem) throws(StorageError) {
        let record = try TextRecord(
            try fileSystem.readFile(path, limitBytes: TextRecord.limitBytes),
            title: Self.title,
            path: path
        )
        self.init(
            milliseconds: record["time"].flatMap { Int64($0) } ?? 0,
            kind: record["kind"] ?? "",
            feed: record["feed"],
            positions: record["positions"].flatMap(Self.positions),
            text: record["text"] ?? ""
        )
    }

    private static func positions(_ text: String) -> ClosedRange<UInt64>? {
        let bounds = text.split(separator: " ").compactMap { UInt64($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[0]...bounds[1]
    }

    /// Every incident that was not closed, oldest first.
    ///
    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    static func all(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) -> [Incident] {
        guard try fileSystem.exists(paths.incidents) else { return [] }
        var incidents: [Incident] = []
        for name in try fileSystem.listDirectory(paths.incidents) where name.hasSuffix(".incident") {
            let path = "\(paths.incidents)/\(name)"
            do throws(StorageError) {
                incidents.append(try Incident(at: path, in: fileSystem))
            } catch  where error.code == .corrupted {
                // Is one itself, and must not hide the others.
                incidents.append(Incident(milliseconds: 0, kind: "damage", feed: nil, text: error.description))
            }
        }
        return incidents.sorted { $0.milliseconds < $1.milliseconds }
    }

    /// Writes the incident; durable when this returns.
    func save(at paths: StorePaths, in fileSystem: any FileSystem, nonce: [UInt8]) throws(StorageError) {
        try fileSystem.makeDirectories(paths.incidents)
        var record = TextRecord(title: Self.title)
        record.add("time", String(milliseconds))
        record.add("kind", kind)
        if let feed { record.add("feed", feed) }
        if let positions { record.add("positions", "\(positions.lowerBound) \(positions.upperBound)") }
        record.add("text", text)
        // Whole or not at all: half of one would be in the way of every later command.
        try fileSystem.replaceFile("\(paths.incidents)/\(nonce.hexadecimal).incident", with: record.encoded)
    }
}
