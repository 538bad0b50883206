package import LogFormat
import Schema

/// Tells an admitted site which registry it belongs to, and where to dial and whom to expect there. Not secret.
package struct Invitation: Hashable, Sendable {
    /// The site it was made for; no other may use it.
    package let admittedSite: SiteID
    /// The key of the site to dial.
    package let dialKey: SitePublicKey
    /// host:port, in order of preference; may be empty where the other site dials.
    package let addresses: [String]
    /// The founding entry as it lies in the log.
    package let foundingEntry: [UInt8]

    private static let kind = "INVITATION"

    /// - Throws: `.illFormed` for an address, or a number of them, with which nobody could read it.
    package init(
        admittedSite: SiteID,
        dialKey: SitePublicKey,
        addresses: [String],
        foundingEntry: [UInt8]
    ) throws(SyncError) {
        try RosterDraft.check(addresses: addresses)
        self.admittedSite = admittedSite
        self.dialKey = dialKey
        self.addresses = addresses
        self.foundingEntry = foundingEntry
    }

    /// The hash of the founding entry.
    package var registry: RegistryID { RegistryID(foundedBy: foundingEntry) }

    /// The text to send.
    package var text: String {
        var wire = WireSiteInvitation()
        wire.registry = collected(registry.bytes)
        wire.admittedSite = collected(admittedSite.bytes)
        wire.dialKey = collected(dialKey.bytes)
        wire.addresses = addresses
        wire.foundingEntry = collected(foundingEntry)
        return ArmouredText.encode(wire.encodedBytes(), kind: Self.kind)
    }

    /// Reads an invitation as a person pasted it.
    ///
    /// - Parameters:
    ///   - text: With anything around it.
    ///   - site: The site that wants to join.
    /// - Throws: `.notForUs` when it was made for another site; `.illFormed`, `.tooLarge`, `.signature`.
    package init(text: String, for site: SiteID) throws(SyncError) {
        let wire = try WireSiteInvitation(peerBytes: try ArmouredText.decode(text, kind: Self.kind))
        guard let registry = RegistryID(wire.registry), let admitted = SiteID(wire.admittedSite),
            let key = SitePublicKey(wire.dialKey),
            (1...Limits.entryBytes).contains(wire.foundingEntry.count)
        else { throw SyncError(.illFormed, "The invitation is incomplete. Ask for a new one.") }
        let founding = [UInt8](wire.foundingEntry)
        guard RegistryID(foundedBy: founding) == registry else {
            throw SyncError(.illFormed, "The invitation contradicts itself about the registry. Ask for a new one.")
        }
        _ = try Roster(founding: founding)
        guard admitted == site else {
            throw SyncError(
                .notForUs,
                "This invitation was made for site \(admitted.bytes.prefix(4).hexadecimal), and this is site "
                    + "\(site.bytes.prefix(4).hexadecimal). Ask for one made from this site's own request."
            )
        }
        try self.init(
            admittedSite: admitted,
            dialKey: key,
            addresses: wire.addresses,
            foundingEntry: founding
        )
    }
}
