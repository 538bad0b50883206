package import LogFormat
import Schema

/// A site as the roster lists it.
package struct RosterMember: Hashable, Sendable {
    package let site: SiteID
    package let keys: SiteKeySet
    /// Short name for people, unique in a roster without regard to case.
    package internal(set) var alias: String
    /// As the administrator wrote it: where two sites have one alias, ``alias`` is longer.
    package let admittedAlias: String
    /// `hub` or `clinic`; a hub reads everything.
    package let role: String
    /// host:port, in order of preference; empty for a site that only dials.
    package let addresses: [String]
    /// Whose feeds it reads besides its own; empty means all.
    package let reads: [SiteID]
    /// The site this key continues.
    package let continues: SiteID?
    /// When the admission that counts was written, in milliseconds since 1970 by its site's clock; nil without one, as of a
    /// founder.
    package let admittedMilliseconds: Int64?
    /// Not nil: revoked. The ends up to which its feeds still count.
    package internal(set) var cutOffs: [FeedID: FeedHead]?

    /// Why it was revoked, in the administrator's words; empty while it is not.
    package internal(set) var revocationReason = ""

    package var isRevoked: Bool { cutOffs != nil }

    init(administrator keys: SiteKeySet) {
        site = keys.signing.siteID
        self.keys = keys
        admittedAlias = keys.signing.siteID.bytes.prefix(4).hexadecimal
        alias = admittedAlias
        role = "hub"
        addresses = []
        reads = []
        continues = nil
        admittedMilliseconds = nil
    }

    /// - Parameters:
    ///   - admission: Its keys are in order.
    ///   - recorded: When it was written.
    /// - Throws: `.illFormed` when they are not.
    init(_ admission: Admission, recordedMilliseconds recorded: Int64) throws(SyncError) {
        keys = try SiteKeySet(unverified: admission.keys)
        site = keys.signing.siteID
        admittedAlias = admission.alias
        alias = admittedAlias
        role = admission.role
        addresses = admission.addresses
        reads = admission.reads.compactMap { SiteID($0) }.sorted()
        continues = SiteID(admission.continues)
        admittedMilliseconds = recorded
    }
}
