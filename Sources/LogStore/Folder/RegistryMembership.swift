package import LogFormat
package import StoreIO

/// What a site keeps of the registry it belongs to before anything of the roster has arrived: the founding entry, and
/// where to find the site that admitted it.
package struct RegistryMembership: Hashable, Sendable {
    /// As it lies in the log of the administrator; its SHA-256 is the registry.
    package var foundingEntry: [UInt8]
    /// The site to dial first; nil where this site founded the registry.
    package var dialSite: SiteID?
    /// host:port, in order of preference.
    package var dialAddresses: [String]

    package init(foundingEntry: [UInt8], dialSite: SiteID? = nil, dialAddresses: [String] = []) {
        self.foundingEntry = foundingEntry
        self.dialSite = dialSite
        self.dialAddresses = dialAddresses
    }

    package var registry: RegistryID { RegistryID(foundedBy: foundingEntry) }

    static let title = "abscope registry 0"

    /// - Returns: nil while the site belongs to none.
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    init?(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        guard try fileSystem.exists(paths.registry) else { return nil }
        let record = try TextRecord(
            try fileSystem.readFile(paths.registry, limitBytes: TextRecord.limitBytes),
            title: Self.title,
            path: paths.registry
        )
        guard let founding = record["founding"].flatMap({ [UInt8](hexadecimal: $0) }), !founding.isEmpty else {
            throw StorageError(
                .corrupted,
                "The file REGISTRY names no founding entry: join again with the invitation.",
                at: .init(path: paths.registry)
            )
        }
        foundingEntry = founding
        dialSite = record["dial-site"].flatMap { [UInt8](hexadecimal: $0) }.flatMap { SiteID($0) }
        dialAddresses = record.values("dial")
    }

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("founding", foundingEntry.hexadecimal)
        if let dialSite { record.add("dial-site", dialSite.description) }
        for address in dialAddresses { record.add("dial", address) }
        return record.encoded
    }
}

extension LogStore {
    /// Makes this site a member of a registry it founded or was admitted to; durable when this returns. Repeating it
    /// with other addresses replaces them.
    ///
    /// - Throws: `.invalidArgument` when the site belongs to another registry; `.noSpace`, `.readOnly`, `.inputOutput`.
    package func join(_ membership: RegistryMembership) throws(StorageError) {
        guard registry == nil || registry == membership.registry else {
            throw StorageError(
                .invalidArgument,
                "This site belongs to another registry; a site belongs to one. Make a new store to join this one.",
                at: .init(path: paths.site)
            )
        }
        try checkWritable()
        // First what is needed to make use of it, then that it counts.
        try surroundings.fileSystem.replaceFile(paths.registry, with: membership.encoded)
        try join(membership.registry)
    }

    /// The registry this site belongs to; nil while it belongs to none.
    package func membership() throws(StorageError) -> RegistryMembership? {
        registry == nil ? nil : try RegistryMembership(at: paths, in: surroundings.fileSystem)
    }

    /// Every entry of lane 0 that is held and may be shown: what a roster is folded from.
    ///
    /// - Complexity: O(entries of lane 0).
    package func rosterEntries() throws(StorageError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        for row in try frontier().rows where row.feed.lane == .roster {
            var position: UInt64 = 0
            while position < row.head.position {
                let part = try self.entries(of: row.feed, after: position, limitBytes: 1 << 20)
                guard let last = part.last else { break }
                entries += part
                position = last.reference.position
            }
        }
        return entries
    }
}
