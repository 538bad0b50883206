package import LogFormat
import StoreIO

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
