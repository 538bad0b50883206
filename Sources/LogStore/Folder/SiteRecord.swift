package import LogFormat
import StoreIO

/// The SITE file: which site this is, the epoch it writes in, and the registry once it belongs to one.
package struct SiteRecord: Hashable, Sendable {
    package var site: SiteID
    /// What people call the site, and how its case numbers begin.
    package var alias: String
    package var epoch: EpochID
    /// nil until the site founded or joined one.
    package var registry: RegistryID?
    /// Where, outside the store, the marker lies that notices a copied or restored store.
    package var markerPath: String
    /// The first epoch and the last ones before this, oldest first, each with where this site knew its lanes to end.
    package var parents: [Parent] = []

    /// So many are kept, the first and the latest ones: the file stays small however often a store is copied about.
    static let parentLimit = 64

    /// An epoch that is over, and where it ended as far as was known here when the next began.
    package struct Parent: Hashable, Sendable {
        package var epoch: EpochID
        package var heads: [Lane: FeedHead]
    }

    static let title = "abscope site 0"

    init(site: SiteID, alias: String, epoch: EpochID, markerPath: String) {
        self.site = site
        self.alias = alias
        self.epoch = epoch
        self.markerPath = markerPath
    }

    /// Reads SITE.
    ///
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    init(_ file: any OpenFile) throws(StorageError) {
        let record = try TextRecord(
            try file.readAll(limitBytes: TextRecord.limitBytes),
            title: Self.title,
            path: file.path
        )
        let damaged = StorageError(
            .corrupted,
            "The file SITE holds something that is no identifier: restore it from a backup.",
            at: .init(path: file.path)
        )
        func bytes(_ text: String?) -> [UInt8]? { text.flatMap { [UInt8](hexadecimal: $0) } }
        guard let site = bytes(record["site"]).flatMap({ SiteID($0) }), let alias = record["alias"],
            let epoch = bytes(record["epoch"]).flatMap({ EpochID($0) }), let marker = record["marker"]
        else { throw damaged }
        self.init(site: site, alias: alias, epoch: epoch, markerPath: marker)
        if let text = record["registry"] {
            guard let registry = bytes(text).flatMap({ RegistryID($0) }) else { throw damaged }
            self.registry = registry
        }
        for line in record.values("parent") {
            guard let parent = Parent(line) else { throw damaged }
            parents.append(parent)
        }
    }

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("site", site.description)
        record.add("alias", alias)
        record.add("epoch", epoch.description)
        if let registry { record.add("registry", registry.description) }
        record.add("marker", markerPath)
        for parent in parents { record.add("parent", parent.description) }
        return record.encoded
    }
}

extension SiteRecord.Parent: CustomStringConvertible {
    /// Epoch, then `lane:position:digest` for each lane.
    package var description: String {
        ([epoch.description] + Self.describe(heads)).joined(separator: " ")
    }

    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard let first = words.first, let epoch = [UInt8](hexadecimal: String(first)).flatMap({ EpochID($0) }),
            let heads = Self.heads(words.dropFirst().map(String.init))
        else { return nil }
        self.epoch = epoch
        self.heads = heads
    }

    /// One word a lane, by lane.
    static func describe(_ heads: [Lane: FeedHead]) -> [String] {
        heads.sorted { $0.key < $1.key }.map { "\($0.key.rawValue):\($0.value.position):\($0.value.digest)" }
    }

    /// - Returns: nil when a word is not what ``describe(_:)`` writes.
    static func heads(_ words: [String]) -> [Lane: FeedHead]? {
        var heads: [Lane: FeedHead] = [:]
        for word in words {
            let parts = word.split(separator: ":").map(String.init)
            guard parts.count == 3, let lane = UInt8(parts[0]).flatMap({ Lane(rawValue: $0) }),
                let position = UInt64(parts[1]),
                let digest = [UInt8](hexadecimal: parts[2]).flatMap({ ChainDigest($0) })
            else { return nil }
            heads[lane] = FeedHead(position: position, digest: digest)
        }
        return heads
    }
}
