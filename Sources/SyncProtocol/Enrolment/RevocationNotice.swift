package import LogFormat
import Schema

/// Where a revoked site is cut off, as text for that site: nobody speaks to it any more, so it does not hear of it otherwise.
///
/// It decides only what is listed there for people, so nothing proves who made it.
package struct RevocationNotice: Hashable, Sendable {
    package let registry: RegistryID
    /// The revoked site.
    package let site: SiteID
    /// The administrator's entries that revoke it.
    package let entries: [[UInt8]]

    private static let kind = "CUT-OFFS"

    package init(registry: RegistryID, site: SiteID, entries: [[UInt8]]) {
        (self.registry, self.site, self.entries) = (registry, site, entries)
    }

    /// The text to send; nil when it would be longer than is read.
    package var text: String? {
        var wire = WireSiteRevocation()
        wire.registry = collected(registry.bytes)
        wire.site = collected(site.bytes)
        wire.entries = entries.map { collected($0) }
        let text = ArmouredText.encode(wire.encodedBytes(), kind: Self.kind)
        return text.utf8.count <= Limits.siteTextBytes ? text : nil
    }

    /// Reads a notice as a person pasted it.
    ///
    /// - Throws: `.illFormed`, `.tooLarge`, each with a sentence for that person.
    package init(text: String) throws(SyncError) {
        let wire = try WireSiteRevocation(peerBytes: try ArmouredText.decode(text, kind: Self.kind))
        guard let registry = RegistryID(wire.registry), let site = SiteID(wire.site),
            (1...Limits.noticeEntries).contains(wire.entries.count)
        else { throw SyncError(.illFormed, "The cut-offs are incomplete. Ask the administrator for them again.") }
        self.init(registry: registry, site: site, entries: wire.entries.map { [UInt8]($0) })
    }

    /// Up to where each feed of the site counts; a feed that is not named does not count at all.
    package var cutOffs: [FeedID: FeedHead] {
        var cutOffs: [FeedID: FeedHead] = [:]
        for bytes in entries {
            guard let bodies = RosterReading.content(of: bytes)?.bodies else { continue }
            for body in bodies where body.hasRevocation && SiteID(body.revocation.site) == site {
                for (feed, head) in body.revocation.cutOffs.compactMap({ $0.head(of: site) })
                where head.position > cutOffs[feed]?.position ?? 0 {
                    cutOffs[feed] = head
                }
            }
        }
        return cutOffs
    }
}
