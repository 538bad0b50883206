package import LogFormat

/// A site without records: it has no keys of persons, and keeps none.
package struct NoPersonKeys: PersonKeyExchange {
    package init() {}

    package func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        ofAuthors authors: Set<SiteID>?,
        after mark: [UInt8]
    ) throws -> (packets: [[UInt8]], mark: [UInt8]) { ([], []) }

    package func accept(_ packets: [[UInt8]], from site: SiteID, upTo mark: [UInt8]) throws -> Int { 0 }

    package func marks() throws -> [SiteID: [UInt8]] { [:] }
}
